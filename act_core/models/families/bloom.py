"""BLOOM: qkv interleaved by head, ALiBi instead of rotary pairs, a norm over the embeddings."""

from __future__ import annotations

from act_core.models.family import Family, ModuleSpec

BLOOM = Family(
    name="bloom",
    title="BLOOM",
    model_types=("bloom",),
    modules=(
        ModuleSpec("qkv", "self_attention.query_key_value", "qkv_interleaved"),
        ModuleSpec("o", "self_attention.dense"),
        ModuleSpec("up", "mlp.dense_h_to_4h", "neuron"),
        ModuleSpec("down", "mlp.dense_4h_to_h", "from_neuron"),
    ),
    layers="transformer.h",
    embeddings=("transformer.word_embeddings.weight",),
    final_norm=("transformer.ln_f.*", "transformer.word_embeddings_layernorm.*"),
    layer_norms=("*layernorm.weight", "*layernorm.bias"),
    rotary="none",
    returns_tuple=True,
)

"""Falcon: qkv fused by key/value head (one of them in the 7B), attention beside the MLP.

The models that were trained with ALiBi (Falcon RW) have no rotary pairs; `shape_of` says so.
"""

from __future__ import annotations

from act_core.models.family import Family, ModuleSpec

FALCON = Family(
    name="falcon",
    title="Falcon",
    model_types=("falcon",),
    modules=(
        ModuleSpec("qkv", "self_attention.query_key_value", "qkv_interleaved"),
        ModuleSpec("o", "self_attention.dense"),
        ModuleSpec("up", "mlp.dense_h_to_4h", "neuron"),
        ModuleSpec("down", "mlp.dense_4h_to_h", "from_neuron"),
    ),
    layers="transformer.h",
    embeddings=("transformer.word_embeddings.weight",),
    final_norm=("transformer.ln_f.weight", "transformer.ln_f.bias"),
    layer_norms=("*layernorm.weight", "*layernorm.bias", "ln_*.weight", "ln_*.bias"),
    returns_tuple=True,
)

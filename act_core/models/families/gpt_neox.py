"""GPT-NeoX and Pythia: qkv interleaved by head, partial rotary embeddings, biases everywhere."""

from __future__ import annotations

from act_core.models.family import Family, ModuleSpec

GPT_NEOX = Family(
    name="gpt_neox",
    title="GPT-NeoX (Pythia)",
    model_types=("gpt_neox",),
    modules=(
        ModuleSpec("qkv", "attention.query_key_value", "qkv_interleaved"),
        ModuleSpec("o", "attention.dense"),
        ModuleSpec("up", "mlp.dense_h_to_4h", "neuron"),
        ModuleSpec("down", "mlp.dense_4h_to_h", "from_neuron"),
    ),
    layers="gpt_neox.layers",
    embeddings=("gpt_neox.embed_in.weight",),
    final_norm=("gpt_neox.final_layer_norm.weight", "gpt_neox.final_layer_norm.bias"),
    stored_names=((r"embed_out\.weight", "lm_head.weight"),),
    stored_buffers=(
        "*.rotary_emb.inv_freq",
        "*.attention.bias",
        "*.attention.masked_bias",
    ),
)

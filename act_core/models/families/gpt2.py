"""GPT-2: fused qkv, learned positions, weights stored `[in, out]` (Conv1D)."""

from __future__ import annotations

from act_core.models.family import Family, ModuleSpec

GPT2 = Family(
    name="gpt2",
    title="GPT-2",
    model_types=("gpt2",),
    modules=(
        ModuleSpec("qkv", "attn.c_attn", "qkv_blocks", transposed=True),
        ModuleSpec("o", "attn.c_proj", transposed=True),
        ModuleSpec("up", "mlp.c_fc", "neuron", transposed=True),
        ModuleSpec("down", "mlp.c_proj", "from_neuron", transposed=True),
    ),
    layers="transformer.h",
    embeddings=("transformer.wte.weight", "transformer.wpe.weight"),
    final_norm=("transformer.ln_f.weight", "transformer.ln_f.bias"),
    layer_norms=("ln_?.weight", "ln_?.bias"),
    rotary="none",
    stored_buffers=("*.attn.bias", "*.attn.masked_bias"),
)

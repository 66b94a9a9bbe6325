"""Phi-3 (and Phi-4, which shares its model type): fused qkv and fused gate and up."""

from __future__ import annotations

from act_core.models.family import Family, ModuleSpec

PHI3 = Family(
    name="phi3",
    title="Phi-3",
    model_types=("phi3",),
    modules=(
        ModuleSpec("qkv", "self_attn.qkv_proj", "qkv_blocks"),
        ModuleSpec("o", "self_attn.o_proj"),
        ModuleSpec("gate_up", "mlp.gate_up_proj", "gate_up_blocks"),
        ModuleSpec("down", "mlp.down_proj", "from_neuron"),
    ),
)

"""Llama 2 and 3.x; Mistral shares its decoder layer."""

from __future__ import annotations

from act_core.models.family import Family, ModuleSpec

MODULES = (
    ModuleSpec("q", "self_attn.q_proj", "query_heads"),
    ModuleSpec("k", "self_attn.k_proj", "kv_heads"),
    ModuleSpec("v", "self_attn.v_proj", "value_heads"),
    ModuleSpec("o", "self_attn.o_proj"),
    ModuleSpec("gate", "mlp.gate_proj", "neuron"),
    ModuleSpec("up", "mlp.up_proj", "neuron"),
    ModuleSpec("down", "mlp.down_proj", "from_neuron"),
)

LLAMA = Family(name="llama", title="Llama", model_types=("llama",), modules=MODULES)

"""Qwen1.5-MoE and Qwen2-MoE: Qwen2's attention; experts, and one that every token goes through.

Some layers may have a plain MLP instead (`mlp_only_layers`, `decoder_sparse_step`).
"""

from __future__ import annotations

from act_core.models.families.mixtral import ATTENTION, DENSE, EXPERTS, PACKS
from act_core.models.family import Family, ModuleSpec

SHARED = (
    ModuleSpec("shared_gate", "mlp.shared_expert.gate_proj", "neuron", form="shared"),
    ModuleSpec("shared_up", "mlp.shared_expert.up_proj", "neuron", form="shared"),
    ModuleSpec("shared_down", "mlp.shared_expert.down_proj", "from_neuron", form="shared"),
)
ROUTERS = ("mlp.gate.weight", "mlp.shared_expert_gate.weight")

QWEN2_MOE = Family(
    name="qwen2_moe",
    title="Qwen2-MoE",
    model_types=("qwen2_moe",),
    modules=(*ATTENTION, *DENSE, *EXPERTS, *SHARED),
    routers=ROUTERS,
    packs=PACKS,
)

"""Granite-MoE: Granite's attention and experts, which its checkpoints hold packed."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family, ModuleSpec, Pack

_EXPERT = "block_sparse_moe.experts.*"

GRANITE_MOE = Family(
    name="granitemoe",
    title="Granite-MoE",
    model_types=("granitemoe",),
    modules=(
        *MODULES[:4],
        ModuleSpec("expert_gate", f"{_EXPERT}.gate_proj", "neuron", form="experts"),
        ModuleSpec("expert_up", f"{_EXPERT}.up_proj", "neuron", form="experts"),
        ModuleSpec("expert_down", f"{_EXPERT}.down_proj", "from_neuron", form="experts"),
    ),
    routers=("block_sparse_moe.router.weight",),
    packs=(
        Pack(
            "block_sparse_moe.experts.gate_up_proj",
            (f"{_EXPERT}.gate_proj", f"{_EXPERT}.up_proj"),
        ),
        Pack("block_sparse_moe.experts.down_proj", (f"{_EXPERT}.down_proj",)),
    ),
    stored_names=(
        (r"(.+\.block_sparse_moe)\.router\.layer\.weight", r"\1.router.weight"),
        (r"(.+\.block_sparse_moe)\.input_linear\.weight", r"\1.experts.gate_up_proj"),
        (r"(.+\.block_sparse_moe)\.output_linear\.weight", r"\1.experts.down_proj"),
    ),
)

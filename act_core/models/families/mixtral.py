"""Mixtral: Mistral's attention, and experts in place of the MLP."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family, ModuleSpec, Pack

ATTENTION = MODULES[:4]
DENSE = tuple(ModuleSpec(m.kind, m.path, m.layout, form="dense") for m in MODULES[4:])
EXPERTS = (
    ModuleSpec("expert_gate", "mlp.experts.*.gate_proj", "neuron", form="experts"),
    ModuleSpec("expert_up", "mlp.experts.*.up_proj", "neuron", form="experts"),
    ModuleSpec("expert_down", "mlp.experts.*.down_proj", "from_neuron", form="experts"),
)
PACKS = (
    Pack("mlp.experts.gate_up_proj", ("mlp.experts.*.gate_proj", "mlp.experts.*.up_proj")),
    Pack("mlp.experts.down_proj", ("mlp.experts.*.down_proj",)),
)

MIXTRAL = Family(
    name="mixtral",
    title="Mixtral",
    model_types=("mixtral",),
    modules=(*ATTENTION, *EXPERTS),
    routers=("mlp.gate.weight",),
    packs=PACKS,
    stored_names=(
        (r"(.+)\.block_sparse_moe\.gate\.weight", r"\1.mlp.gate.weight"),
        (r"(.+)\.block_sparse_moe\.(.+)\.w1\.weight", r"\1.mlp.\2.gate_proj.weight"),
        (r"(.+)\.block_sparse_moe\.(.+)\.w3\.weight", r"\1.mlp.\2.up_proj.weight"),
        (r"(.+)\.block_sparse_moe\.(.+)\.w2\.weight", r"\1.mlp.\2.down_proj.weight"),
    ),
)

"""StarCoder2: Llama's attention with biases, an MLP without gate, LayerNorm."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family, ModuleSpec

STARCODER2 = Family(
    name="starcoder2",
    title="StarCoder2",
    model_types=("starcoder2",),
    modules=(
        *MODULES[:4],
        ModuleSpec("up", "mlp.c_fc", "neuron"),
        ModuleSpec("down", "mlp.c_proj", "from_neuron"),
    ),
    final_norm=("model.norm.weight", "model.norm.bias"),
)

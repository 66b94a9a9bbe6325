"""Qwen3-MoE: Qwen3's attention and experts; some layers may have a plain MLP instead."""

from __future__ import annotations

from act_core.models.families.mixtral import ATTENTION, DENSE, EXPERTS, PACKS
from act_core.models.family import Family

QWEN3_MOE = Family(
    name="qwen3_moe",
    title="Qwen3-MoE",
    model_types=("qwen3_moe",),
    modules=(*ATTENTION, *DENSE, *EXPERTS),
    routers=("mlp.gate.weight",),
    packs=PACKS,
)

"""OLMoE: OLMo's attention with norms over all of q and of k, and experts."""

from __future__ import annotations

from act_core.models.families.mixtral import ATTENTION, EXPERTS, PACKS
from act_core.models.family import Family

OLMOE = Family(
    name="olmoe",
    title="OLMoE",
    model_types=("olmoe",),
    modules=(*ATTENTION, *EXPERTS),
    routers=("mlp.gate.weight",),
    packs=PACKS,
)

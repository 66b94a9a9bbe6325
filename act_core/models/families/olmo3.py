"""OLMo 3: OLMo 2's layer, with sliding windows in three of four layers."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

OLMO3 = Family(name="olmo3", title="OLMo 3", model_types=("olmo3",), modules=MODULES)

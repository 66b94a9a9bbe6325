"""OLMo 2: norms after attention and MLP, and over all of q and of k."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

OLMO2 = Family(name="olmo2", title="OLMo 2", model_types=("olmo2",), modules=MODULES)

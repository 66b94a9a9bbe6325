"""Qwen2 and Qwen2.5: Llama's decoder layer with biases on q, k and v."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

QWEN2 = Family(name="qwen2", title="Qwen2", model_types=("qwen2",), modules=MODULES)

"""Qwen3: Llama's decoder layer with norms over each head of q and k."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

QWEN3 = Family(name="qwen3", title="Qwen3", model_types=("qwen3",), modules=MODULES)

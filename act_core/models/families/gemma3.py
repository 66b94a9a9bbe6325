"""Gemma 3, text only: Gemma 2's layer with norms over each head of q and k."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

GEMMA3 = Family(
    name="gemma3", title="Gemma 3 (text)", model_types=("gemma3_text",), modules=MODULES
)

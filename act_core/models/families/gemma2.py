"""Gemma 2: norms before and after attention and MLP; scaled embeddings, sliding windows."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

GEMMA2 = Family(name="gemma2", title="Gemma 2", model_types=("gemma2",), modules=MODULES)

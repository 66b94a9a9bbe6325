"""Cohere (Command R, Aya): attention and MLP side by side, rotary pairs of neighbouring rows."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

COHERE = Family(
    name="cohere", title="Cohere", model_types=("cohere",), modules=MODULES, rotary="interleaved"
)

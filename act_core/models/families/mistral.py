"""Mistral: Llama's decoder layer with an optional sliding window."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

MISTRAL = Family(name="mistral", title="Mistral", model_types=("mistral",), modules=MODULES)

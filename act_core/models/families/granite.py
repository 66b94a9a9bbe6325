"""Granite 3: Llama's decoder layer; embeddings, attention, residuals and logits are scaled."""

from __future__ import annotations

from act_core.models.families.llama import MODULES
from act_core.models.family import Family

GRANITE = Family(name="granite", title="Granite", model_types=("granite",), modules=MODULES)

"""The registry of families: one import and one line each."""

from __future__ import annotations

from act_core.models.families.llama import LLAMA
from act_core.models.family import Family

FAMILIES: tuple[Family, ...] = (LLAMA,)


def family_of(model_type: str) -> Family | None:
    """The described family that serves a `model_type`, or None."""
    return next((f for f in FAMILIES if model_type in f.model_types), None)


def supported_titles() -> str:
    """Names of all described families for an error message."""
    return ", ".join(family.title for family in FAMILIES)

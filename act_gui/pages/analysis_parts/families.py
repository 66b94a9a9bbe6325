"""Findings of a run, sorted into the sections of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from act_core.analysis.effects import CrossEffects, Necessity, Sufficiency
from act_core.analysis.findings import (
    Agreement,
    AnalysisName,
    Concentration,
    Disentanglement,
    Finding,
    Stability,
    WeightOverlap,
)
from act_gui.pages.analysis_parts.concentration import concentration_family
from act_gui.pages.analysis_parts.effects import (
    disentanglement_family,
    necessity_family,
    sufficiency_family,
)
from act_gui.pages.analysis_parts.masks import stability_family, weights_family
from act_gui.pages.analysis_parts.shown import Family

_T = TypeVar("_T")


def families(found: Sequence[Finding], scorer: str) -> dict[AnalysisName, Family]:
    """A section for each analysis.

    Args:
        found: All that is known.
        scorer: The recipe's, whose findings are shown first.
    """

    def of(kind: type[_T]) -> list[_T]:
        return [one for one in found if isinstance(one, kind)]

    return {
        "concentration": concentration_family(of(Concentration), scorer),
        "weights": weights_family(of(WeightOverlap)),
        "stability": stability_family(of(Stability), of(Agreement)),
        "disentanglement": disentanglement_family(of(Disentanglement), of(CrossEffects)),
        "sufficiency": sufficiency_family(of(Sufficiency)),
        "necessity": necessity_family(of(Necessity)),
    }

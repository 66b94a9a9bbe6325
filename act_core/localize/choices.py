"""What can be chosen for a model and the profiles at hand, and why the rest cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from act_core.errors import MaskError
from act_core.localize.scorers import SCORERS
from act_core.localize.tying import Tie, group_ids
from act_core.models.reference import Model
from act_core.profile.store import Profile

_TIES: tuple[Tie, ...] = ("rotary", "kv", "neuron")


def scorer_faults(
    bring: Sequence[Profile], keep: Sequence[Profile], expected_keep: int
) -> Mapping[str, str]:
    """Why a scorer cannot be used, in plain words; empty where it can.

    Args:
        bring: Profiles of one specialist on the abilities to bring over.
        keep: Its profiles on the abilities to retain.
        expected_keep: Number of abilities to retain that the recipe names.
    """
    return {name: _fault(name, bring, keep, expected_keep) for name in SCORERS}


def _fault(name: str, bring: Sequence[Profile], keep: Sequence[Profile], expected_keep: int) -> str:
    if not bring:
        return "Nothing is profiled yet."
    read = (*bring, *keep) if name in ("attributed", "contrast") else tuple(bring)
    for need in SCORERS[name].needs:
        lacking = next((p for p in read if need not in p.statistics), None)
        if lacking is not None:
            return f"The profile on {lacking.ability} holds no {need}: gather it and profile again."
    if name == "contrast":
        if not expected_keep:
            return "It needs an ability with the role keep."
        if not keep:
            return "The abilities to keep are not profiled yet."
    return ""


def applicable_ties(model: Model) -> tuple[Tie, ...]:
    """Ties that join channels of this model."""
    found: list[Tie] = []
    for tie in _TIES:
        try:
            group_ids(model, (tie,))
        except MaskError:
            continue
        found.append(tie)
    return tuple(found)

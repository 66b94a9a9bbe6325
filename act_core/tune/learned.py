"""Gates that lie in a run folder, with how they were learned and where they are open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from act_core.errors import GatesError
from act_core.events import MapRow, TuningLoss
from act_core.localize.spread import Spread, spread
from act_core.models.channels import ChannelLayout
from act_core.profile.tables import Tables
from act_core.transfer.gates import Gates, load_gates
from act_core.tune.tuning_state import losses_of

_NUMBERS = ("steps", "best_step", "tokens", "different_tokens", "validation_tokens")


@dataclass(frozen=True, slots=True, eq=False)
class LearnedGates:
    """Gates and how they came about.

    Attributes:
        gates: The gates.
        steps: Steps done.
        best_step: The step whose gates these are.
        stopped_early: Validation said so before all steps were done.
        stopped_by_person: A person said so.
        tokens: Read to learn from, repetitions included.
        different_tokens: The same without repetitions.
        validation_tokens: That only said when to stop.
        losses: All of them, in the order of their coming.
        learned_at: Seconds since the epoch.
    """

    gates: Gates
    steps: int
    best_step: int
    stopped_early: bool
    stopped_by_person: bool
    tokens: int
    different_tokens: int
    validation_tokens: int
    losses: tuple[TuningLoss, ...] = field(repr=False)
    learned_at: float


def learned_gates(path: Path, layout: ChannelLayout) -> LearnedGates | None:
    """Gates of a file; None where there is none.

    Raises:
        GatesError: It is damaged, of another model, or does not say how the gates were learned.
    """
    if not path.is_file():
        return None
    gates = load_gates(path, layout)
    facts = gates.facts
    try:
        numbers = {name: int(facts[name]) for name in _NUMBERS}
        losses = tuple(losses_of(facts["losses"]))
        learned_at = path.stat().st_mtime
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise GatesError(
            f"{path} does not say how its gates were learned.",
            remedy="Learn the gates again.",
            detail=repr(error),
        ) from error
    return LearnedGates(
        gates,
        **numbers,
        stopped_early=facts.get("stopped") == "early",
        stopped_by_person=facts.get("stopped") == "person",
        losses=losses,
        learned_at=learned_at,
    )


def gates_of_rows(
    layout: ChannelLayout, rows: Iterable[MapRow]
) -> Mapping[str, NDArray[np.float32]]:
    """Gates by specialist, float32 `[channels]`, from map rows; only where every row is there."""
    tables = Tables(layout)
    tables.take(rows)
    found = {}
    for key in tables.keys:
        values = tables.values(key)
        if values is not None and tables.known_share(key) == 1:
            found[key.specialist] = values
    return found


def open_spread(gates: Gates, specialist: str) -> Spread:
    """In which kinds of module and in which layers a specialist's gates are open."""
    return spread(gates.mask(specialist))

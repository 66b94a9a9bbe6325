"""Calibration data for tuning: what is learned from, in a seeded order, and what says when to stop.

The order is a function of seed and step alone, so a tuning that goes on after a cancel reads what
it would have read without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from act_core.abilities.encode import Encoded, TokenSequence
from act_core.errors import AbilityDataError


@dataclass(frozen=True, slots=True, eq=False)
class TuningData:
    """One ability's calibration split, divided.

    Attributes:
        ability: Name of the ability.
        steps: What each step learns from.
        validation: What nothing learns from; empty where no share was asked for.
        weight: Of its loss among those of all abilities.
    """

    ability: str
    steps: tuple[tuple[TokenSequence, ...], ...] = field(repr=False)
    validation: tuple[TokenSequence, ...] = field(repr=False)
    weight: float = 1.0

    def tokens(self, steps: int) -> int:
        """Tokens that so many steps read, counted or not, repetitions included."""
        return sum(len(row.ids) for step in self.steps[:steps] for row in step)

    def different_tokens(self, steps: int) -> int:
        """The same without repetitions."""
        different = {id(row): len(row.ids) for step in self.steps[:steps] for row in step}
        return sum(different.values())


def tuning_data(
    ability: str,
    encoded: Encoded,
    *,
    steps: int,
    batch_tokens: int,
    validation: float,
    seed: int,
    weight: float = 1.0,
) -> TuningData:
    """Divide an ability's sequences and lay the steps out.

    Args:
        ability: Name of the ability; enters the draw, so that abilities draw independently.
        encoded: Its calibration split.
        steps: How many steps to lay out.
        batch_tokens: A step takes sequences until it has so many tokens, and at least one.
        validation: Share of the sequences that is set apart, at least one of them unless 0.
        seed: Of the draw.
        weight: Of its loss.

    Raises:
        AbilityDataError: Nothing in it has a loss, or there is nothing left to learn from.
    """
    rows = [row for row in encoded.sequences if row.predicted_tokens]
    if not rows:
        raise AbilityDataError(
            f"{ability} has no counted token that anything predicts.",
            remedy="Tuning needs a loss: give longer items or prompts before the answers.",
        )
    number = int.from_bytes(hashlib.sha256(ability.encode()).digest()[:8], "little")
    random = np.random.default_rng([seed, number])
    order = random.permutation(len(rows))
    apart = max(1, round(validation * len(rows))) if validation else 0
    if apart >= len(rows):
        raise AbilityDataError(
            f"{ability} has {len(rows)} calibration sequences, too few to set some apart.",
            remedy="Give more items, raise calibration_tokens, or set validation to 0.",
        )
    kept = [rows[index] for index in sorted(order[:apart])]
    learned = [rows[index] for index in order[apart:]]
    drawn = _drawn(learned, steps, batch_tokens, random)
    return TuningData(ability, drawn, tuple(kept), weight)


def _drawn(
    rows: Sequence[TokenSequence], steps: int, batch_tokens: int, random: np.random.Generator
) -> tuple[tuple[TokenSequence, ...], ...]:
    """All rows in a random order, then all again in another, and so on."""
    drawn = []
    waiting: list[TokenSequence] = []
    for _ in range(steps):
        taken: list[TokenSequence] = []
        while not taken or sum(len(row.ids) for row in taken) < batch_tokens:
            if not waiting:
                waiting = [rows[index] for index in random.permutation(len(rows))]
            taken.append(waiting.pop())
        drawn.append(tuple(taken))
    return tuple(drawn)

"""What each round of a profile reads: nested parts of the encoded abilities."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from act_core.abilities.encode import Encoded
from act_core.hashing import content_hash
from act_core.profile.spec import ProfileSpec


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """One round.

    Attributes:
        number: From 1 on.
        spec: What it walks: the part of each ability that is new, where there is one.
        read: What was read of each ability before it.
    """

    number: int
    spec: ProfileSpec
    read: Mapping[str, Encoded]


def plan_rounds(spec: ProfileSpec) -> tuple[Round, ...]:
    """The rounds that read something; one, of everything, where no statistic depends on data."""
    if not spec.statistics:
        return (Round(1, dataclasses.replace(spec, rounds=1, stop_below=None), {}),)
    predicted = "attributed" in spec.statistics
    ends = {
        name: (0, *nested_ends(encoded, spec.rounds, predicted=predicted))
        for name, encoded in spec.abilities.items()
    }
    planned: list[Round] = []
    for number in range(spec.rounds):
        new = {
            name: part(encoded, ends[name][number], ends[name][number + 1])
            for name, encoded in spec.abilities.items()
            if ends[name][number] < ends[name][number + 1]
        }
        if new:
            read = {name: part(spec.abilities[name], 0, ends[name][number]) for name in new}
            walked = dataclasses.replace(spec, abilities=new, rounds=1, stop_below=None)
            planned.append(Round(len(planned) + 1, walked, read))
    return tuple(planned)


def nested_ends(encoded: Encoded, rounds: int, *, predicted: bool) -> tuple[int, ...]:
    """Where each round's sequences end, so that each doubles the tokens before it.

    Three rounds read a quarter, another quarter, and the other half. Sequences stay whole, so an
    ability of few sequences has all of them in its first rounds, and later ones read nothing new.

    Args:
        encoded: The ability; its sequences are in random order already.
        rounds: How many.
        predicted: Divide by predicted tokens instead of counted ones; there must be some.

    Returns:
        Ascending numbers of sequences `[rounds]`, the last one all. No part that is not empty is
        without tokens of that sort.
    """
    tokens = [
        row.predicted_tokens if predicted else int(np.count_nonzero(row.counted))
        for row in encoded.sequences
    ]
    running = np.cumsum(tokens)
    goals = [running[-1] / 2 ** (rounds - number) for number in range(1, rounds + 1)]
    ends = [int(end) + 1 for end in np.searchsorted(running, goals)]
    ends[-1] = len(tokens)
    for number in range(rounds - 1, 0, -1):
        if running[ends[number] - 1] == running[ends[number - 1] - 1]:
            ends[number - 1] = ends[number]
    return tuple(ends)


def part(encoded: Encoded, begin: int, end: int) -> Encoded:
    """Some successive sequences of an ability as one of its own."""
    if (begin, end) == (0, len(encoded.sequences)):
        return encoded
    rows = encoded.sequences[begin:end]
    return dataclasses.replace(
        encoded,
        sequences=rows,
        fingerprint=content_hash([encoded.fingerprint, begin, end]),
        counted_tokens=sum(int(np.count_nonzero(row.counted)) for row in rows),
        predicted_tokens=sum(row.predicted_tokens for row in rows),
    )


def tokens_of(parts: Iterable[Encoded]) -> int:
    """All tokens, prompts included: what walking them costs."""
    return sum(len(row.ids) for encoded in parts for row in encoded.sequences)

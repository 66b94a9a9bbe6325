"""An ability's items in eight portions, so that a candidate is measured on as many as it is worth.

Portions are cut at the same places for everyone: what two candidates were measured on is the same
as far as the one with fewer goes, and figures of portions put together are those of the whole.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from act_core.evaluate.evaluator import HeldOut, Measured, MeasureName, Results

PORTIONS = 8


def cut_items(abilities: Mapping[str, HeldOut], begin: int, end: int) -> dict[str, HeldOut]:
    """Portions `begin` up to `end` of every ability; one that has nothing there is left out."""
    cut = {}
    for name, held in abilities.items():
        items = slice(*(_border(len(held.encoded.items), at) for at in (begin, end)))
        rows = slice(*(_border(len(held.encoded.sequences), at) for at in (begin, end)))
        part = dataclasses.replace(
            held.encoded, items=held.encoded.items[items], sequences=held.encoded.sequences[rows]
        )
        if part.items or part.sequences:
            cut[name] = dataclasses.replace(held, encoded=part)
    return cut


def cut_results(results: Results, abilities: Mapping[str, HeldOut], end: int) -> Results:
    """The first portions of what was measured on more.

    Args:
        results: Of all portions, or of the first ones.
        abilities: The whole abilities.
        end: How many portions.
    """
    return {
        (name, measure): _first(found, _border(number_of_figures(abilities[name], measure), end))
        for (name, measure), found in results.items()
    }


def joined(before: Results, after: Results) -> Results:
    """What was measured on first portions, and on the next ones, as one."""
    both: Results = {}
    for place in dict.fromkeys((*before, *after)):
        parts = [part[place] for part in (before, after) if place in part]
        both[place] = Measured(
            np.concatenate([part.sums for part in parts]),
            np.concatenate([part.weights for part in parts]),
            _said(parts),
        )
    return both


def number_of_figures(held: HeldOut, measure: MeasureName) -> int:
    """How many numbers a measure has: losses one a sequence, answers one an item."""
    return len(held.encoded.sequences if measure == "loss" else held.encoded.items)


def _border(count: int, portion: int) -> int:
    """Where a portion ends; rounded up, so that the first one holds something."""
    return -(-count * portion // PORTIONS)


def _first(found: Measured, count: int) -> Measured:
    return Measured(found.sums[:count], found.weights[:count], found.said[:count])


def _said(parts: Sequence[Measured]) -> tuple[str, ...]:
    """All answers, or none where those of a part are not known."""
    said = tuple(itertools.chain.from_iterable(part.said for part in parts))
    return said if len(said) == sum(len(part.sums) for part in parts) else ()

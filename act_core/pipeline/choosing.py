"""The end of a sweep: who is recommended, against whom, and both on held-out items."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from act_core.pipeline.entries import Entries, Entry
from act_core.pipeline.recommend import (
    Judged,
    Recommendation,
    best_of,
    better_of,
    bolder_than,
    told,
)
from act_core.pipeline.scoreboard import Scoreboard


def recommended(
    board: Scoreboard, entries: Entries, left: Sequence[Entry], limits: Mapping[str, float]
) -> Recommendation:
    """Choose on validation items and measure the choice on held-out items.

    Args:
        board: Knows all that are left on all validation items.
        entries: Makes the controls of the best point.
        left: Points and baselines.
        limits: By ability to keep.

    Raises:
        ActError: Everything that measuring raises.
    """
    by_name = {entry.name: entry for entry in left}
    points = [board.judged(entry, "validation") for entry in left if not entry.is_baseline]
    best_point = best_of(points)
    beside = _controls_of(best_point, by_name, entries)
    for entry in beside:
        board.tell(entry, "validation")
    by_name |= {entry.name: entry for entry in beside}
    baselines = [board.judged(e, "validation") for e in by_name.values() if e.is_baseline]
    best_baseline = best_of(baselines)
    chosen = better_of(best_point, best_baseline)
    if chosen is None:
        return _worded(Recommendation(""), limits)
    rival = best_baseline if chosen is best_point else best_point
    bolder = bolder_than(chosen, points)
    entry = by_name[chosen.candidate]
    other = None if rival is None else by_name[rival.candidate]
    board.begin("heldout")
    names = dict.fromkeys(
        one.candidate for one in (chosen, rival, *_named(beside, baselines)) if one is not None
    )
    heldout = tuple(board.judged(by_name[name], "heldout") for name in names)
    found = Recommendation(
        candidate=chosen.candidate,
        is_baseline=entry.is_baseline,
        keeps=chosen.keeps,
        setting={} if entry.point is None else entry.point.plain(),
        rival="" if rival is None else rival.candidate,
        ahead=None if other is None else board.ahead(entry, other, "validation"),
        ahead_heldout=None if other is None else board.ahead(entry, other, "heldout"),
        bolder="" if bolder is None else bolder.candidate,
        validation=tuple(board.judged(by_name[name], "validation") for name in names),
        heldout=heldout,
    )
    return _worded(found, limits)


def _controls_of(
    best: Judged | None, by_name: Mapping[str, Entry], entries: Entries
) -> list[Entry]:
    """Those of the best point, which the sweep may hold already."""
    point = None if best is None else by_name[best.candidate].point
    if point is None:
        return []
    return [by_name.get(entry.name, entry) for entry in entries.beside(point)]


def _named(entries: Sequence[Entry], judged: Sequence[Judged]) -> list[Judged]:
    names = {entry.name for entry in entries}
    return [one for one in judged if one.candidate in names]


def _worded(found: Recommendation, limits: Mapping[str, float]) -> Recommendation:
    return dataclasses.replace(found, sentences=told(found, limits))

"""*attributed* at several points of the line from the target to the specialist.

The gain of moving everything is the integral along the line of the first-order gains (integrated
gradients: Sundararajan, Taly and Yan 2017, arXiv:1703.01365, eq. 1). Here it is taken by the
midpoint rule: the mean over n points at (i + 0.5) / n, of which one point is the middle. With n the
sum over all channels comes ever closer to the whole difference in loss (completeness).
"""

from __future__ import annotations

import dataclasses
import functools
import shutil
import time
from pathlib import Path

import numpy as np

from act_core.cancel import CancelToken
from act_core.events import Event, EventSink, Finished, MapRows, Progress, Started
from act_core.models.channels import layout_of
from act_core.profile.rounds import (
    Profiles,
    keep_profiles,
    kept_profiles,
    profile_in_rounds,
    rows_of,
)
from act_core.profile.run import Keep
from act_core.profile.spec import ProfileSpec
from act_core.profile.store import Profile
from act_core.profile.walk import STAGE, UNIT
from act_core.recipe import Statistic

ATTRIBUTED: Statistic = "attributed"


def profile_along(
    spec: ProfileSpec,
    folder: Path,
    emit: EventSink,
    token: CancelToken,
    keep: Keep | None = None,
) -> Profiles:
    """Gather all statistics of a spec, *attributed* at each of its midpoints.

    With one midpoint this is `profile_in_rounds`. With more, a walk for each point follows the
    first one; finished walks wait in the folder. Map rows of the first point are shown as they
    come, their means when all are there.

    Args:
        spec: What to profile.
        folder: Where unfinished work may lie; what an earlier start left there is gone on with.
        emit: Where events go.
        token: Polled per batch.
        keep: As `run.profile`.

    Returns:
        Profiles by (specialist, ability).

    Raises:
        As `run.profile`.
    """
    if spec.midpoints == 1 or ATTRIBUTED not in spec.statistics:
        return profile_in_rounds(spec, folder, emit, token, keep)
    begun_at = time.monotonic()
    points = _points(spec)
    emit(Started(STAGE, sum(point.layers_walked for point in points), UNIT))
    found: list[Profiles] = []
    places = [folder / f"{point.key()[:16]}.point" for point in points]
    for number, (point, place) in enumerate(zip(points, places, strict=True)):
        made = kept_profiles(point.pairs, place, layout_of(spec.target))
        if made is None:
            along = _Along(points, number, emit)
            stored = functools.partial(keep_profiles, place=place)
            made = profile_in_rounds(point, folder, along, token, stored)
        elif not number:
            emit(MapRows(tuple(row for one in made.values() for row in rows_of(one))))
        found.append(made)
    means = {pair: _mean(spec, [made[pair] for made in found]) for pair in spec.pairs}
    emit(
        MapRows(
            tuple(
                row for one in means.values() for row in rows_of(one) if row.statistic == ATTRIBUTED
            )
        )
    )
    if keep is not None:
        keep(means)
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    emit(Finished(STAGE, seconds=time.monotonic() - begun_at))
    return means


def _points(spec: ProfileSpec) -> list[ProfileSpec]:
    """A spec for each point; the first one gathers the other statistics too."""
    return [
        dataclasses.replace(
            spec,
            statistics=(ATTRIBUTED,) if number else spec.statistics,
            midpoints=1,
            point=(number + 0.5) / spec.midpoints,
        )
        for number in range(spec.midpoints)
    ]


class _Along:
    """The sink of one point's walk: layers count on from those of the points before."""

    def __init__(self, points: list[ProfileSpec], number: int, emit: EventSink) -> None:
        walked = [point.layers_walked for point in points]
        self._before, self._total = sum(walked[:number]), sum(walked)
        self._first = number == 0
        self._emit = emit
        self._walks_left = len(points) - number - 1

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress):
            eta_s = event.eta_s
            if eta_s is not None and event.rate_per_s:
                eta_s += self._walks_left * event.total / event.rate_per_s
            done = self._before + event.done
            self._emit(dataclasses.replace(event, done=done, total=self._total, eta_s=eta_s))
        elif isinstance(event, MapRows):
            if self._first:
                self._emit(event)
        elif not isinstance(event, Started | Finished):
            self._emit(event)


def _mean(spec: ProfileSpec, made: list[Profile]) -> Profile:
    """The first point's profile with the mean of *attributed* over all points."""
    first = made[0]
    total = np.zeros(first.layout.total, np.float64)
    for one in made:
        total += one.statistic(ATTRIBUTED)
    mean = (total / len(made)).astype(np.float32)
    statistics = {**first.statistics, ATTRIBUTED: mean}
    facts = {
        **first.facts,
        "key": spec.pair_key(first.specialist, first.ability),
        "midpoints": str(spec.midpoints),
    }
    return dataclasses.replace(first, statistics=statistics, facts=facts)

"""What each candidate recovers and loses over all abilities, from any run's figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from act_core.events import AbilityMeasured, Estimate, Measured
from act_core.report.numbers import measure_scale, part
from act_core.report.plane import PlanePoint, PointKind
from act_core.report.results import MEASURES, RESULT, TARGET, Entry, Results


def measured_of(metrics: Mapping[str, Any]) -> tuple[Measured, ...]:
    """Every candidate summed up over all abilities.

    Shares are means over abilities, each in its first measure. The abilities' items are drawn
    independently of each other, so half-widths of intervals add up in quadrature.

    Args:
        metrics: As in metrics.json; read are `abilities`, `models`, `figures` and `shares`.
    """
    results = Results(metrics)
    found = []
    for candidate in results.candidates:
        every = tuple(
            measured
            for ability in results.abilities
            if (measured := _on_ability(results, candidate, ability)) is not None
        )
        recovered, lost = (
            mean_of([one.share for one in every if one.role == role and one.share is not None])
            for role in ("bring", "keep")
        )
        found.append(Measured(candidate, _kind(results, candidate), recovered, lost, every))
    return tuple(found)


def plane_of(metrics: Mapping[str, Any]) -> tuple[PlanePoint, ...]:
    """Every candidate of an evaluation as a point; arguments as `measured_of`."""
    return tuple(plane_point(measured) for measured in measured_of(metrics))


def plane_point(measured: Measured) -> PlanePoint:
    """A measured candidate as a point of the plane; without a clear gap it has no place."""
    recovered, lost = measured.recovered, measured.lost
    return PlanePoint(
        name=measured.candidate,
        kind=measured.kind,
        group=measured.scorer,
        recovered=recovered.value if recovered else math.nan,
        recovered_low=recovered.low if recovered else None,
        recovered_high=recovered.high if recovered else None,
        lost=lost.value if lost else math.nan,
        lost_low=lost.low if lost else None,
        lost_high=lost.high if lost else None,
        detail="; ".join(map(_told, measured.abilities)),
        share=measured.share,
        strength=measured.strength,
        dropped=measured.dropped,
    )


def mean_of(shares: Sequence[Estimate]) -> Estimate | None:
    """The mean share over abilities, whose items are independent; None of none."""
    if not shares:
        return None
    value = math.fsum(share.value for share in shares) / len(shares)
    below = math.hypot(*(share.value - share.low for share in shares)) / len(shares)
    above = math.hypot(*(share.high - share.value for share in shares)) / len(shares)
    return Estimate(value, value - below, value + above)


def _kind(results: Results, candidate: str) -> PointKind:
    if candidate == TARGET:
        return "target"
    if candidate in results.specialists:
        return "specialist"
    if candidate in results.baselines:
        return "baseline"
    return "result" if candidate == RESULT else "control"


def _on_ability(results: Results, candidate: str, ability: str) -> AbilityMeasured | None:
    facts = results.abilities[ability]
    measure = facts["measures"][0]
    figure = _estimate(results.figure(candidate, ability, measure))
    if figure is None:
        return None
    share = _estimate(results.share(candidate, ability, measure))
    if candidate == TARGET and any(
        results.share(name, ability, measure) for name in results.specialists
    ):
        share = Estimate(0.0, 0.0, 0.0)  # the gap's near end
    return AbilityMeasured(ability, facts["role"], measure, figure, share)


def _estimate(entry: Entry | None) -> Estimate | None:
    """An entry of metrics.json; None where it is missing or has no interval."""
    if entry is None:
        return None
    numbers = entry["value"], entry["low"], entry["high"]
    if any(number is None or not math.isfinite(number) for number in numbers):
        return None
    return Estimate(*numbers)


def _told(one: AbilityMeasured) -> str:
    """One ability in a few words, e.g. `german: loss 3.512, 41 % recovered`."""
    figure = measure_scale(one.measure).text(one.figure.value)
    text = f"{one.ability}: {MEASURES[one.measure]} {figure}"
    if one.share is None:
        return text
    return f"{text}, {part(one.share.value)} {'recovered' if one.role == 'bring' else 'lost'}"

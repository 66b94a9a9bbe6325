"""Recovered against lost, from shares that are worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from act_core.events import Estimate
from act_core.pipeline.plane import plane_table
from act_core.report.summed import measured_of, plane_of


def entry(candidate: str, ability: str, value: float, half: float, **more: Any) -> dict[str, Any]:
    return {
        "candidate": candidate,
        "ability": ability,
        "measure": "loss",
        "value": value,
        "low": value - half,
        "high": value + half,
        **more,
    }


def metrics(shares: list[dict[str, Any]]) -> dict[str, Any]:
    names, abilities = ("target", "german", "result", "random"), ("a", "b", "c", "d")
    return {
        "abilities": {
            name: {"role": "bring" if name in "ab" else "keep", "measures": ["loss", "exact"]}
            for name in abilities
        },
        "models": {"specialists": {"german": {}}},
        "figures": [
            entry(name, ability, 2.0, 0.1, difference=None)
            for name in names
            for ability in abilities
        ],
        "shares": shares,
    }


GIVEN = metrics(
    [
        entry("german", "a", 1.0, 0.0),
        entry("german", "b", 1.0, 0.0),
        entry("german", "c", 1.0, 0.0),
        entry("result", "a", 0.6, 0.03),
        entry("result", "b", 0.8, 0.04),
        entry("result", "c", 0.1, 0.02),
    ]
)


def test_shares_are_means_over_abilities_with_a_clear_gap() -> None:
    found = {one.candidate: one for one in measured_of(GIVEN)}
    result = found["result"]
    # (0.6 + 0.8) / 2; half-width sqrt(0.03^2 + 0.04^2) / 2 = 0.025
    assert result.recovered is not None
    assert result.recovered.value == pytest.approx(0.7)
    assert result.recovered.low == pytest.approx(0.675)
    assert result.recovered.high == pytest.approx(0.725)
    # d has no clear gap, so c alone counts.
    assert result.lost is not None
    assert result.lost.value == pytest.approx(0.1)
    assert result.lost.low == pytest.approx(0.08)
    assert [one.share is None for one in result.abilities] == [False, False, False, True]
    assert {name: one.kind for name, one in found.items()} == {
        "target": "target", "german": "specialist", "result": "result", "random": "control",
    }  # fmt: skip


def test_the_target_is_the_gap_s_near_end() -> None:
    target = measured_of(GIVEN)[0]
    assert target.recovered == target.lost == Estimate(0, 0, 0)
    assert target.abilities[3].share is None


def test_without_a_clear_gap_a_point_has_no_place() -> None:
    none = plane_of(metrics([]))
    assert [point.has_place for point in none] == [False] * 4
    half = {point.name: point for point in plane_of(metrics([entry("german", "a", 1.0, 0.0)]))}
    assert half["german"].recovered == 1.0
    assert math.isnan(half["german"].lost)
    assert half["german"].lost_low is None


def test_a_share_without_an_interval_is_left_out() -> None:
    broken = entry("result", "a", 0.6, 0.03) | {"low": None}
    result = next(one for one in measured_of(metrics([broken])) if one.candidate == "result")
    assert result.recovered is None


def test_points_tell_their_abilities() -> None:
    point = next(point for point in plane_of(GIVEN) if point.name == "result")
    assert point.detail.startswith("a: loss 2.000, 60 % recovered; b: loss 2.000, 80 % recovered;")
    assert plane_table(measured_of(GIVEN)).rows[2] == (
        "result", "70 % (68 % to 72 %)", "10 % (8 % to 12 %)"
    )  # fmt: skip

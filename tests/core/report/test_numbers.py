"""Digits that numbers are written with."""

from __future__ import annotations

import math

import pytest

from act_core.report.numbers import (
    change_scale,
    duration,
    measure_scale,
    part,
    share_text,
    size,
)
from tests.core.report.example import share


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0 %"),
        (0.0005, "0.05 %"),
        (0.026, "2.6 %"),
        (0.05, "5 %"),
        (0.0996, "10 %"),
        (0.37, "37 %"),
        (1.0, "100 %"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_small_parts_keep_two_digits(number: float | None, text: str) -> None:
    assert part(number) == text


def test_shares_have_no_decimals_and_never_a_negative_zero() -> None:
    assert share_text(share("result", "a", "recovered", (0.384, -0.004, 0.446))) == "38 % (0 to 45)"
    assert share_text(share("result", "a", "lost", (-0.05, -0.08, -0.02)), "lost") == (
        "\u22125 % lost (\u22128 to \u22122)"
    )
    assert share_text(share("german", "a", "recovered", (1.0, 1.0, 1.0)), "recovered") == (
        "100 % recovered"
    )
    assert share_text(share("result", "a", "lost", (0.1, math.nan, math.nan)), "lost") == (
        "10 % lost"
    )
    assert share_text(None) == "–"


def test_differences_carry_their_sign_and_accuracies_their_points() -> None:
    numbers = {"value": 0.031, "low": -0.0101, "high": 0.0719}

    assert change_scale("loss").interval(numbers) == "+0.031 (\u22120.010 to +0.072)"
    assert change_scale("exact").interval(numbers) == "+3.1 points (\u22121.0 to +7.2)"
    assert measure_scale("exact").interval(numbers) == "3.1 % (\u22121.0 to 7.2)"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (999_999, "1 MB"), (2_100_000_000, "2.1 GB"), (None, "–")],
)
def test_sizes(size_bytes: int | None, text: str) -> None:
    assert size(size_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (61.26, "61.3 s"), (240, "4 min"), (9000, "2.5 h")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text

"""Where scores and masks lie, against sums in plain Python."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from act_core.localize.analysis import concentration, spread
from act_core.localize.masks import Mask
from tests.core.localize.small import small_layout

LAYOUT = small_layout(100, 300, 200, 400)


def test_concentration_is_the_mass_of_the_highest() -> None:
    scores = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    positive = [max(0.0, float(score)) for score in scores]
    ordered = sorted(positive, reverse=True)

    result = concentration(scores, LAYOUT)

    for share, count in (("0.005", 5), ("0.01", 10), ("0.02", 20), ("0.05", 50), ("0.1", 100)):
        assert result.top[share] == pytest.approx(sum(ordered[:count]) / sum(ordered))
    assert result.top["0.2"] == pytest.approx(sum(ordered[:200]) / sum(ordered))
    assert result.kinds["a"] == pytest.approx(
        (sum(positive[:100]) + sum(positive[400:600])) / sum(positive)
    )
    assert result.layers[1] == pytest.approx(sum(positive[400:]) / sum(positive))
    assert sum(result.kinds.values()) == pytest.approx(1)
    assert result.positive == sum(score > 0 for score in positive) / 1000


def test_equal_scores_are_not_concentrated() -> None:
    result = concentration(np.ones(1000, dtype=np.float32), LAYOUT)

    assert result.top == pytest.approx({str(s): s for s in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)})


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_where_nothing_is_to_gain_all_shares_are_zero(value: float) -> None:
    result = concentration(np.full(1000, value, dtype=np.float32), LAYOUT)

    assert set(result.top.values()) == {0.0}
    assert result.layers == (0.0, 0.0)
    assert result.positive == 0


def test_spread_is_the_selected_share() -> None:
    selected = np.zeros(1000, dtype=np.bool_)
    selected[:50] = selected[100:130] = selected[600:700] = True

    result = spread(Mask(LAYOUT, selected))

    assert result.share == 0.18
    assert result.kinds == {"a": 50 / 300, "b": 130 / 700}
    assert result.layers == (80 / 400, 100 / 600)


def test_results_are_ready_for_json() -> None:
    scores = np.arange(1000, dtype=np.float32)
    for result in (
        concentration(scores, LAYOUT),
        spread(Mask(LAYOUT, scores > 900)),
    ):
        data = dataclasses.asdict(result)
        assert json.loads(json.dumps(data))["layers"] == list(result.layers)

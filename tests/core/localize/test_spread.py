"""Where masks lie, against counts in plain Python."""

from __future__ import annotations

import dataclasses
import json

import numpy as np

from act_core.localize.masks import Mask
from act_core.localize.spread import spread
from tests.core.localize.small import small_layout

LAYOUT = small_layout(100, 300, 200, 400)


def test_spread_is_the_selected_share() -> None:
    selected = np.zeros(1000, dtype=np.bool_)
    selected[:50] = selected[100:130] = selected[600:700] = True

    result = spread(Mask(LAYOUT, selected))

    assert result.share == 0.18
    assert result.kinds == {"a": 50 / 300, "b": 130 / 700}
    assert result.layers == (80 / 400, 100 / 600)


def test_results_are_ready_for_json() -> None:
    result = spread(Mask(LAYOUT, np.arange(1000) > 900))

    data = dataclasses.asdict(result)
    assert json.loads(json.dumps(data))["layers"] == list(result.layers)

"""Where masks lie, against counts in plain Python."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math

import numpy as np

from act_core.localize.masks import Mask
from act_core.localize.spread import densities, spread
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


def test_densities_count_what_is_selected_in_every_stretch() -> None:
    layout = small_layout(3, 64, 100, 1000)
    selected = np.random.default_rng(3).random(layout.total) < 0.3

    found = densities(Mask(layout, selected))

    for number, (module, one) in enumerate(zip(layout.modules, found, strict=True)):
        own = selected[layout.slice_of(number)].tolist()
        count = min(64, module.width)
        ends = [place * module.width // count for place in range(count + 1)]
        parts = [own[begin:end] for begin, end in itertools.pairwise(ends)]
        assert one.bins == "".join(str(math.ceil(9 * sum(p) / len(p))) for p in parts)
        assert (one.layer, one.kind) == (module.layer, module.kind)
        assert one.share == sum(own) / module.width


def test_one_channel_of_many_is_seen() -> None:
    layout = small_layout(6400, 1, 1, 1)
    selected = np.zeros(layout.total, dtype=np.bool_)
    selected[5] = True
    assert densities(Mask(layout, selected))[0].bins == "1" + "0" * 63
    assert densities(Mask(layout, ~selected))[0].bins == "9" * 64
    selected[:] = True
    assert densities(Mask(layout, selected))[1].bins == "9"

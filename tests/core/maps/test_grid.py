from __future__ import annotations

import numpy as np
import pytest

from act_core.maps.grid import MapGrid, Order
from tests.core.maps.forms import WIDTHS, layout


@pytest.mark.parametrize("order", ["kind", "layer"])
def test_every_channel_has_one_place_and_finds_back(order: Order) -> None:
    form = layout()
    grid = MapGrid(form, order)
    places = [grid.place_of(channel) for channel in range(form.total)]
    assert len(set(places)) == form.total
    assert [grid.channel_at(*place) for place in places] == list(range(form.total))
    modules = form.module_of_channel()
    for channel in range(0, form.total, 7):
        module = form.modules[modules[channel]]
        assert grid.row_of(module.layer, module.kind) == places[channel][0]
        assert grid.name_of(places[channel][0]) == (module.layer, module.kind)


def test_rows_are_grouped_by_kind_or_lie_as_in_the_model() -> None:
    grid = MapGrid(layout(2))
    names = [grid.name_of(row) for row in range(grid.rows)]
    assert names == [(layer, kind) for kind in WIDTHS for layer in range(2)]
    assert [(g.kind, g.first, g.count) for g in grid.groups][:2] == [("q", 0, 2), ("k", 2, 2)]
    flat = MapGrid(layout(2), "layer")
    assert [flat.name_of(row) for row in range(3)] == [(0, "q"), (0, "k"), (0, "v")]
    assert [(g.layer, g.first, g.count) for g in flat.groups] == [(0, 0, 7), (1, 7, 7)]


def test_gaps_lie_between_groups_only() -> None:
    grid = MapGrid(layout())
    steps = np.diff(grid.tops)
    inside = np.ones(len(steps), bool)
    inside[[group.first - 1 for group in grid.groups[1:]]] = False
    assert np.allclose(steps[inside], 1)
    assert (steps[~inside] > 1.05).all()
    assert grid.height == pytest.approx(grid.tops[-1] + 1)


def test_a_rectangle_holds_the_channels_of_its_rows_and_stops_at_their_ends() -> None:
    form = layout()
    grid = MapGrid(form)
    found = grid.channels_in(range(2, 5), range(10, 40))
    wanted = [
        channel
        for channel in range(form.total)
        if 2 <= grid.place_of(channel)[0] < 5 and 10 <= grid.place_of(channel)[1] < 40
    ]
    assert found.tolist() == wanted
    assert len(wanted) == 30 + 6 + 6  # one q row, two k rows that are 16 wide
    assert grid.channels_in(range(-5, 99), range(-5, 999)).tolist() == list(range(form.total))
    assert len(grid.channels_in(range(4, 4), range(9))) == 0
    assert grid.channel_at(3, 16) is None


def test_a_model_without_modules_is_an_empty_map() -> None:
    grid = MapGrid(layout(0))
    assert (grid.rows, grid.columns, grid.height, grid.groups) == (0, 0, 0.0, ())

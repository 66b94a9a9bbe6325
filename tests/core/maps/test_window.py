from __future__ import annotations

import pytest

from act_core.maps.grid import MapGrid
from act_core.maps.window import MapWindow
from tests.core.maps.forms import layout

GRID = MapGrid(layout())


def test_zooming_keeps_the_place_under_the_pointer() -> None:
    window = MapWindow(20.0, 80.0, 3.0, 10.0)
    near = window.zoomed(0.5, 0.25, 0.3, 0.6)
    assert (near.span, near.height) == (40.0, 2.5)
    assert near.first + 0.3 * near.span == pytest.approx(window.first + 0.3 * window.span)
    assert near.top + 0.6 * near.height == pytest.approx(window.top + 0.6 * window.height)


def test_a_window_never_leaves_the_map() -> None:
    whole = MapWindow.whole(GRID)
    assert whole.moved(0.5, -0.5).inside(GRID) == whole
    assert whole.zoomed(9.0, 9.0, 0.1, 0.9).inside(GRID) == whole
    small = MapWindow(1e9, 1e-9, -7.0, 1e-9).inside(GRID)
    assert small.first + small.span == whole.span
    assert small.top == 0.0
    assert small.span >= 8
    assert small.height >= 3


def test_following_moves_only_as_far_as_needed() -> None:
    window = MapWindow(20.0, 80.0, 3.0, 10.0)
    assert window.showing(50, 5.0) == window
    moved = window.showing(150, 30.0)
    assert moved.first <= 150 < moved.first + moved.span
    assert 31 - moved.height <= moved.top <= 30

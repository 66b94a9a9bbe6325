from __future__ import annotations

import numpy as np
import pytest

from act_core.maps.data import MapData
from act_core.maps.grid import MapGrid
from act_core.maps.limits import ColourScale
from act_core.maps.raster import (
    CODES,
    DEAD,
    FIRST,
    LEVELS,
    NAN,
    NOTHING,
    TABLE,
    UNFILLED,
    MapRaster,
    lines_of,
)
from act_core.maps.window import MapWindow
from tests.core.maps.forms import layout, values

COLOURS = np.arange(TABLE, dtype=np.uint32)  # each entry is its own number
TOP = FIRST + 255


def raster_of(
    found: np.ndarray, width: int, height: int, *, signed: bool = False, layers: int = 3
) -> MapRaster:
    form = layout(layers)
    raster = MapRaster(MapGrid(form))
    raster.set_view(raster.window, width, height)
    raster.set_data(MapData(form, found.astype(np.float32), signed=signed))
    raster.set_scale(ColourScale(-1.0 if signed else 0.0, 1.0, signed=signed))
    return raster


@pytest.mark.parametrize("width", [20, 100, 173, 1000])
@pytest.mark.parametrize("height", [9, 20, 24, 100, 601])
@pytest.mark.parametrize("strong", [1.0, -1.0])
def test_one_strong_channel_is_seen_at_every_size(width: int, height: int, strong: float) -> None:
    form = layout()
    signed = strong < 0
    for channel in (0, 17, 400, 777, form.total - 1):
        found = np.full(form.total, 0.1)
        found[channel] = strong
        raster = raster_of(found, width, height, signed=signed)
        seen = raster.picture(COLOURS) == (FIRST if signed else TOP)
        assert seen.any()
        ys, xs = np.nonzero(seen)
        assert {raster.channel_at(x, y) for x, y in zip(xs, ys, strict=True)} == {channel}


def test_nan_beats_strong_beats_dead_where_channels_share_a_pixel() -> None:
    form = layout()
    found = np.zeros(form.total)
    raster = raster_of(found, 20, 100)
    assert set(np.unique(raster.picture(COLOURS))) == {NOTHING, DEAD}
    found[3], found[20] = 1.0, 1.0
    found[4] = np.nan
    picture = raster_of(found, 20, 100).picture(COLOURS)
    assert {DEAD, TOP, NAN} <= set(np.unique(picture))
    assert picture[0, 0] == NAN


def test_rows_that_are_missing_and_ends_of_rows_are_told_apart() -> None:
    form = layout()
    filled = np.ones(len(form.modules), bool)
    filled[1] = False
    raster = MapRaster(MapGrid(form))
    raster.set_view(raster.window, 173, 230)
    raster.set_data(MapData(form, values(form), filled=filled))
    picture = raster.picture(COLOURS)
    y = [i for i in range(230) if list(raster.lines.rows_at(i)) == [raster.grid.row_of(0, "k")]]
    assert set(picture[y, :16].ravel()) == {UNFILLED}
    assert set(picture[y, 16:].ravel()) == {NOTHING}


def test_every_pixel_of_a_window_shows_the_channel_below_it() -> None:
    form = layout()
    found = np.linspace(0.01, 1, form.total)
    raster = raster_of(found, 400, 300)
    window = MapWindow(12.5, 50.0, 2.0, 9.0)
    raster.set_view(window, 400, 300)
    picture = raster.picture(COLOURS)
    grid = raster.grid
    for y in range(0, 300, 11):
        top = window.top + (y + 0.5) * window.height / 300
        rows = [r for r in range(grid.rows) if grid.tops[r] <= top < grid.tops[r] + 1]
        for x in range(0, 400, 13):
            column = int(window.first + (x + 0.5) * window.span / 400)
            channel = grid.channel_at(rows[0], column) if rows else None
            assert raster.channel_at(x, y) == channel
            code = NOTHING if channel is None else FIRST + int(min(found[channel] * 256, 255))
            assert abs(int(picture[y, x]) - code) <= 1


@pytest.mark.parametrize("height", [8, 23, 60, 400])
def test_a_mask_is_seen_at_every_size_and_grows_with_its_share(height: int) -> None:
    form = layout()
    raster = raster_of(np.full(form.total, 0.5), 20, height)
    mask = np.zeros(form.total, bool)
    mask[100] = True
    raster.set_mask(mask)
    marks = raster.picture(COLOURS) // CODES % LEVELS
    assert marks.max() == 1
    mask[:] = True
    raster.set_mask(mask)
    full = raster.picture(COLOURS)
    assert (full // CODES % LEVELS).max() == LEVELS - 1
    raster.set_mask(None)
    assert raster.picture(COLOURS).max() < CODES
    if height == 400:  # rows are high: the mark leaves most of a row's colour alone
        coloured = full % CODES > NOTHING
        assert 0.2 < (full[coloured] >= LEVELS * CODES).mean() < 0.5


def test_what_has_changed_is_drawn_and_nothing_else() -> None:
    form = layout()
    raster = raster_of(np.full(form.total, 0.5), 173, 100)
    before = raster.codes()
    raster.set_mask(np.ones(form.total, bool))
    assert raster.codes() is before
    raster.set_scale(ColourScale(0.0, 0.5))
    assert raster.codes().max() == TOP
    raster.set_data(MapData(form, np.zeros(form.total, np.float32)))
    assert raster.codes().max() == DEAD
    raster.set_data(None)
    assert raster.codes().max() == UNFILLED


def test_each_row_gets_at_least_a_part_of_a_line() -> None:
    grid = MapGrid(layout(40))
    for height in (100, 290, 301, 999):
        lines = lines_of(grid, MapWindow.whole(grid), height)
        seen = {row for y in range(height) for row in lines.rows_at(y)}
        assert seen == set(range(grid.rows))

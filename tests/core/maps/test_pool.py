from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from act_core.maps.grid import MapGrid
from act_core.maps.pool import MaskCounts, column_edges, pool_values, strongest_in
from tests.core.maps.forms import layout, values

VIEWS = [(0.0, 173.0, 40), (3.2, 150.5, 40), (20.0, 30.0, 40), (0.0, 173.0, 173), (60.4, 90.1, 90)]


def slow(
    found: NDArray[np.float32], grid: MapGrid, row: int, start: int, end: int, signed: bool
) -> float:
    cell = [
        float(found[channel])
        for column in range(start, end)
        if (channel := grid.channel_at(row, column)) is not None
    ]
    if not cell:
        return -np.inf
    if any(np.isnan(value) for value in cell):
        return float("nan")
    return max(cell, key=abs) if signed else max(cell)


@pytest.mark.parametrize(("first", "span", "pixels"), VIEWS)
@pytest.mark.parametrize("signed", [False, True])
def test_each_cell_holds_its_strongest_channel(
    first: float, span: float, pixels: int, signed: bool
) -> None:
    form = layout()
    grid = MapGrid(form)
    found = values(form, signed=signed)
    found[[9, 200, 1000]] = np.nan
    edges = column_edges(first, span, pixels)
    rows = range(1, grid.rows - 2)
    pooled = pool_values(found, grid, rows, edges, signed=signed)
    wanted = [
        [slow(found, grid, row, int(a), int(b), signed) for a, b in itertools.pairwise(edges)]
        for row in rows
    ]
    assert np.array_equal(pooled, np.array(wanted, np.float32), equal_nan=True)


@pytest.mark.parametrize(("first", "span", "pixels"), VIEWS)
def test_columns_are_the_pixels_or_one_per_channel(first: float, span: float, pixels: int) -> None:
    edges = column_edges(first, span, pixels)
    assert (np.diff(edges) >= 1).all()
    if span >= pixels:
        assert len(edges) == pixels + 1
        pixel = np.searchsorted(edges, np.arange(edges[0], edges[-1]), side="right") - 1
        middles = (np.arange(edges[0], edges[-1]) + 0.5 - first) * pixels / span
        assert (np.abs(middles - 0.5 - pixel) <= 0.5 + 1e-6).all()
    else:
        assert (np.diff(edges) == 1).all()
        assert edges[-1] >= first + span


@pytest.mark.parametrize(("first", "span", "pixels"), VIEWS)
def test_a_mask_is_counted_cell_by_cell(first: float, span: float, pixels: int) -> None:
    form = layout()
    grid = MapGrid(form, "layer")
    mask = np.random.default_rng(1).random(form.total) < 0.1
    edges = column_edges(first, span, pixels)
    counts = MaskCounts(mask).pooled(grid, range(grid.rows), edges)
    for row in range(grid.rows):
        for column, (start, end) in enumerate(itertools.pairwise(edges)):
            cell = grid.channels_in(range(row, row + 1), range(int(start), int(end)))
            assert counts[row, column] == mask[cell].sum()


def test_the_channel_behind_a_cell_is_the_one_that_it_shows() -> None:
    form = layout()
    grid = MapGrid(form)
    found = np.ones(form.total, np.float32)
    channel = grid.channel_at(2, 33)
    assert channel is not None
    found[channel] = -5
    assert strongest_in(found, grid, range(2, 3), range(30, 40), signed=True) == channel
    assert strongest_in(found, grid, range(1, 4), range(30, 40), signed=True) == channel
    assert strongest_in(found, grid, range(2, 3), range(30, 40), signed=False) != channel
    found[channel] = np.nan
    assert strongest_in(found, grid, range(2, 3), range(30, 40), signed=False) == channel
    assert strongest_in(found, grid, range(3, 4), range(30, 40), signed=False) is None


def test_a_large_map_pools_within_a_frame() -> None:
    form = layout(32, dict.fromkeys("q k v o gate up down".split(), 16384))
    grid = MapGrid(form)
    found = values(form)
    edges = column_edges(0, 16384, 1300)
    times_s = []
    for _ in range(5):
        start = time.perf_counter()
        pool_values(found, grid, range(grid.rows), edges, signed=False)
        times_s.append(time.perf_counter() - start)
    assert min(times_s) < 0.05  # 5 ms on a quiet machine; a shared one may be slow

"""A map at the width of a screen, by maxima: one strong channel among thousands is never lost.

Of all channels that share a column of the screen the strongest is drawn, in a signed map the one of
largest magnitude with its sign. A mean would hide every one of few strong channels, and drawing
every nth channel most of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from act_core.maps.data import Values
from act_core.maps.grid import MapGrid

Edges = NDArray[np.int64]


def column_edges(first: float, span: float, screen_columns: int) -> Edges:
    """The first channel of each column of cells, and one behind the last.

    Args:
        first: Left end of the view, in channels.
        span: Width of the view in channels.
        screen_columns: Pixels.

    Returns:
        int64 `[columns + 1]`, strictly ascending: as many columns as pixels, or one per channel
        that can be seen where there are fewer channels than pixels.
    """
    if span >= screen_columns:
        steps = np.arange(screen_columns + 1) * (span / screen_columns)
        # A channel belongs to the pixel in which its middle lies.
        edges: Edges = np.ceil(first + steps - 0.5 - 1e-6).astype(np.int64)
        return edges
    return np.arange(int(np.floor(first)), int(np.ceil(first + span)) + 1, dtype=np.int64)


def pool_values(
    values: Values, grid: MapGrid, rows: Sequence[int], edges: Edges, *, signed: bool
) -> Values:
    """The strongest value of each cell.

    Args:
        values: float32 `[channels]`.
        grid: The map.
        rows: Which of its rows.
        edges: Of the columns, ascending.
        signed: Strongest means largest magnitude, not largest value.

    Returns:
        float32 `[rows, columns]`; NaN where a cell has one; -inf right of a row's end.
    """
    pooled = np.full((len(rows), len(edges) - 1), -np.inf, np.float32)
    single = edges[-1] - edges[0] == len(edges) - 1
    for cells, row in zip(pooled, rows, strict=True):
        start, end = int(grid.starts[row]), int(min(edges[-1], grid.widths[row]))
        live = int(np.searchsorted(edges[:-1], end))
        if not live:
            continue
        part = values[start + edges[0] : start + end]
        if single:
            cells[:live] = part
            continue
        bounds = edges[:live] - edges[0]
        cells[:live] = np.maximum.reduceat(part, bounds)
        if signed:
            lowest = np.minimum.reduceat(part, bounds)
            np.copyto(cells[:live], lowest, where=-lowest > cells[:live])
    return pooled


class MaskCounts:
    """How many channels of each cell are in a mask; a new cell costs the same however wide it is.

    Args:
        selected: bool `[channels]`.
    """

    def __init__(self, selected: NDArray[np.bool_]) -> None:
        self._running = np.zeros(len(selected) + 1, np.int32)
        np.cumsum(selected, dtype=np.int32, out=self._running[1:])

    def pooled(self, grid: MapGrid, rows: Sequence[int], edges: Edges) -> NDArray[np.int32]:
        """Selected channels of each cell, int32 `[rows, columns]`; 0 right of a row's end."""
        picked = np.asarray(rows, np.int64)
        widths, starts = grid.widths[picked, None], grid.starts[picked, None]
        at_edges = self._running[np.minimum(edges[None, :], widths) + starts]
        return np.diff(at_edges, axis=1)


def strongest_in(
    values: Values, grid: MapGrid, rows: Sequence[int], columns: range, *, signed: bool
) -> int | None:
    """The channel that a cell shows: the first that is NaN, else the strongest; None: none there.

    Args:
        values: float32 `[channels]`.
        grid: The map.
        rows: Of the cell; more than one where rows share a line of the screen.
        columns: Of the cell.
        signed: As in `pool_values`.
    """
    if not len(rows):
        return None
    channels = grid.channels_in(range(rows[0], rows[-1] + 1), columns)
    if not len(channels):
        return None
    found = values[channels]
    if np.isnan(found).any():
        return int(channels[int(np.argmax(np.isnan(found)))])
    return int(channels[int(np.argmax(np.abs(found) if signed else found))])

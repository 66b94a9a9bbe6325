"""A map as the pixels of a screen: one number a pixel, which a table of colours makes a picture.

Each step keeps its result, so that what did not change costs nothing: another mask leaves the
pooled values alone, other limits the pooled channels, a pan of the pointer everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from act_core.maps.data import Flags, MapData
from act_core.maps.grid import MapGrid
from act_core.maps.limits import ColourScale
from act_core.maps.pool import Edges, MaskCounts, column_edges, pool_values, strongest_in
from act_core.maps.window import MapWindow

# Codes of cells without a colour of the scale; where cells share a line the highest is drawn.
NOTHING, UNFILLED, DEAD, FIRST, NAN = 0, 1, 2, 3, 259
COLOURS = NAN - FIRST
CODES = NAN + 1
LEVELS = 4  # of how much of a cell is in the mask: none, up to 1/3, up to 2/3, more
TABLE = 2 * LEVELS * CODES  # entries of a table of colours: all levels plain, then as marks
_MARK_FROM = 0.68  # where in a row its mark begins
_MARK_ROWS_PX = 6  # lower rows are tinted whole

Codes = NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Which rows of a grid each line of the screen shows.

    Attributes:
        rows: The rows in sight, as a range.
        pooled: int64, starts of runs of `rows` that share a line; None where none do.
        line: int64 `[height_px]`, number of the row (or run) within `rows`; -1 in a gap.
        mark: bool `[height_px]`, whether the line shows the mask's mark; None: rows are too low.
    """

    rows: range
    pooled: NDArray[np.int64] | None
    line: NDArray[np.int64]
    mark: Flags | None

    def rows_at(self, y_px: int) -> range:
        """The rows of one line of the screen."""
        number = int(self.line[y_px])
        if number < 0:
            return range(0)
        if self.pooled is None:
            return self.rows[number : number + 1]
        ends = [*self.pooled[1:].tolist(), len(self.rows)]
        return self.rows[int(self.pooled[number]) : ends[number]]


def lines_of(grid: MapGrid, window: MapWindow, height_px: int) -> Lines:
    """Share the lines of a screen among the rows in sight; each row gets at least a part of one."""
    row_px = height_px / window.height
    first = int(np.searchsorted(grid.tops, window.top - 1, side="right"))
    end = int(np.searchsorted(grid.tops, window.top + window.height - 1e-9, side="left"))
    rows = range(first, max(end, first))
    tops = grid.tops[first : rows.stop] - window.top
    line = np.full(height_px, -1, np.int64)
    if not rows:
        return Lines(rows, None, line, None)
    if row_px < 1:
        at = np.clip((tops * row_px).astype(np.int64), 0, height_px - 1)
        starts = np.flatnonzero(np.diff(at, prepend=-1))
        line[at[starts]] = np.arange(len(starts))
        return Lines(rows, starts, line, None)
    places = (np.arange(height_px) + 0.5) / row_px
    number = np.searchsorted(tops, places, side="right") - 1
    within = places - tops[np.maximum(number, 0)]
    inside = (number >= 0) & (within < 1)
    line[inside] = number[inside]
    marks = inside & (within >= _MARK_FROM) if row_px >= _MARK_ROWS_PX else None
    return Lines(rows, None, line, marks)


class MapRaster:
    """Pixels of a map for a window and a size.

    Attributes:
        grid, window, width_px, height_px: What is drawn where.
        edges: First channel of each column of cells, and one behind the last.
        lines: Rows of each line.
    """

    def __init__(self, grid: MapGrid) -> None:
        self._values: NDArray[np.float32] | None = None
        self._codes: Codes | None = None
        self._levels: NDArray[np.uint16] | None = None
        self._data: MapData | None = None
        self._counts: MaskCounts | None = None
        self._scale = ColourScale(0.0, 1.0)
        self.width_px = self.height_px = 1
        self.set_grid(grid)

    def set_grid(self, grid: MapGrid) -> None:
        """Draw other rows, all of them; values and mask of another layout have to be set again."""
        self.grid = grid
        self.window = MapWindow.whole(grid)
        self._place()

    def set_view(self, window: MapWindow, width_px: int, height_px: int) -> None:
        """Look at a part, on a screen of this size."""
        view = (window, max(width_px, 1), max(height_px, 1))
        if view != (self.window, self.width_px, self.height_px):
            self.window, self.width_px, self.height_px = view
            self._place()

    def set_data(self, data: MapData | None) -> None:
        """Draw values; to be called again when they have changed."""
        self._data = data
        self._values = self._codes = None

    def set_scale(self, scale: ColourScale) -> None:
        """Draw with other limits."""
        self._scale = scale
        self._codes = None

    def set_mask(self, selected: Flags | None) -> None:
        """Draw a mask, bool `[channels]`."""
        self._counts = None if selected is None else MaskCounts(selected)
        self._levels = None

    def picture(self, colours: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """The colour of each pixel.

        Args:
            colours: uint32 `[TABLE]`, a colour for each level and code: entry
                `level * CODES + code`, and as a mark `LEVELS * CODES` behind it.

        Returns:
            uint32 `[height_px, width_px]`.
        """
        codes = self.codes()
        levels = self.levels()
        line, mark = self.lines.line, self.lines.mark
        tinted = codes if levels is None else codes + levels * np.uint16(CODES)
        if levels is None or mark is None:
            shown = [colours.take(tinted)]
        else:
            shown = [colours.take(codes), colours.take(tinted + np.uint16(LEVELS * CODES))]
            line = np.where(mark & (line >= 0), line + len(codes), line)
        shown.append(np.full((1, codes.shape[1]), colours[NOTHING], np.uint32))
        cells = np.concatenate(shown)
        if codes.shape[1] != self.width_px:
            cells = cells[:, self._columns()]
        return np.ascontiguousarray(cells[line])

    def codes(self) -> Codes:
        """The code of each cell, uint16 `[lines, columns]`; FIRST and on are colours."""
        if self._codes is None:
            self._codes = self._coded()
        return self._codes

    def levels(self) -> NDArray[np.uint16] | None:
        """How much of each cell is in the mask, below LEVELS; None without a mask."""
        if self._levels is None and self._counts is not None:
            counts = self._counts.pooled(self.grid, self.lines.rows, self.edges)
            most = LEVELS - 1
            shares = np.ceil(counts * (most / np.diff(self.edges))[None, :])
            levels = np.minimum(shares, most).astype(np.uint16)
            if self.lines.pooled is not None:
                levels = np.maximum.reduceat(levels, self.lines.pooled, axis=0)
            self._levels = levels
        return self._levels

    def shared_by(self, x_px: int, y_px: int) -> int:
        """How many channels share a pixel, the strongest of which it shows."""
        cell = self._cell(x_px, y_px)
        return 0 if cell is None else len(self.grid.channels_in(*cell))

    def channel_at(self, x_px: int, y_px: int) -> int | None:
        """The channel that a pixel shows, None where there is none."""
        cell = self._cell(x_px, y_px)
        if cell is None or self._data is None:
            return None
        rows, columns = cell
        return strongest_in(self._data.values, self.grid, rows, columns, signed=self._data.signed)

    def _cell(self, x_px: int, y_px: int) -> tuple[range, range] | None:
        """Rows and columns of a pixel; None outside of the picture."""
        if not (0 <= x_px < self.width_px and 0 <= y_px < self.height_px):
            return None
        column = x_px if len(self.edges) - 1 == self.width_px else int(self._columns()[x_px])
        columns = range(int(self.edges[column]), int(self.edges[column + 1]))
        return self.lines.rows_at(y_px), columns

    def _place(self) -> None:
        self.edges: Edges = column_edges(self.window.first, self.window.span, self.width_px)
        self.lines = lines_of(self.grid, self.window, self.height_px)
        self._values = self._codes = self._levels = None

    def _columns(self) -> NDArray[np.int64]:
        """The column of cells of each column of pixels, where there are fewer cells."""
        places = self.window.first + (np.arange(self.width_px) + 0.5) * (
            self.window.span / self.width_px
        )
        last = len(self.edges) - 2
        columns: NDArray[np.int64] = np.minimum(places.astype(np.int64) - self.edges[0], last)
        return columns

    def _coded(self) -> Codes:
        rows, data = self.lines.rows, self._data
        if data is None:
            ends = self.grid.widths[rows.start : rows.stop, None]
            codes = np.where(self.edges[None, :-1] < ends, UNFILLED, NOTHING).astype(np.uint16)
        else:
            if self._values is None:
                self._values = pool_values(
                    data.values, self.grid, rows, self.edges, signed=data.signed
                )
            filled = data.filled[self.grid.modules[rows.start : rows.stop]]
            codes = _codes_of(self._values, self._scale, filled)
        if self.lines.pooled is not None and len(codes):
            signed = data is not None and data.signed
            codes = _shared(codes, self.lines.pooled, signed=signed)
        return codes


def _codes_of(values: NDArray[np.float32], scale: ColourScale, filled: Flags) -> Codes:
    with np.errstate(invalid="ignore"):
        places = scale.places(values) * COLOURS
        codes = (np.clip(places, 0, COLOURS - 1) + FIRST).astype(np.uint16)
    codes[values == 0] = DEAD
    codes[np.isnan(values)] = NAN
    codes[~filled] = UNFILLED
    codes[np.isneginf(values)] = NOTHING
    return codes


def _shared(codes: Codes, starts: NDArray[np.int64], *, signed: bool) -> Codes:
    """One line for the rows that share it, by the same rule as for channels that share a column."""
    highest = np.maximum.reduceat(codes, starts, axis=0)
    if not signed:
        return highest
    coloured = np.where(codes < FIRST, np.uint16(NAN), codes)
    lowest = np.minimum.reduceat(coloured, starts, axis=0)
    middle = FIRST + COLOURS // 2
    stronger = (highest != NAN) & (lowest < middle) & (middle - lowest > highest - middle)
    return np.where(stronger, lowest, highest)

"""Many cells that only their shade tells: how often two ranks meet."""

from __future__ import annotations

import html

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from act_core.report.blocks import HeatMap
from act_core.report.numbers import part
from act_gui.maps.axes import NumberAxis, percent
from act_gui.maps.captions import muted, stacked
from act_gui.maps.chart import Table
from act_gui.maps.shades import shaded, show_cells
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_LEAST_EM = 16


class HeatChart(SpotChart):
    """Shows a `HeatMap` of ranks, both from 0 % (lowest) to 100 %."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._map = HeatMap("", "", "", (), "")
        super().__init__(
            tr("Heat map"), NumberAxis("left", percent), NumberAxis("bottom", percent), " ", parent
        )

    def set_map(self, heat: HeatMap) -> None:
        """Show cells, 0 to 1, from the lowest row up."""
        self._map, self._x_name = heat, heat.x
        self.setAccessibleName(heat.title)
        self._restyle(self._colours)
        self.changed()

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._cells = pg.ImageItem()
        self.plot.add(self._cells)
        self.plot.vb.setRange(xRange=(0, 1), yRange=(0, 1), padding=0)

    def _restyle(self, colours: Colours) -> None:
        if self._map.cells:
            show_cells(self._cells, shaded(self._map.cells, colours, 1.0), (0.0, 0.0, 1.0, 1.0))
        self._cells.setVisible(bool(self._map.cells))
        super()._restyle(colours)

    def _rows_px(self) -> float:
        return _LEAST_EM * self.fontMetrics().height()

    def _headline(self) -> str:
        return stacked(
            muted(f"{self._map.title} · {self._map.y} ↑", self._colours),
            muted(self._map.text, self._colours),
        )

    def _words(self) -> str:
        if not self._map.cells:
            return tr("Nothing was found.")
        cells = np.asarray(self._map.cells)
        diagonal = float(np.mean(np.diagonal(cells))) if cells.shape[0] == cells.shape[1] else 0.0
        return tr(
            "{legend} On the diagonal, where both ranks are equal, cells have {diagonal} of the "
            "full colour on average; over all {overall}.",
            legend=self._map.text,
            diagonal=part(diagonal),
            overall=part(float(cells.mean())),
        )

    def _table(self) -> Table:
        rows = [
            (row, column, value)
            for row, values in enumerate(self._map.cells)
            for column, value in enumerate(values)
        ]
        return ("row", "column", "shade"), rows

    # --------------------------------------------------------------------- spots

    def _shape(self) -> tuple[int, int]:
        return len(self._map.cells), len(self._map.cells[0]) if self._map.cells else 0

    def spot_near(self, position: QPointF) -> int:
        rows, columns = self._shape()
        place = self.place_at(position)
        if not rows or not (0 <= place.x() < 1 and 0 <= place.y() < 1):
            return -1
        return int(place.y() * rows) * columns + int(place.x() * columns)

    def _spot_count(self) -> int:
        rows, columns = self._shape()
        return rows * columns

    def _spot(self, index: int) -> Spot:
        rows, columns = self._shape()
        row, column = divmod(index, columns)
        said = (
            f"{self._map.x}: {part(column / columns)} – {part((column + 1) / columns)}",
            f"{self._map.y}: {part(row / rows)} – {part((row + 1) / rows)}",
            tr("{shade} of the strongest colour", shade=part(self._map.cells[row][column])),
        )
        text = "<br>".join(map(html.escape, said))
        return Spot((column + 0.5) / columns, (row + 0.5) / rows, text)

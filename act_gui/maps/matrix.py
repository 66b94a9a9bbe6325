"""A matrix whose cells are shaded by their value and say it, beside its chance level."""

from __future__ import annotations

import html

import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QGraphicsSimpleTextItem, QWidget

from act_core.report.blocks import Matrix, MatrixCell
from act_gui.maps.axes import CategoryAxis
from act_gui.maps.captions import muted
from act_gui.maps.chart import Table
from act_gui.maps.shades import shaded, show_cells
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_STRENGTH = 0.55
_MOST_WRITTEN = 400  # cells; in larger matrices only the shades and the cards speak
_WIDEST = 0.3  # of the width, for the names of rows
_ROW_EM = 2.6
_ROOM_PX = 6


class MatrixChart(SpotChart):
    """Shows a `Matrix`: cells with as much of their text as fits, and the whole on a card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._matrix = Matrix("", "", (), (), ())
        self._writing: list[tuple[int, int, QGraphicsSimpleTextItem]] = []
        self._row_names, self._column_names = CategoryAxis("left"), CategoryAxis("bottom")
        super().__init__(tr("Matrix"), self._row_names, self._column_names, "", parent)

    def set_matrix(self, matrix: Matrix) -> None:
        """Show a matrix."""
        self._matrix = matrix
        rows, columns = len(matrix.rows), len(matrix.columns)
        self.setAccessibleName(matrix.title)
        self._row_names.set_labels(matrix.rows)
        self._column_names.set_labels(matrix.columns)
        self.plot.vb.setRange(
            xRange=(-0.5, max(columns, 1) - 0.5), yRange=(-0.5, max(rows, 1) - 0.5), padding=0
        )
        for _, _, old in self._writing:
            self.view.scene().removeItem(old)
        self._writing = []
        if rows * columns <= _MOST_WRITTEN:
            self._writing = [
                (row, column, QGraphicsSimpleTextItem(self.plot))
                for row in range(rows)
                for column in range(columns)
            ]
        self._restyle(self._colours)
        self.changed()

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._cells = pg.ImageItem()
        self.plot.add(self._cells)
        self.plot.vb.invertY(True)  # the first row stands on top
        self.plot.vb.sigTransformChanged.connect(self._write)

    def _restyle(self, colours: Colours) -> None:
        if self._matrix.rows:
            values = [[cell.value for cell in row] for row in self._matrix.cells]
            rect = (-0.5, -0.5, float(len(self._matrix.columns)), float(len(self._matrix.rows)))
            show_cells(self._cells, shaded(values, colours, _STRENGTH), rect)
        self._cells.setVisible(bool(self._matrix.rows))
        for _, _, item in self._writing:
            item.setFont(self.font())
            item.setBrush(QColor(colours.text))
        self._fit_names()
        super()._restyle(colours)
        self._write()

    def _fit_names(self) -> None:
        self._row_names.set_widest(_WIDEST * self.width())
        columns = max(len(self._matrix.columns), 1)
        self._column_names.set_widest((1 - _WIDEST) * self.width() / columns)

    def _rows_px(self) -> float:
        shown = min(len(self._matrix.rows), 40)
        return (shown + 2) * _ROW_EM * self.fontMetrics().height()

    def _write(self) -> None:
        """As much of each text as its cell has room for, in its middle."""
        width_px, height_px = (1 / unit if unit else 0 for unit in self.plot.vb.viewPixelSize())
        metrics = self.fontMetrics()
        for row, column, item in self._writing:
            fitting = ""
            for text in _shorter(self._matrix.cells[row][column]):
                lines = text.split("\n")
                widest = max(metrics.horizontalAdvance(line) for line in lines)
                high = len(lines) * metrics.lineSpacing()
                if widest + _ROOM_PX <= width_px and high + _ROOM_PX <= height_px:
                    fitting = text
                    break
            item.setText(fitting)
            middle = self.plot.vb.mapViewToScene(QPointF(column, row))
            bounds = item.boundingRect()
            place = self.plot.mapFromScene(middle)
            item.setPos(place.x() - 0.5 * bounds.width(), place.y() - 0.5 * bounds.height())

    def _headline(self) -> str:
        return muted(self._matrix.title, self._colours)

    def _words(self) -> str:
        if not self._matrix.rows:
            return tr("Nothing was found.")
        said = [
            f"{row}, {column}: {_line(cell.text)}."
            for row, cells in zip(self._matrix.rows, self._matrix.cells, strict=True)
            for column, cell in zip(self._matrix.columns, cells, strict=True)
        ]
        return " ".join(said[:_MOST_WRITTEN])

    def _table(self) -> Table:
        rows = [
            (row, column, cell.value, _line(cell.text))
            for row, cells in zip(self._matrix.rows, self._matrix.cells, strict=True)
            for column, cell in zip(self._matrix.columns, cells, strict=True)
        ]
        return ("row", "column", "shade", "value"), rows

    # --------------------------------------------------------------------- spots

    def spot_near(self, position: QPointF) -> int:
        place = self.place_at(position)
        row, column = round(place.y()), round(place.x())
        if 0 <= row < len(self._matrix.rows) and 0 <= column < len(self._matrix.columns):
            return row * len(self._matrix.columns) + column
        return -1

    def _spot_count(self) -> int:
        return len(self._matrix.rows) * len(self._matrix.columns)

    def _spot(self, index: int) -> Spot:
        row, column = divmod(index, len(self._matrix.columns))
        cell = self._matrix.cells[row][column]
        names = html.escape(f"{self._matrix.rows[row]} · {self._matrix.columns[column]}")
        text = f"<b>{names}</b><br>" + html.escape(cell.text).replace("\n", "<br>")
        return Spot(column, row, text)

    # ------------------------------------------------------------------------ Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit_names()
        self._write()


def _shorter(cell: MatrixCell) -> tuple[str, ...]:
    """A cell's text and what may be left of it, the longest first."""
    first = cell.text.partition("\n")[0]
    without = "\n".join(line.partition(" (")[0] for line in cell.text.split("\n"))
    return cell.text, without, first, first.partition(" (")[0]


def _line(text: str) -> str:
    return text.replace("\n", ", ")

"""A figure with its table: drawn by the chart of its kind, copied and written to files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from act_core.errors import ErrorRecord
from act_core.files import write_whole
from act_core.report.blocks import HeatMap, LineChart, Matrix
from act_core.report.table import Table
from act_gui.maps.chance_bars import ChanceBarsChart
from act_gui.maps.chart import Chart
from act_gui.maps.dots import Dots, DotsChart
from act_gui.maps.heat import HeatChart
from act_gui.maps.lines import LinesChart
from act_gui.maps.map_task import start_writing
from act_gui.maps.matrix import MatrixChart
from act_gui.pages.analysis_parts.shown import Figure, View
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.figure_table import FigureTable

_MOST_EM = 18  # height of the table; more of it scrolls
_FRAME_PX = 4
_C = TypeVar("_C", bound=Chart)


class FigureArea(QWidget):
    """Draws a view. Each kind of chart is made when it is needed first.

    Signals:
        written: The path of a file.
        failed: An `ErrorRecord`: a file could not be written.
    """

    written = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._charts: dict[object, Chart] = {}
        self._view: View | None = None
        self._fill: Callable[[], None] | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._draw)
        self.stack = QStackedWidget()
        self.table = FigureTable()
        self.table.setAccessibleName(tr("Numbers of the figure"))
        self.copy_button = push_button(tr("Copy table"), self.copy_table, "copy")
        self.save_button = push_button(tr("Save"), icon_name="file")
        self.save_button.setAccessibleName(tr("Save the figure or its table"))
        self.save_button.setMenu(self._menu())
        row = QHBoxLayout()
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack, 1)
        column.addWidget(self.table)
        column.addLayout(row)

    @property
    def chart(self) -> Chart | None:
        """What is drawn."""
        found = self.stack.currentWidget()
        return found if isinstance(found, Chart) else None

    def show_view(self, view: View) -> None:
        """Show a figure and its table; what is shown already stays as it is."""
        if view == self._view:
            return
        self._view = view
        chart, self._fill = self._chart_of(view.figure)
        self.stack.setCurrentWidget(chart)
        self._soon.start()
        self.table.set_table(view.table)
        self._fit_table()

    def copy_table(self) -> None:
        """Put the whole table on the clipboard, with tabs between."""
        if self._view is not None:
            rows = (self._view.table.header, *self._view.table.rows)
            text = "\n".join("\t".join(_flat(cell) for cell in row) for row in rows)
            QGuiApplication.clipboard().setText(text)

    def write_figure(self, path: Path) -> None:
        """Write the figure as a picture, a drawing or its numbers, by the file's ending."""
        self._draw()
        if self.chart is not None:
            self._write(path, self.chart.writer(path))

    def write_table(self, path: Path) -> None:
        """Write the table as CSV."""
        if self._view is not None:
            self._write(path, partial(write_whole, path, _csv(self._view.table)))

    def _fit_table(self) -> None:
        """As high as its rows, with room for a bar to scroll sideways."""
        table, bar = self.table, self.table.horizontalScrollBar().sizeHint().height()
        rows = table.verticalHeader().length() + table.horizontalHeader().sizeHint().height()
        most = _MOST_EM * self.fontMetrics().height()
        table.setFixedHeight(min(rows + bar + _FRAME_PX, most))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._view is not None:
            self._fit_table()

    def _draw(self) -> None:
        """Fill the chart; in a turn of its own, since making one takes a turn already."""
        self._soon.stop()
        fill, self._fill = self._fill, None
        if fill is not None:
            fill()

    def _chart_of(self, figure: Figure) -> tuple[Chart, Callable[[], None]]:
        """The chart of a figure's kind, and what fills it."""
        if isinstance(figure, LineChart):
            kind = (figure.log, figure.percent)
            lines = self._made(("lines", kind), lambda: LinesChart(*kind, self.stack))
            return lines, partial(lines.set_chart, figure)
        if isinstance(figure, Matrix):
            matrix = self._made("matrix", lambda: MatrixChart(self.stack))
            return matrix, partial(matrix.set_matrix, figure)
        if isinstance(figure, HeatMap):
            heat = self._made("heat", lambda: HeatChart(self.stack))
            return heat, partial(heat.set_map, figure)
        if isinstance(figure, Dots):
            log = figure.log
            dots = self._made(("dots", log), lambda: DotsChart(log, self.stack))
            return dots, partial(dots.set_dots, figure)
        bars = self._made("bars", lambda: ChanceBarsChart(self.stack))
        return bars, partial(bars.set_bars, figure)

    def _made(self, key: object, make: Callable[[], _C]) -> _C:
        if key not in self._charts:
            self._charts[key] = chart = make()
            self.stack.addWidget(chart)
        return cast("_C", self._charts[key])

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAccessibleName(tr("Save the figure or its table"))
        for text, ending, write in (
            (tr("Picture (PNG)…"), "png", self.write_figure),
            (tr("Drawing (SVG)…"), "svg", self.write_figure),
            (tr("Numbers of the figure (CSV)…"), "csv", self.write_figure),
            (tr("Table (CSV)…"), "csv", self.write_table),
        ):
            action = QAction(text, menu)
            action.triggered.connect(
                lambda _checked=False, ending=ending, write=write: self._ask_where(ending, write)
            )
            menu.addAction(action)
        return menu

    def _ask_where(self, ending: str, write: Callable[[Path], None]) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Save the figure or its table"), f"analysis.{ending}", f"*.{ending}"
        )
        if name:
            write(Path(name).with_suffix(f".{ending}"))

    def _write(self, path: Path, write: Callable[[], None]) -> None:
        start_writing(path, write, self._on_written, self._on_failed)

    def _on_written(self, path: Path) -> None:
        self.written.emit(path)

    def _on_failed(self, error: ErrorRecord) -> None:
        self.failed.emit(error)


def _csv(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_flat(cell) for cell in row] for row in (table.header, *table.rows))
    return text.getvalue()


def _flat(cell: str) -> str:
    """A cell as other programs read it."""
    return cell.replace("\n", ", ").replace("\u2212", "-")

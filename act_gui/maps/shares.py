"""Where a mask lies: the selected share of each layer or module kind, beside the overall share."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from act_core.report.numbers import part
from act_gui.maps.axes import CategoryAxis, NumberAxis, nice_above, percent
from act_gui.maps.captions import marked
from act_gui.maps.chart import Table
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_WIDEST_VALUE = "0.088 %"
_ROW_EM = 1.4  # height of a lying bar's row over the font's height
_ENDS = (1, 1.5, 2, 3, 4, 6, 8, 10)


class SharesChart(SpotChart):
    """A bar for each layer (standing) or module kind (lying); the overall share as a dashed line.

    Args:
        name: What the bars are, such as "Selected share of each layer".
        orientation: `Vertical` bars stand side by side, for many short labels; `Horizontal` ones
            lie below each other, for few long labels, with their values at the right.
        x_name: Name of the axis below.
        parent: Owner.
    """

    def __init__(
        self,
        name: str,
        orientation: Qt.Orientation = Qt.Orientation.Vertical,
        x_name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        self._lying = orientation is Qt.Orientation.Horizontal
        self._labels: tuple[str, ...] = ()
        self._values: tuple[float, ...] = ()
        self._overall = 0.0
        self._top = 0.0
        self._categories = CategoryAxis("left" if self._lying else "bottom")
        scale = NumberAxis("bottom" if self._lying else "left", percent)
        left, bottom = (self._categories, scale) if self._lying else (scale, self._categories)
        super().__init__(name, left, bottom, x_name, parent)

    def set_shares(self, labels: Sequence[str], values: Sequence[float], overall: float) -> None:
        """Show bars.

        Args:
            labels: Of layers or module kinds, in order.
            values: Selected share of the channels of each, 0 to 1.
            overall: Selected share of all channels.
        """
        new_labels = tuple(labels)
        self._values, self._overall = tuple(values), overall
        places = np.arange(len(self._values), dtype=float)
        lengths = np.asarray(self._values, float)
        if self._lying:
            self._bars.setOpts(x0=np.zeros_like(lengths), width=lengths, y=places, height=0.7)
            self._figures.set_labels([part(value) for value in self._values])
        else:
            self._bars.setOpts(x=places, width=0.8, y0=np.zeros_like(lengths), height=lengths)
        self._line.setValue(overall)
        if new_labels != self._labels:
            self._labels = new_labels
            self._categories.set_labels(new_labels)
            self._top = 0.0
            self._ask_for_room()
        self._set_range(max(*self._values, overall, 1e-6) if self._values else 1.0)
        self.changed()

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._bars = pg.BarGraphItem(x=[], height=[], width=0.8, pen=None)
        self._line = pg.InfiniteLine(angle=90 if self._lying else 0, movable=False)
        self._figures = CategoryAxis("right")
        if self._lying:
            self.plot.add_axis(self._figures)
            self.plot.vb.invertY(True)
        for item in (self._bars, self._line):
            self.plot.add(item)
        (self._bottom if self._lying else self._left).setGrid(255)

    def _restyle(self, colours: Colours) -> None:
        self._bars.setOpts(brush=QColor(colours.series[0]), pen=pg.mkPen(None))
        self._line.setPen(self._pen(colours.text, width=1.5, style=Qt.PenStyle.DashLine))
        if self._lying:
            self._figures.restyle(self.font(), colours)
            self._figures.setPen(pg.mkPen(None))
            self._figures.setTextPen(QColor(colours.text))
            self._figures.hold_width(_WIDEST_VALUE)
        super()._restyle(colours)

    def _set_range(self, longest: float) -> None:
        """Round ends, so that the axis rests while the budget is dragged."""
        top = min(nice_above(longest * 1.02, _ENDS), 1.0)
        if top == self._top:
            return
        self._top = top
        ends = (-0.5, len(self._values) - 0.5)
        across, along = (ends, (0.0, top)) if self._lying else ((0.0, top), ends)
        self.plot.vb.setRange(xRange=along, yRange=across, padding=0)
        self._fit()

    def _rows_px(self) -> float:
        rows = len(self._values) + 2 if self._lying else 0
        return rows * _ROW_EM * self.fontMetrics().height()

    def _headline(self) -> str:
        overall = tr("all channels: {share}", share=part(self._overall))
        mark = marked([("╍", self._colours.text, overall)], self._colours)
        return f"{html.escape(self.accessibleName())}&nbsp; {mark}"

    def _words(self) -> str:
        if not self._values:
            return tr("Nothing is selected yet.")
        pairs = zip(self._labels, self._values, strict=True)
        return tr(
            "All channels: {overall}. {pairs}.",
            overall=part(self._overall),
            pairs=", ".join(f"{label}: {part(value)}" for label, value in pairs),
        )

    def _table(self) -> Table:
        rows = list(zip(self._labels, self._values, strict=True))
        return ("place", "selected_share"), [*rows, (tr("all channels"), self._overall)]

    # --------------------------------------------------------------------- spots

    def spot_near(self, position: QPointF) -> int:
        place = self.place_at(position)
        along, length = (place.y(), place.x()) if self._lying else (place.x(), place.y())
        index = round(along)
        return index if 0 <= index < len(self._values) and 0 <= length <= self._top else -1

    def _spot_count(self) -> int:
        return len(self._values)

    def _spot(self, index: int) -> Spot:
        label, value = self._labels[index], self._values[index]
        text = f"<b>{html.escape(label)}</b><br>" + tr("{share} selected", share=part(value))
        return Spot(value, index, text) if self._lying else Spot(index, value, text)

    # ------------------------------------------------------------------------ Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._lying:
            self._categories.set_widest(0.4 * self.width())

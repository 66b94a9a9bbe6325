"""Lying bars with intervals, each beside its own chance level."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from act_core.report.blocks import Bar
from act_core.report.numbers import part, plain
from act_gui.maps.axes import CategoryAxis, NumberAxis, percent
from act_gui.maps.captions import marked, muted, stacked
from act_gui.maps.chart import Table
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_ROW_EM = 1.7
_WIDEST_NAME, _WIDEST_FIGURE = 0.35, 0.35  # of the width


@dataclass(frozen=True, slots=True)
class ChanceBars:
    """Bars of one unit.

    Attributes:
        title: What is shown.
        bars: From zero; a strong one is what the chart is about.
        chances: The chance level of each bar, or empty.
        percent: Values are shares.
    """

    title: str
    bars: tuple[Bar, ...]
    chances: tuple[float, ...] = ()
    percent: bool = True


class ChanceBarsChart(SpotChart):
    """Shows `ChanceBars`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._shown = ChanceBars("", ())
        self._names, self._figures = CategoryAxis("left"), CategoryAxis("right")
        self._scale = NumberAxis("bottom", self._tick)
        super().__init__(tr("Bars"), self._names, self._scale, "", parent)

    def set_bars(self, bars: ChanceBars) -> None:
        """Show bars."""
        self._shown = bars
        self.setAccessibleName(bars.title)
        self._names.set_labels([bar.label for bar in bars.bars])
        ends = [end for bar in bars.bars for end in (bar.low, bar.value, bar.high)]
        finite = [end for end in ends if end is not None and math.isfinite(end)]
        low, high = min(0.0, *finite, *bars.chances, 0.0), max(0.0, *finite, *bars.chances, 0.0)
        wide = (high - low) or 1.0
        self.plot.vb.setRange(
            xRange=(low - 0.04 * wide if low else 0.0, high + 0.04 * wide if high else 0.0),
            yRange=(-0.6, max(len(bars.bars), 1) - 0.4),
            padding=0,
        )
        self._restyle(self._colours)
        self.changed()

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._bars = pg.BarGraphItem(x0=[], width=[], y=[], height=0.7)
        self._whiskers = pg.ErrorBarItem(beam=0.3)
        self._chance = pg.PlotCurveItem(connect="pairs")
        self.plot.add_axis(self._figures)
        self.plot.vb.invertY(True)
        for item in (self._bars, self._whiskers, self._chance):
            self.plot.add(item)
        self._scale.setGrid(255)

    def _restyle(self, colours: Colours) -> None:
        bars = self._shown.bars
        values, places = np.array([bar.value for bar in bars], float), np.arange(len(bars))
        strong = any(bar.strong for bar in bars)
        brushes = [
            pg.mkBrush(colours.series[0] if bar.strong or not strong else colours.series[7])
            for bar in bars
        ]
        self._bars.setOpts(
            x0=np.zeros_like(values), width=values, y=places, brushes=brushes or None, pen=None
        )
        known = [i for i, bar in enumerate(bars) if _has_interval(bar)]
        low, high = (np.array([getattr(bars[i], e) for i in known], float) for e in ("low", "high"))
        self._whiskers.setData(
            x=values[known], y=places[known], left=values[known] - low, right=high - values[known],
            pen=self._pen(colours.text, width=1.5),
        )  # fmt: skip
        chances = self._shown.chances
        ys = [end for place in range(len(chances)) for end in (place - 0.42, place + 0.42)]
        self._chance.setData(np.repeat(np.array(chances, float), 2), np.array(ys, float))
        self._chance.setPen(self._pen(colours.text, width=2))
        self._figures.restyle(self.font(), colours)
        self._figures.setPen(pg.mkPen(None))
        self._figures.setTextPen(QColor(colours.text))
        self._fit_texts()
        super()._restyle(colours)

    def _fit_texts(self) -> None:
        """Shorten names, and leave intervals to the cards where they would crowd out the bars."""
        self._names.set_widest(_WIDEST_NAME * self.width())
        texts = [bar.text for bar in self._shown.bars]
        widest = max((self.fontMetrics().horizontalAdvance(text) for text in texts), default=0)
        if widest > _WIDEST_FIGURE * self.width():
            texts = [text.partition(" (")[0] for text in texts]
        self._figures.set_labels(texts)

    def _rows_px(self) -> float:
        return (len(self._shown.bars) + 2) * _ROW_EM * self.fontMetrics().height()

    def _headline(self) -> str:
        chance = [("┃", self._colours.text, tr("by chance"))] if self._shown.chances else []
        return stacked(
            muted(self._shown.title, self._colours),
            marked(chance, self._colours) if chance else "",
        )

    def _words(self) -> str:
        said = [self._said(index) + "." for index in range(len(self._shown.bars))]
        return " ".join(said) or tr("Nothing was found.")

    def _said(self, index: int) -> str:
        bar = self._shown.bars[index]
        if not self._shown.chances:
            return f"{bar.label}: {bar.text}"
        chance = part(self._shown.chances[index])
        return tr("{name}: {value}, by chance {chance}", name=bar.label, value=bar.text,
                  chance=chance)  # fmt: skip

    def _table(self) -> Table:
        chances = self._shown.chances or ("",) * len(self._shown.bars)
        rows = [
            (bar.label, bar.value, bar.low, bar.high, chance)
            for bar, chance in zip(self._shown.bars, chances, strict=True)
        ]
        return ("name", "value", "low", "high", "chance"), rows

    def _tick(self, value: float) -> str:
        value = round(value, 9) + 0.0
        return percent(value) if self._shown.percent else plain(value)

    # --------------------------------------------------------------------- spots

    def spot_near(self, position: QPointF) -> int:
        place = self.place_at(position).y()
        index = round(place)
        return index if 0 <= index < len(self._shown.bars) and abs(place - index) <= 0.5 else -1

    def _spot_count(self) -> int:
        return len(self._shown.bars)

    def _spot(self, index: int) -> Spot:
        return Spot(self._shown.bars[index].value, index, html.escape(self._said(index)))

    # ------------------------------------------------------------------------ Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit_texts()


def _has_interval(bar: Bar) -> bool:
    ends = (bar.low, bar.high)
    return all(end is not None and math.isfinite(end) for end in ends) and bar.low != bar.high

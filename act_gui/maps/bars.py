"""What each candidate reaches on each ability, with confidence intervals."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGraphicsSimpleTextItem,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from act_core.report.numbers import measure_scale, minus
from act_core.report.results import MEASURES
from act_gui.maps.axes import CategoryAxis, NumberAxis, percent
from act_gui.maps.captions import marked
from act_gui.maps.chart import Table
from act_gui.maps.kinds import KINDS, Kind, kind_colour, kind_name
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_ROW_EM = 1.7  # height of a bar's row over the font's height
_GAP = 0.4  # rows between two abilities
_MOST_TEXT = 0.35  # of the width for figures with their intervals


@dataclass(frozen=True, slots=True)
class BarRow:
    """One figure.

    Attributes:
        candidate: Its name for people.
        ability, measure: What was measured; `loss` in nats per token, other measures as shares.
        value, low, high: Figure and confidence interval; None where there is none.
        kind: Of candidate.
    """

    candidate: str
    ability: str
    measure: str
    value: float
    low: float | None
    high: float | None
    kind: Kind

    @property
    def text(self) -> str:
        """The figure with its interval."""
        entry = {"value": self.value, "low": self.low, "high": self.high}
        return measure_scale(self.measure).interval(entry)


class AbilityBars(QWidget):
    """A group of bars for each ability; a chooser where there are several measures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[BarRow, ...] = ()
        self._roles: Mapping[str, str] = {}
        self._build()
        self.chooser.currentIndexChanged.connect(self._on_measure_chosen)

    def _build(self) -> None:
        self.chart = BarsChart()
        self.chooser = QComboBox()
        self.chooser.setAccessibleName(tr("Measure"))
        label = QLabel(tr("Measure"))
        label.setBuddy(self.chooser)
        self._choice = QWidget()
        row = QHBoxLayout(self._choice)
        row.setContentsMargins(8, 4, 8, 0)
        row.addWidget(label)
        row.addWidget(self.chooser)
        row.addStretch(1)
        self._choice.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._choice)
        layout.addWidget(self.chart, 1)

    def set_rows(self, rows: Sequence[BarRow], roles: Mapping[str, str]) -> None:
        """Show figures.

        Args:
            rows: In the order of the bars; figures that are not finite are left out.
            roles: `bring` or `keep` for each ability.
        """
        self._rows = tuple(row for row in rows if math.isfinite(row.value))
        self._roles = roles
        shown = self.chooser.currentData()
        self.chooser.blockSignals(True)
        self.chooser.clear()
        for measure in dict.fromkeys(row.measure for row in self._rows):
            self.chooser.addItem(_measure_name(measure), measure)
        self.chooser.setCurrentIndex(max(0, self.chooser.findData(shown)))
        self.chooser.blockSignals(False)
        self._choice.setVisible(self.chooser.count() > 1)
        self._on_measure_chosen()

    def set_empty(self, text: str) -> None:
        """Show a text that says the next step in place of the bars."""
        self.chart.set_empty(text)
        self._choice.setVisible(not text and self.chooser.count() > 1)

    def _on_measure_chosen(self) -> None:
        measure = self.chooser.currentData()
        rows = [row for row in self._rows if row.measure == measure]
        self.chart.set_rows(rows, self._roles)


class BarsChart(SpotChart):
    """Lying bars of one measure: candidates at the left, figures at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._rows: tuple[BarRow, ...] = ()
        self._roles: Mapping[str, str] = {}
        self._places: tuple[float, ...] = ()
        self._headings: dict[str, tuple[float, QGraphicsSimpleTextItem]] = {}
        self._names = CategoryAxis("left")
        self._figures = CategoryAxis("right")
        self._scale = NumberAxis("bottom", self._tick)
        super().__init__(tr("Abilities of each candidate"), self._names, self._scale, "", parent)

    def set_rows(self, rows: Sequence[BarRow], roles: Mapping[str, str]) -> None:
        """Show figures of one measure, grouped by ability."""
        groups = {row.ability: [r for r in rows if r.ability == row.ability] for row in rows}
        self._rows = tuple(row for group in groups.values() for row in group)
        self._roles = roles
        places: list[float] = []
        headings: dict[str, float] = {}
        at = 0.0
        for ability, group in groups.items():
            headings[ability] = at
            places += [at + 1 + number for number in range(len(group))]
            at += 1 + len(group) + _GAP
        self._places = tuple(places)
        self._set_headings(headings)
        self._names.set_labels([row.candidate for row in self._rows], self._places)
        ends = [(row.low, row.value, row.high) for row in self._rows]
        finite = [e for three in ends for e in three if e is not None and math.isfinite(e)]
        low, high = min(0.0, *finite, 0.0), max(0.0, *finite, 0.0)
        self.plot.vb.setRange(
            xRange=(low * 1.05, (high or 1.0) * 1.05), yRange=(-0.6, at - _GAP - 0.3), padding=0
        )
        self._x_name = _direction(self._rows[0].measure) if self._rows else ""
        self._restyle(self._colours)
        self.changed()

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._bars = pg.BarGraphItem(x0=[], width=[], y=[], height=0.7)
        self._whiskers = pg.ErrorBarItem(beam=0.3)
        self.plot.add_axis(self._figures)
        self.plot.vb.invertY(True)
        for item in (self._bars, self._whiskers):
            self.plot.add(item)
        self._scale.setGrid(255)
        self.plot.vb.sigTransformChanged.connect(self._place_headings)

    def _set_headings(self, headings: Mapping[str, float]) -> None:
        for _, old in self._headings.values():
            self.view.scene().removeItem(old)
        self._headings = {
            a: (place, QGraphicsSimpleTextItem(self.plot)) for a, place in headings.items()
        }

    def _restyle(self, colours: Colours) -> None:
        values = np.array([row.value for row in self._rows], float)
        places = np.array(self._places, float)
        brushes = [pg.mkBrush(kind_colour(row.kind, colours)) for row in self._rows]
        self._bars.setOpts(
            x0=np.zeros_like(values), width=values, y=places, brushes=brushes or None, pen=None
        )
        known = np.array([_has_interval(row) for row in self._rows], bool)
        inside = [row for row in self._rows if _has_interval(row)]
        low = np.array([row.low for row in inside], float)
        high = np.array([row.high for row in inside], float)
        self._whiskers.setData(
            x=values[known], y=places[known], left=values[known] - low, right=high - values[known],
            pen=self._pen(colours.text, width=1.5),
        )  # fmt: skip
        bold = QFont(self.font())
        bold.setBold(True)
        for ability, (_, item) in self._headings.items():
            item.setFont(bold)
            item.setBrush(QColor(colours.text))
            item.setText(f"{ability} · {_role(self._roles.get(ability, ''))}".rstrip(" ·"))
        self._figures.restyle(self.font(), colours)
        self._figures.setPen(pg.mkPen(None))
        self._figures.setTextPen(QColor(colours.text))
        self._fit_texts()
        super()._restyle(colours)
        self._place_headings()

    def _place_headings(self) -> None:
        """Headings start at the left edge, over the names, so that long ones have room."""
        for place, item in self._headings.values():
            middle = self.plot.vb.mapViewToScene(QPointF(0.0, place)).y()
            item.setPos(2.0, middle - 0.5 * item.boundingRect().height())

    def _fit_texts(self) -> None:
        """Shorten names, and leave intervals to the cards where they would crowd out the bars."""
        self._names.set_widest(0.35 * self.width())
        texts = [row.text for row in self._rows]
        widest = max((self.fontMetrics().horizontalAdvance(text) for text in texts), default=0)
        if widest > _MOST_TEXT * self.width():
            texts = [text.partition(" (")[0] for text in texts]
        self._figures.set_labels(texts, self._places)

    def _rows_px(self) -> float:
        rows = self._places[-1] + 3 if self._places else 0
        return rows * _ROW_EM * self.fontMetrics().height()

    def _headline(self) -> str:
        kinds = [kind for kind in KINDS if any(row.kind == kind for row in self._rows)]
        return marked(
            [("■", kind_colour(kind, self._colours), kind_name(kind)) for kind in kinds],
            self._colours,
        )

    def _words(self) -> str:
        if not self._rows:
            return tr("Nothing was measured yet.")
        measure = self._rows[0].measure
        said = [_direction(measure) + "."]
        for ability in self._headings:
            pairs = [f"{r.candidate}: {r.text}" for r in self._rows if r.ability == ability]
            said.append(f"{ability} ({_role(self._roles.get(ability, ''))}): {', '.join(pairs)}.")
        return " ".join(said)

    def _table(self) -> Table:
        head = ("candidate", "kind", "ability", "measure", "value", "low", "high")
        rows = [
            (row.candidate, row.kind, row.ability, row.measure, row.value, row.low, row.high)
            for row in self._rows
        ]
        return head, rows

    def _tick(self, value: float) -> str:
        loss = not self._rows or self._rows[0].measure == "loss"
        return minus(f"{round(value, 9):,g}") if loss else percent(value)

    # --------------------------------------------------------------------- spots

    def spot_near(self, position: QPointF) -> int:
        if not self._rows:
            return -1
        place = self.place_at(position).y()
        nearest = min(range(len(self._places)), key=lambda i: abs(self._places[i] - place))
        return nearest if abs(self._places[nearest] - place) <= 0.5 else -1

    def _spot_count(self) -> int:
        return len(self._rows)

    def _spot(self, index: int) -> Spot:
        row = self._rows[index]
        text = (
            f"<b>{html.escape(row.candidate)}</b> · {kind_name(row.kind)}<br>"
            f"{html.escape(row.ability)}, {_measure_name(row.measure)}: {row.text}"
        )
        return Spot(row.value, self._places[index], text)

    # ------------------------------------------------------------------------ Qt

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit_texts()


def _has_interval(row: BarRow) -> bool:
    ends = (row.low, row.high)
    return all(end is not None and math.isfinite(end) for end in ends) and row.low != row.high


def _measure_name(measure: str) -> str:
    return tr(MEASURES.get(measure, measure))


def _direction(measure: str) -> str:
    if measure == "loss":
        return tr("Loss in nats per token, lower is better")
    return tr("{measure}, share of items, higher is better", measure=_measure_name(measure))


def _role(role: str) -> str:
    return {"bring": tr("bring over"), "keep": tr("keep")}.get(role, "")

"""How much the best channels still change as a profile reads more tokens."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from act_core.report.numbers import count, part
from act_gui.maps.axes import NumberAxis, percent
from act_gui.maps.captions import marked, muted, stacked
from act_gui.maps.chart import Table
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_SYMBOLS, _MARKS = ("o", "s", "t1", "d"), ("●", "■", "▲", "◆")


@dataclass(frozen=True, slots=True)
class ConvergenceLine:
    """One specialist's profile on one ability.

    Attributes:
        specialist, ability: Their names.
        tokens: Read up to each measurement, ascending.
        changed: Share of the top 5 % of channels that were not there at the one before, 0 to 1.
    """

    specialist: str
    ability: str
    tokens: tuple[int, ...]
    changed: tuple[float, ...]

    @property
    def name(self) -> str:
        """For legend and cards."""
        return tr("{specialist} on {ability}", specialist=self.specialist, ability=self.ability)


class ConvergenceChart(SpotChart):
    """Changed share of the top 5 % against tokens; a dashed line where profiling may stop."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._lines: tuple[ConvergenceLine, ...] = ()
        self._threshold = 0.0
        self._items: list[pg.PlotDataItem] = []
        super().__init__(
            tr("Convergence of the profile"),
            NumberAxis("left", percent),
            NumberAxis("bottom", lambda tokens: f"{tokens:,.0f}"),
            tr("Tokens read"),
            parent,
        )

    def set_lines(self, lines: Sequence[ConvergenceLine], threshold: float) -> None:
        """Show measurements so far.

        Args:
            lines: One for each specialist and ability.
            threshold: Changed share below which a profile counts as stable; 0 shows none.
        """
        self._lines = tuple(lines)
        self._threshold = threshold
        self._stop.setValue(threshold)
        self._stop.setVisible(threshold > 0)
        most = max((line.tokens[-1] for line in self._lines if line.tokens), default=1)
        self.plot.vb.setRange(xRange=(0, most), yRange=(0, 1), padding=0)
        while len(self._items) < len(self._lines):
            self._items.append(pg.PlotDataItem(antialias=True, useCache=False))
            self.plot.add(self._items[-1])
        while len(self._items) > len(self._lines):
            self.plot.remove(self._items.pop())
        self._restyle(self._colours)
        self.changed()

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._stop = pg.InfiniteLine(angle=0, movable=False)
        self._stop.hide()
        self.plot.add(self._stop)
        self.plot.vb.setRange(xRange=(0, 1), yRange=(0, 1), padding=0)
        self._left.setGrid(255)

    def _restyle(self, colours: Colours) -> None:
        self._stop.setPen(self._pen(colours.text, width=1.5, style=Qt.PenStyle.DashLine))
        for number, (line, item) in enumerate(zip(self._lines, self._items, strict=True)):
            colour = _colour(number, colours)
            item.setData(
                line.tokens, line.changed, pen=self._pen(colour, width=2),
                symbol=_SYMBOLS[number % len(_SYMBOLS)], symbolSize=7,
                symbolBrush=QColor(colour), symbolPen=pg.mkPen(None),
            )  # fmt: skip
        super()._restyle(colours)

    def _headline(self) -> str:
        entries = [
            (_MARKS[number % len(_MARKS)], _colour(number, self._colours), line.name)
            for number, line in enumerate(self._lines)
        ]
        if self._threshold > 0:
            stable = tr("stable below {share}", share=part(self._threshold))
            entries.append(("╍", self._colours.text, stable))
        title = muted(tr("Share of the top 5 % of channels that still changes"), self._colours)
        return stacked(title, marked(entries, self._colours))

    def _words(self) -> str:
        measured = [line for line in self._lines if line.tokens]
        if not measured:
            return tr("Nothing was measured yet.")
        said = [
            tr(
                "{name}: {share} of the top 5 % still change at {tokens} tokens",
                name=line.name,
                share=part(line.changed[-1]),
                tokens=count(line.tokens[-1]),
            )
            for line in measured
        ]
        if self._threshold > 0:
            said.append(tr("Stable below {share}", share=part(self._threshold)))
        return ". ".join(said) + "."

    def _table(self) -> Table:
        rows = [
            (line.specialist, line.ability, tokens, changed)
            for line in self._lines
            for tokens, changed in zip(line.tokens, line.changed, strict=True)
        ]
        return ("specialist", "ability", "tokens", "changed_share"), rows

    # --------------------------------------------------------------------- spots

    def _spot_count(self) -> int:
        return sum(len(line.tokens) for line in self._lines)

    def _spot(self, index: int) -> Spot:
        for line in self._lines:
            if index < len(line.tokens):
                break
            index -= len(line.tokens)
        tokens, changed = line.tokens[index], line.changed[index]
        said = tr("{share} changed at {tokens} tokens", share=part(changed), tokens=count(tokens))
        return Spot(tokens, changed, f"<b>{html.escape(line.name)}</b><br>{said}")


def _colour(number: int, colours: Colours) -> str:
    return colours.series[number % len(colours.series)]

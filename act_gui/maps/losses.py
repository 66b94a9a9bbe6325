"""How the loss on each ability goes while something is tuned."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from act_core.report.numbers import count, measure_scale
from act_gui.maps.axes import NumberAxis
from act_gui.maps.captions import marked, muted, stacked
from act_gui.maps.chart import Table
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_KEPT = 0.7  # of the smoothed loss from one step to the next
_SYMBOLS, _MARKS = ("o", "s", "t1", "d"), ("●", "■", "▲", "◆")
_FAINT = 0.35
_AIR = 0.06  # of the range, above and below the curves
_BESIDE = 0.03  # of the steps, so that marks at the ends are whole
_BEST_PX = 14


@dataclass(frozen=True, slots=True)
class LossLine:
    """One ability's losses on one split.

    Attributes:
        ability: Its name.
        split: `tuning` is learned from, `validation` only says when to stop.
        steps: Steps done before each measurement, ascending.
        losses: Nats per token.
    """

    ability: str
    split: Literal["tuning", "validation"]
    steps: tuple[int, ...]
    losses: tuple[float, ...]


class LossChart(SpotChart):
    """Losses against steps, a colour for each ability.

    What is learned from is a faint line with the smoothed one over it; validation is dashed with a
    mark at every check and a large one at the best step, where a line stands too.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        self._lines: tuple[LossLine, ...] = ()
        self._abilities: tuple[str, ...] = ()
        self._best: int | None = None
        self._items: list[pg.PlotDataItem] = []
        super().__init__(
            tr("Losses while learning"),
            NumberAxis("left", lambda loss: f"{round(loss, 6):g}"),
            NumberAxis("bottom", lambda step: f"{step:,.0f}" if step == int(step) else ""),
            tr("Steps"),
            parent,
        )

    def set_lines(self, lines: Sequence[LossLine], steps: int, best_step: int | None) -> None:
        """Show losses so far.

        Args:
            lines: Those without a measurement are left out.
            steps: Steps at most, where the axis ends.
            best_step: The step whose gates count; None: not known yet.
        """
        self._lines = tuple(line for line in lines if line.steps)
        self._abilities = tuple(dict.fromkeys(line.ability for line in self._lines))
        self._best = best_step
        while self._items:
            self.plot.remove(self._items.pop())
        self._best_line.setVisible(best_step is not None)
        self._best_line.setValue(best_step or 0)
        losses = [loss for line in self._lines for loss in line.losses]
        low, high = min(losses, default=0.0), max(losses, default=1.0)
        air = _AIR * (high - low) or 0.5
        beside = _BESIDE * max(steps, 1)
        self.plot.vb.setRange(
            xRange=(-beside, max(steps, 1) + beside),
            yRange=(max(0.0, low - air), high + air),
            padding=0,
        )
        self._restyle(self._colours)
        self.changed()

    @property
    def lines(self) -> tuple[LossLine, ...]:
        """What is shown."""
        return self._lines

    # --------------------------------------------------------------------- chart

    def _build(self) -> None:
        self._best_line = pg.InfiniteLine(angle=90, movable=False)
        self._best_line.hide()
        self.plot.add(self._best_line)
        self.plot.vb.setRange(xRange=(0, 1), yRange=(0, 1), padding=0)
        self._left.setGrid(255)

    def _restyle(self, colours: Colours) -> None:
        self._best_line.setPen(self._pen(colours.muted, width=1.5, style=Qt.PenStyle.DotLine))
        while self._items:
            self.plot.remove(self._items.pop())
        for line in self._lines:
            number = self._abilities.index(line.ability)
            colour = QColor(_colour(number, colours))
            if line.split == "tuning":
                faint = QColor(colour)
                faint.setAlphaF(_FAINT)
                self._draw(line.steps, line.losses, pen=self._pen(faint, width=1))
                self._draw(line.steps, smoothed(line.losses), pen=self._pen(colour, width=2))
                continue
            sizes = [_BEST_PX if step == self._best else _BEST_PX / 2 for step in line.steps]
            self._draw(
                line.steps, line.losses, symbol=_SYMBOLS[number % len(_SYMBOLS)],
                pen=self._pen(colour, width=1.5, style=Qt.PenStyle.DashLine),
                symbolSize=sizes, symbolBrush=colour, symbolPen=pg.mkPen(None),
            )  # fmt: skip
        super()._restyle(colours)

    def _draw(self, steps: Sequence[int], losses: Sequence[float], **look: object) -> None:
        item = pg.PlotDataItem(list(steps), list(losses), antialias=True, useCache=False, **look)
        self.plot.add(item)
        self._items.append(item)

    def _headline(self) -> str:
        entries = [
            (_MARKS[number % len(_MARKS)], _colour(number, self._colours), ability)
            for number, ability in enumerate(self._abilities)
        ]
        text = self._colours.text
        kinds = [("━", text, tr("smoothed"))]
        if any(line.split == "validation" for line in self._lines):
            kinds.append(("╍", text, tr("validation")))
        if self._best is not None:
            kinds.append(("┊", self._colours.muted, tr("best: step {n}", n=count(self._best))))
        return stacked(
            muted(tr("Loss in nats per token, lower is better"), self._colours),
            marked(entries, self._colours),
            marked(kinds, self._colours) if self._lines else "",
        )

    def _words(self) -> str:
        if not self._lines:
            return tr("No loss was measured yet.")
        said = [_said(line) for line in self._lines]
        if self._best is not None:
            said.append(tr("The best step is {n}", n=count(self._best)))
        return ". ".join(said) + "."

    def _table(self) -> Table:
        rows = [
            (line.ability, line.split, step, loss, smooth)
            for line in self._lines
            for step, loss, smooth in zip(
                line.steps, line.losses, smoothed(line.losses), strict=True
            )
        ]
        return ("ability", "split", "step", "loss", "smoothed"), rows

    # --------------------------------------------------------------------- spots

    def _spot_count(self) -> int:
        return sum(len(line.steps) for line in self._lines)

    def _spot(self, index: int) -> Spot:
        for line in self._lines:
            if index < len(line.steps):
                break
            index -= len(line.steps)
        step, loss = line.steps[index], line.losses[index]
        said = tr(
            "{split}, after {n} steps: {loss}",
            split=_split_name(line.split),
            n=count(step),
            loss=_loss(loss),
        )
        return Spot(step, loss, f"<b>{html.escape(line.ability)}</b><br>{said}")


def smoothed(losses: Sequence[float]) -> tuple[float, ...]:
    """The exponential running mean, corrected for its start as Adam corrects its moments."""
    found, mean, weight = [], 0.0, 0.0
    for loss in losses:
        mean = _KEPT * mean + (1 - _KEPT) * loss
        weight = _KEPT * weight + (1 - _KEPT)
        found.append(mean / weight)
    return tuple(found)


def _said(line: LossLine) -> str:
    return tr(
        "{ability}, {split}: {first} after {from_step} steps, {last} after {to_step}",
        ability=line.ability,
        split=_split_name(line.split),
        first=_loss(line.losses[0]),
        from_step=count(line.steps[0]),
        last=_loss(line.losses[-1]),
        to_step=count(line.steps[-1]),
    )


def _split_name(split: str) -> str:
    return tr("validation") if split == "validation" else tr("learned from")


def _loss(loss: float) -> str:
    return measure_scale("loss").text(loss)


def _colour(number: int, colours: Colours) -> str:
    return colours.series[number % len(colours.series)]

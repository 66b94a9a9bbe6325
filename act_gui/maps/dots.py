"""Single channels by two scores, and which of two masks has them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from act_core.analysis.findings import Dot, Membership
from act_core.report.numbers import plain
from act_gui.maps.axes import NumberAxis, RoundLogAxis
from act_gui.maps.captions import marked, muted, stacked
from act_gui.maps.chart import Table
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_AIR = 0.05
# Drawn in this order, the rarest last; shapes tell them apart where colours do not.
_LOOKS: dict[Membership, tuple[str, str, int]] = {
    "neither": ("o", "●", 4),
    "weight": ("s", "■", 7),
    "score": ("t1", "▲", 8),
    "both": ("d", "◆", 9),
}


@dataclass(frozen=True, slots=True)
class Dots:
    """A scatter.

    Attributes:
        title: What is shown.
        x, y: What the axes stand for.
        dots: The channels.
    """

    title: str
    x: str
    y: str
    dots: tuple[Dot, ...]

    @property
    def log(self) -> tuple[bool, bool]:
        """Which axes grow by factors: those on which nothing lies below zero."""
        weights = all(dot.weight >= 0 for dot in self.dots)
        return weights, all(dot.score >= 0 for dot in self.dots)


class DotsChart(SpotChart):
    """Shows `Dots`.

    Args:
        log: Whether the axes of x and of y grow by factors; zeros are left out there.
        parent: Owner.
    """

    def __init__(
        self, log: tuple[bool, bool] = (True, True), parent: QWidget | None = None
    ) -> None:
        self._log = log
        self._shown: tuple[Dot, ...] = ()
        self._dots = Dots("", "", "", ())
        self._items: dict[Membership, pg.ScatterPlotItem] = {}
        super().__init__(tr("Scatter"), _axis("left", log[1]), _axis("bottom", log[0]), " ", parent)

    def set_dots(self, dots: Dots) -> None:
        """Show channels; the axes are of the kinds that were said when this was made."""
        self._dots, self._x_name = dots, dots.x
        self.setAccessibleName(dots.title)
        by_look = sorted(dots.dots, key=lambda dot: list(_LOOKS).index(dot.selected))
        self._shown = tuple(dot for dot in by_look if self._can_show(dot))
        xs, ys = ([self._place(dot)[axis] for dot in self._shown] for axis in (0, 1))
        self.plot.vb.setRange(xRange=_aired(xs), yRange=_aired(ys), padding=0)
        for look, item in self._items.items():
            places = [self._place(dot) for dot in self._shown if dot.selected == look]
            item.setData(pos=places) if places else item.clear()
        self._restyle(self._colours)
        self.changed()

    # --------------------------------------------------------------------- chart

    def _can_show(self, dot: Dot) -> bool:
        values = (dot.weight, dot.score)
        return all(
            math.isfinite(value) and (value > 0 or not log)
            for value, log in zip(values, self._log, strict=True)
        )

    def _place(self, dot: Dot) -> tuple[float, float]:
        x, y = (
            math.log10(value) if log else value
            for value, log in zip((dot.weight, dot.score), self._log, strict=True)
        )
        return x, y

    def _build(self) -> None:
        for look, (symbol, _, size_px) in _LOOKS.items():
            item = pg.ScatterPlotItem(
                size=size_px, symbol=symbol, pen=None, useCache=False, antialias=True
            )
            self._items[look] = item
            self.plot.add(item)
        self.plot.vb.setRange(xRange=(0, 1), yRange=(0, 1), padding=0)
        self._left.setGrid(255)

    def _restyle(self, colours: Colours) -> None:
        for look, item in self._items.items():
            item.setBrush(QColor(_colour(look, colours)))
        super()._restyle(colours)

    def _headline(self) -> str:
        entries = [
            (mark, _colour(look, self._colours), f"{_name(look)}: {self._count(look)}")
            for look, (_, mark, _) in _LOOKS.items()
        ]
        return stacked(
            muted(f"{self._dots.title} · {self._dots.y} ↑", self._colours),
            marked(entries, self._colours),
        )

    def _count(self, look: Membership) -> int:
        return sum(dot.selected == look for dot in self._shown)

    def _words(self) -> str:
        if not self._shown:
            return tr("Nothing was found.")
        said = [f"{_name(look)}: {self._count(look)}" for look in _LOOKS]
        return tr("Channels {counts}.", counts=", ".join(said))

    def _table(self) -> Table:
        rows = [(dot.weight, dot.score, dot.selected) for dot in self._dots.dots]
        return ("weight", "score", "selected_by"), rows

    # --------------------------------------------------------------------- spots

    def _spot_count(self) -> int:
        return len(self._shown)

    def _spot(self, index: int) -> Spot:
        dot = self._shown[index]
        text = tr(
            "{name}<br>weight {weight}, score {score}",
            name=_name(dot.selected),
            weight=plain(dot.weight),
            score=plain(dot.score),
        )
        return Spot(*self._place(dot), text)


def _axis(side: str, log: bool) -> NumberAxis:
    if log:
        return RoundLogAxis(side, lambda power: plain(10**power))
    return NumberAxis(side, lambda value: plain(round(value, 9) + 0.0))


def _aired(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    air = _AIR * (max(values) - min(values)) or 0.5
    return min(values) - air, max(values) + air


def _name(look: Membership) -> str:
    return {
        "neither": tr("in neither mask"),
        "weight": tr("in the weight mask"),
        "score": tr("in the mask by score"),
        "both": tr("in both"),
    }[look]


def _colour(look: Membership, colours: Colours) -> str:
    return {
        "neither": colours.muted,
        "weight": colours.series[1],
        "score": colours.series[0],
        "both": colours.series[2],
    }[look]

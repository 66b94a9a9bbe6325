"""Lines with intervals beside their chance level, on axes that may grow by factors."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from act_core.report.blocks import Line, LineChart, LineRole, Point
from act_core.report.numbers import part, plain
from act_gui.maps.axes import NumberAxis, RoundLogAxis, percent
from act_gui.maps.captions import marked, muted, stacked
from act_gui.maps.chart import Table
from act_gui.maps.intervals import ends_of
from act_gui.maps.spots import Spot, SpotChart
from act_gui.text import tr
from act_gui.theme import Colours

_AIR = 0.05  # of the range, around the lines
_MOST_MARKS = 24  # lines of more points are drawn without marks
_MARK_PX = 7
_SYMBOLS: dict[LineRole, str] = {"main": "o", "control": "s", "other": "t1"}
_LEGEND: dict[LineRole, str] = {"main": "●", "control": "■", "other": "▲", "chance": "╍"}
_STYLES: dict[LineRole, Qt.PenStyle] = {
    "main": Qt.PenStyle.SolidLine,
    "control": Qt.PenStyle.DashLine,
    "other": Qt.PenStyle.DotLine,
    "chance": Qt.PenStyle.DashDotLine,
}


class LinesChart(SpotChart):
    """Shows a `LineChart`; what it is about is solid, what it is held against broken.

    Args:
        log: Whether the axes of x and of y grow by factors.
        percent: Whether x and y are shares.
        parent: Owner.
    """

    def __init__(
        self,
        log: tuple[bool, bool] = (False, False),
        percent: tuple[bool, bool] = (True, True),
        parent: QWidget | None = None,
    ) -> None:
        self._log, self._percent = log, percent
        self._lines: tuple[Line, ...] = ()
        self._title = ""
        self._items: list[pg.GraphicsObject] = []
        super().__init__(tr("Lines"), self._axis("left", 1), self._axis("bottom", 0), " ", parent)

    def set_chart(self, chart: LineChart) -> None:
        """Show lines, whose axes are of the kinds that were said when this was made."""
        self._title, self._x_name = chart.title, chart.x
        self._lines = tuple(
            Line(line.label, tuple(filter(self._can_show, line.points)), line.role)
            for line in chart.lines
        )
        self.setAccessibleName(chart.title)
        self._set_range()
        self._restyle(self._colours)
        self.changed()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    # --------------------------------------------------------------------- chart

    def _axis(self, side: str, number: int) -> NumberAxis:
        text: Callable[[float], str] = percent if self._percent[number] else plain
        if self._log[number]:
            return RoundLogAxis(side, lambda power: text(10**power))
        if side == "bottom" and not self._percent[0]:  # numbers of layers, not halves of them
            return NumberAxis(side, lambda value: text(value) if value == int(value) else "")
        return NumberAxis(side, lambda value: text(round(value, 9) + 0.0))

    def _can_show(self, point: Point) -> bool:
        values = (point.x, point.y)
        return all(
            math.isfinite(value) and (value > 0 or not log)
            for value, log in zip(values, self._log, strict=True)
        )

    def _set_range(self) -> None:
        points = [point for line in self._lines for point in line.points]
        xs = [self._at(point.x, 0) for point in points] or [0.0, 1.0]
        if self._percent[1] and not self._log[1]:
            ys = list(ends_of((point.y, point.low, point.high) for point in points))
        else:
            ys = [end for point in points for end in self._ends(point)]
        if not self._log[1]:
            ys.append(0.0)
        heights = [self._at(y, 1) for y in ys] or [0.0, 1.0]
        self.plot.vb.setRange(xRange=_aired(xs), yRange=_aired(heights), padding=0)

    def _ends(self, point: Point) -> Iterator[float]:
        yield point.y
        for end in (point.low, point.high):
            if end is not None and math.isfinite(end) and (end > 0 or not self._log[1]):
                yield end

    def _at(self, value: float, number: int) -> float:
        return math.log10(value) if self._log[number] else value

    def _build(self) -> None:
        self.plot.vb.setRange(xRange=(0, 1), yRange=(0, 1), padding=0)
        self._left.setGrid(255)

    def _restyle(self, colours: Colours) -> None:
        while self._items:
            self.plot.remove(self._items.pop())
        for line in reversed(self._lines):  # what it is about comes first and lies on top
            self._draw(line, QColor(role_colour(line.role, colours)))
        super()._restyle(colours)

    def _draw(self, line: Line, colour: QColor) -> None:
        if not line.points:
            return
        xs = [self._at(point.x, 0) for point in line.points]
        ys = [self._at(point.y, 1) for point in line.points]
        pen = self._pen(colour, width=1.5, style=_STYLES[line.role])
        self._add(pg.PlotCurveItem(xs, ys, pen=pen, antialias=True))
        if line.role in _SYMBOLS and len(xs) <= _MOST_MARKS:
            marks = pg.ScatterPlotItem(
                xs, ys, symbol=_SYMBOLS[line.role], size=_MARK_PX, brush=colour, pen=None,
                useCache=False, antialias=True,
            )  # fmt: skip
            self._add(marks)
        ends = [[self._at(end, 1) for end in self._ends(point)] for point in line.points]
        if any(max(some) > min(some) for some in ends):
            whiskers = pg.PlotCurveItem(
                [x for x in xs for _end in range(2)],
                [end(some) for some in ends for end in (min, max)],
                connect="pairs", pen=self._pen(colour, width=1.2), antialias=True,
            )  # fmt: skip
            self._add(whiskers)

    def _add(self, item: pg.GraphicsObject) -> None:
        self.plot.add(item)
        self._items.append(item)

    def _headline(self) -> str:
        entries = [
            (_LEGEND[line.role], role_colour(line.role, self._colours), line.label)
            for line in self._lines
        ]
        return stacked(muted(self._title, self._colours), marked(entries, self._colours))

    def _words(self) -> str:
        said = []
        for line in self._lines:
            if line.points:
                first, last = (self._said(point) for point in (line.points[0], line.points[-1]))
                said.append(f"{line.label}: {first}; {last}." if first != last else first)
        return " ".join([f"{self._x_name}:", *said]) if said else tr("Nothing was found.")

    def _said(self, point: Point) -> str:
        x = part(point.x) if self._percent[0] else plain(point.x)
        return tr("at {x} {y}", x=x, y=self._value(point))

    def _value(self, point: Point) -> str:
        text: Callable[[float], str] = part if self._percent[1] else plain
        ends = (point.low, point.high)
        if any(end is None or not math.isfinite(end) for end in ends) or ends[0] == ends[1]:
            return text(point.y)
        low, high = (text(end) for end in ends if end is not None)
        return tr("{value} ({low} to {high})", value=text(point.y), low=low, high=high)

    def _table(self) -> Table:
        rows = [
            (line.label, line.role, point.x, point.y, point.low, point.high)
            for line in self._lines
            for point in line.points
        ]
        return ("line", "role", "x", "value", "low", "high"), rows

    # --------------------------------------------------------------------- spots

    def _places(self) -> list[tuple[Line, Point]]:
        return [
            (line, point) for line in self._lines if line.role != "chance" for point in line.points
        ]

    def _spot_count(self) -> int:
        return len(self._places())

    def _spot(self, index: int) -> Spot:
        line, point = self._places()[index]
        text = f"<b>{html.escape(line.label)}</b><br>{html.escape(self._x_name)}: "
        return Spot(
            self._at(point.x, 0), self._at(point.y, 1), text + html.escape(self._said(point))
        )


def role_colour(role: LineRole, colours: Colours) -> str:
    """The colour of a line by what it is there for."""
    names = {"main": colours.series[0], "control": colours.series[1], "other": colours.series[2]}
    return names.get(role, colours.muted)


def _aired(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    air = _AIR * (high - low) or 0.5
    return low - air, high + air

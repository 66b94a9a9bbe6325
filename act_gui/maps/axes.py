"""Axes of charts: ticks as dense as the font allows, and no text that is cut."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from act_core.report.numbers import minus
from act_gui.theme import Colours

_ROOM = 2.2  # a tick's room over the height of its text
_OFFSET_PX = 6
_ROUND = (1, 2, 5)
Ticks = list[tuple[float, list[float]]]


class NumberAxis(pg.AxisItem):  # type: ignore[misc]
    """Ticks at 1, 2 or 5 times a power of ten.

    Args:
        side: `left`, `right` or `bottom`.
        text: Writes a tick's number.
    """

    def __init__(self, side: str, text: Callable[[float], str]) -> None:
        self._text = text  # before the base class, which asks for the bounds
        self._metrics = QFontMetricsF(QFont())
        super().__init__(side, maxTickLength=0)
        self.setStyle(hideOverlappingLabels=False, tickAlpha=255, tickTextOffset=_OFFSET_PX)

    def restyle(self, font: QFont, colours: Colours) -> None:
        """Write in a font and in a theme's colours."""
        self._metrics = QFontMetricsF(font)
        self.setTickFont(font)
        self.setPen(QColor(colours.border))
        self.setTickPen(QColor(colours.border))
        self.setTextPen(QColor(colours.muted))
        if self.orientation == "bottom":
            self.setHeight(self._metrics.height() + _OFFSET_PX)

    def _updateLabel(self) -> None:  # noqa: N802 - pyqtgraph's name
        """Charts name their axes themselves: no label is laid out at every change of the range."""
        self.picture = None
        self.update()

    def reach(self) -> float:
        """Pixels that a text may stand out over the ends of the axis."""
        if self.orientation == "bottom":
            widths = [self._metrics.horizontalAdvance(self._text(end)) for end in self.range]
            return 0.5 * max(widths) + 4
        return 0.5 * self._metrics.height() + 2

    def _room_px(self) -> float:
        """Pixels from one text to the next, at least."""
        if self.orientation != "bottom":
            return _ROOM * self._metrics.height()
        widths = [self._metrics.horizontalAdvance(self._text(end)) for end in self.range]
        return max(widths) + 1.5 * self._metrics.height()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:  # noqa: N802, N803
        low, high = sorted((minVal, maxVal))  # the other way round where the view is inverted
        if size <= 0 or high <= low:
            return []
        step = nice_above((high - low) * self._room_px() / size)
        first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
        return [(step, [number * step for number in range(first, last + 1)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        return [self._text(value) for value in values]

    def boundingRect(self) -> QRectF:  # noqa: N802
        rect: QRectF = super().boundingRect()
        over = self.reach()
        if self.orientation == "bottom":
            return rect.adjusted(-over, 0, over, 0)
        return rect.adjusted(0, -over, 0, over)


class LogAxis(NumberAxis):
    """Ticks at powers of ten; the axis holds the decimal logarithms."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:  # noqa: N802, N803
        if size <= 0 or maxVal <= minVal:
            return []
        every = max(1, math.ceil((maxVal - minVal) * self._room_px() / size))
        last = math.floor(maxVal + 1e-6)
        return [(every, [float(v) for v in range(last, math.ceil(minVal - 1e-6) - 1, -every)])]


class RoundLogAxis(LogAxis):
    """The same with 2 and 5 times powers of ten where those alone would be too few."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:  # noqa: N802, N803
        if size <= 0 or maxVal <= minVal:
            return []
        powers = range(math.floor(minVal), math.ceil(maxVal) + 1)
        for factors in (_ROUND, _ROUND[::2], _ROUND[:1]):
            found = [power + math.log10(factor) for power in powers for factor in factors]
            inside = [tick for tick in found if minVal - 1e-6 <= tick <= maxVal + 1e-6]
            gaps = [b - a for a, b in pairwise(inside)]
            if not gaps or min(gaps) * size / (maxVal - minVal) >= self._room_px():
                return [(1.0, inside)]
        return super().tickValues(minVal, maxVal, size)


class CategoryAxis(NumberAxis):
    """A text for each of the numbers 0, 1, 2 ...; where they are too many, for every nth."""

    def __init__(self, side: str) -> None:
        self._labels: Sequence[str] = ()
        self._places: Sequence[float] = ()
        self._widest_px = math.inf
        super().__init__(side, self._label)

    def set_labels(self, labels: Sequence[str], places: Sequence[float] | None = None) -> None:
        """Write labels at places, by default at 0, 1, 2 ..."""
        self._labels = labels
        self._places = range(len(labels)) if places is None else places
        self.picture = None
        self.update()

    def set_widest(self, widest_px: float) -> None:
        """Shorten labels that are wider."""
        self._widest_px = widest_px
        self.picture = None

    def hold_width(self, text: str) -> None:
        """Keep room for a text as long as this, so that changing labels do not move the plot."""
        self.setWidth(self._metrics.horizontalAdvance(text) + 10)

    def _label(self, place: float) -> str:
        found = [text for at, text in zip(self._places, self._labels, strict=True) if at == place]
        text = found[0] if found else ""
        if self._metrics.horizontalAdvance(text) <= self._widest_px:
            return text
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, self._widest_px)

    def _widest(self) -> float:
        widths = [self._metrics.horizontalAdvance(text) for text in self._labels]
        return min(self._widest_px, max(widths, default=0.0))

    def reach(self) -> float:
        return 0.5 * (self._widest() if self.orientation == "bottom" else self._metrics.height())

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:  # noqa: N802, N803
        span = abs(maxVal - minVal)
        if size <= 0 or not span or not self._labels:
            return []
        height = self._metrics.height()
        room = self._widest() + 0.5 * height if self.orientation == "bottom" else height
        gaps = [b - a for a, b in zip(self._places, self._places[1:], strict=False)]
        pitch_px = min(gaps, default=1.0) * size / span
        every = max(1, int(nice_above(room / pitch_px))) if pitch_px < room else 1
        return [(every, [float(place) for place in self._places[::every]])]


def nice_above(number: float, steps: Sequence[float] = (1, 2, 5, 10)) -> float:
    """The smallest of these steps times a power of ten that is not below a positive number."""
    power = 10.0 ** math.floor(math.log10(number))
    return next(step * power for step in steps if step * power >= number * (1 - 1e-9))


def percent(share: float) -> str:
    """A share as a tick's text."""
    return minus(f"{round(100 * share, 6):,g} %")

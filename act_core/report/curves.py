"""Lines and heat maps as SVG inside HTML; as in `charts`, colours come from the page's style.

Lines differ in their strokes as well as in colour, and intervals stand as whiskers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from act_core.report.blocks import HeatMap, Line, LineChart, Point
from act_core.report.charts import WIDTH
from act_core.report.escape import html_text
from act_core.report.numbers import part, plain

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, WIDTH - 16, 12, 232
_LEGEND = 268
_HEIGHT = 296
_TICKS = 5
_CELL = 8
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to places.

    Attributes:
        low, high: Its first and last value.
        begin, end: Where these lie.
        log: It grows by factors.
        percent: Values are shares.
    """

    low: float
    high: float
    begin: float
    end: float
    log: bool
    percent: bool

    def place(self, value: float) -> float:
        """Where a value lies."""
        one, low, high = (
            (math.log(v) for v in (value, self.low, self.high))
            if self.log
            else (value, self.low, self.high)
        )
        return self.begin + (one - low) / (high - low) * (self.end - self.begin)

    def text(self, value: float) -> str:
        """A value for people."""
        return part(value) if self.percent else plain(value)

    def ticks(self) -> list[float]:
        """Round values within the axis."""
        if self.log:
            first, last = (math.log10(end) for end in (self.low, self.high))
            every = max(1, math.ceil((last - first) / 7))
            powers = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1, every)
            factors = (1, 2, 5) if last - first < 2.5 else (1,)
            found = [f * 10.0**p for p in (powers.start - 1, *powers) for f in factors]
            return [tick for tick in found if self.low * 0.999 <= tick <= self.high * 1.001]
        raw = (self.high - self.low) / _TICKS
        size = 10.0 ** math.floor(math.log10(raw))
        step = next(size * one for one in _STEPS if size * one >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [step * n for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def lines_svg(chart: LineChart) -> str:
    """The chart as one `svg` element."""
    shown = [
        (line, [point for point in line.points if _is_shown(point, chart)]) for line in chart.lines
    ]
    points = [point for _, some in shown for point in some]
    inner: Iterator[str] = iter(())
    if points:
        x = axis_over([point.x for point in points], chart.log[0], chart.percent[0], _LEFT, _RIGHT)
        ends = [end for point in points for end in _ends(point, chart.log[1])]
        y = axis_over(ends, chart.log[1], chart.percent[1], _BOTTOM, _TOP)
        inner = _inside(chart, shown, x, y)
    return svg(chart.title, WIDTH, _HEIGHT, inner)


def heat_svg(chart: HeatMap) -> str:
    """The heat map as one `svg` element."""
    rows, columns = len(chart.cells), len(chart.cells[0])
    width, height = columns * _CELL + 40, rows * _CELL + 40
    return svg(f"{chart.title}. {chart.text}", width, height, _heat(chart))


def _heat(chart: HeatMap) -> Iterator[str]:
    rows, columns = len(chart.cells), len(chart.cells[0])
    bottom = rows * _CELL + 8
    for up, row in enumerate(chart.cells):
        for right, value in enumerate(row):
            x, y = 24 + right * _CELL, bottom - (up + 1) * _CELL
            yield (
                f'<rect class="heat" x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" '
                f'fill-opacity="{max(0.0, min(1.0, value)):.2f}"/>'
            )
    yield f'<path class="axis" d="M24 8V{bottom}h{columns * _CELL}"/>'
    yield svg_text(24, bottom + 18, f"{chart.x} →")
    yield (
        f'<text class="value" x="14" y="{bottom}" transform="rotate(-90 14 {bottom})">'
        f"{html_text(chart.y)} →</text>"
    )


def _inside(
    chart: LineChart, shown: list[tuple[Line, list[Point]]], x: Axis, y: Axis
) -> Iterator[str]:
    for tick in y.ticks():
        yield f'<path class="tick" d="M{_LEFT} {y.place(tick):.2f}H{_RIGHT}"/>'
        yield svg_text(_LEFT - 6, y.place(tick) + 4, y.text(tick), "end")
    for tick in x.ticks():
        yield svg_text(x.place(tick), _BOTTOM + 16, x.text(tick), "middle")
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}"/>'
    yield svg_text((_LEFT + _RIGHT) / 2, _BOTTOM + 32, chart.x, "middle")
    for line, points in shown:
        yield f'<g class="line {line.role}"><title>{html_text(line.label)}</title>'
        path = "L".join(f"{x.place(p.x):.2f} {y.place(p.y):.2f}" for p in points)
        if path:
            yield f'<path class="stroke" d="M{path}"/>'
        for point in points:
            yield from _mark(point, x, y, line.role)
        yield "</g>"
    pitch = (_RIGHT - _LEFT) / max(1, len(shown))
    for number, (line, _) in enumerate(shown):
        at = _LEFT + number * pitch
        yield f'<g class="line {line.role}">'
        yield f'<path class="stroke" d="M{at:.2f} {_LEGEND + 14}h28"/></g>'
        yield svg_text(at + 34, _LEGEND + 18, line.label)


def _mark(point: Point, x: Axis, y: Axis, role: str) -> Iterator[str]:
    if role == "chance":
        return
    at = x.place(point.x)
    if point.low is not None and point.high is not None and point.low < point.high:
        low, high = (y.place(max(y.low, min(y.high, end))) for end in (point.low, point.high))
        yield f'<path class="reach" d="M{at:.2f} {low:.2f}V{high:.2f}"/>'
        yield f'<circle class="dot" cx="{at:.2f}" cy="{y.place(point.y):.2f}" r="3"/>'


def axis_over(values: list[float], log: bool, percent: bool, begin: float, end: float) -> Axis:
    """An axis that holds all values; one that grows upwards holds zero too."""
    low, high = min(values), max(values)
    if not log and begin > end:  # upwards: from zero, with room for whiskers
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
    return Axis(low, high, begin, end, log, percent)


def _ends(point: Point, log: bool) -> list[float]:
    found = [point.y, *(end for end in (point.low, point.high) if end is not None)]
    return [one for one in found if math.isfinite(one) and (one > 0 or not log)]


def _is_shown(point: Point, chart: LineChart) -> bool:
    pairs = zip((point.x, point.y), chart.log, strict=True)
    return all(math.isfinite(value) and (value > 0 or not log) for value, log in pairs)


def svg(title: str, width: int, height: int, inner: Iterator[str]) -> str:
    """A drawing as one `svg` element."""
    return "".join(
        (
            f'<svg role="img" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
            f"<title>{html_text(title)}</title>",
            *inner,
            "</svg>",
        )
    )


def svg_text(x: float, y: float, text: str, anchor: str = "start") -> str:
    """Writing in a drawing."""
    return (
        f'<text class="value" x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}">'
        f"{html_text(text)}</text>"
    )

"""Bars as SVG inside HTML: no scripts; colours come from the page's style, for light and dark.

Every bar starts at zero and is as long as its value; a whisker spans its interval. What colour says
is said by labels too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from act_core.report.blocks import Bar, BarChart
from act_core.report.escape import html_text
from act_core.report.numbers import part

WIDTH = 720
_LEFT, _RIGHT = 190, 520  # between them lies the plot of lying bars; labels left, values right
_ROW = 24
_TALL, _TOP, _BOTTOM, _MARGIN = 150, 12, 126, 48  # of standing bars
_LABEL_CHARACTERS = 28
_MOST_TICKS = 16
_WIDEST = 44


def to_svg(chart: BarChart) -> str:
    """The chart as one `svg` element."""
    height = _TALL if chart.standing else _ROW * len(chart.bars) + 8
    inner = _standing(chart.bars) if chart.standing else _lying(chart.bars)
    return "".join(
        (
            f'<svg role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
            f"<title>{html_text(chart.title)}</title>",
            *inner,
            "</svg>",
        )
    )


def _lying(bars: tuple[Bar, ...]) -> Iterator[str]:
    lowest, highest = _range(bars)
    step = (_RIGHT - _LEFT) / (highest - lowest)
    zero = _LEFT - lowest * step
    for index, bar in enumerate(bars):
        middle = 4 + _ROW * (index + 0.5)
        yield _open(bar)
        yield _text(_LEFT - 8, middle + 4, "label", _short(bar.label), "end")
        if math.isfinite(bar.value):
            length = abs(bar.value) * step
            left = zero if bar.value >= 0 else zero - length
            yield _rect(left, middle - 7, length, 14)
        if _has_interval(bar):
            yield _whisker(zero + step * (bar.low or 0.0), zero + step * (bar.high or 0.0), middle)
        yield _text(_RIGHT + 8, middle + 4, "value", bar.text)
        yield "</g>"
    yield f'<path class="axis" d="M{zero:.2f} 4V{4 + _ROW * len(bars)}"/>'


def _standing(bars: tuple[Bar, ...]) -> Iterator[str]:
    _, highest = _range(bars)
    pitch = min(_WIDEST, (WIDTH - _MARGIN) / max(1, len(bars)))
    step = (_BOTTOM - _TOP) / highest
    every = math.ceil(len(bars) / _MOST_TICKS)
    for index, bar in enumerate(bars):
        left = _MARGIN + index * pitch
        length = max(0.0, bar.value) * step if math.isfinite(bar.value) else 0.0
        yield _open(bar)
        yield _rect(left + pitch * 0.1, _BOTTOM - length, pitch * 0.8, length)
        if index % every == 0:
            yield _text(left + pitch / 2, _TALL - 8, "label", _short(bar.label), "middle")
        yield "</g>"
    yield f'<path class="axis" d="M{_MARGIN} {_TOP}V{_BOTTOM}h{pitch * len(bars):.2f}"/>'
    yield _text(_MARGIN - 6, _TOP + 8, "value", part(highest), "end")
    yield _text(_MARGIN - 6, _BOTTOM, "value", "0", "end")


def _range(bars: tuple[Bar, ...]) -> tuple[float, float]:
    """From the lowest to the highest end, zero among them; never empty."""
    ends = [0.0]
    for bar in bars:
        ends += [bar.value] if math.isfinite(bar.value) else []
        ends += [bar.low or 0.0, bar.high or 0.0] if _has_interval(bar) else []
    lowest, highest = min(ends), max(ends)
    return (lowest, highest) if highest > lowest else (0.0, 1.0)


def _has_interval(bar: Bar) -> bool:
    if bar.low is None or bar.high is None or bar.low == bar.high:
        return False
    return math.isfinite(bar.low) and math.isfinite(bar.high)


def _open(bar: Bar) -> str:
    strong = ' class="strong"' if bar.strong else ""
    return f"<g{strong}><title>{html_text(f'{bar.label}: {bar.text}')}</title>"


def _rect(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="bar" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"/>'


def _whisker(low: float, high: float, middle: float) -> str:
    top, bottom = middle - 4, middle + 4
    path = f"M{low:.2f} {top}V{bottom}M{high:.2f} {top}V{bottom}M{low:.2f} {middle}H{high:.2f}"
    return f'<path class="whisker" d="{path}"/>'


def _text(x: float, y: float, kind: str, text: str, anchor: str = "start") -> str:
    return (
        f'<text class="{kind}" x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}">'
        f"{html_text(text)}</text>"
    )


def _short(label: str) -> str:
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"

"""Blocks as GitHub's Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable

from act_core.report.blocks import (
    BarChart,
    Block,
    Bullets,
    ChannelMap,
    Code,
    Facts,
    Grid,
    Heading,
    HeatMap,
    LineChart,
    Matrix,
    Paragraph,
    PlaneChart,
    Point,
)
from act_core.report.escape import markdown_code, markdown_text
from act_core.report.numbers import MISSING, part, plain
from act_core.report.table import Table, markdown_table

_BAR_CHARACTERS = 24
_MOST_ROWS = 12


def to_markdown(blocks: Iterable[Block]) -> str:
    """The document; blocks are set apart by blank lines."""
    return "\n\n".join(map(_block, blocks)) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {markdown_text(text)}"
        case Paragraph(text, lead):
            return f"**{markdown_text(text)}**" if lead else markdown_text(text)
        case Bullets(items):
            return "\n".join(f"- {markdown_text(item)}" for item in items)
        case Facts(rows):
            return "\n".join(
                f"- {markdown_text(name)}: {markdown_text(value)}" for name, value in rows
            )
        case Grid(table):
            return markdown_table(table)
        case Code(text, language):
            return markdown_code(text, language)
        case BarChart(title):
            return f"{markdown_text(title)}:\n\n{markdown_code(_drawn(block), 'text')}"
        case LineChart(title):
            return f"{markdown_text(title)}:\n\n{markdown_table(_read_off(block))}"
        case HeatMap(title, text=text):
            return f"{markdown_text(title)}: {markdown_text(text)}"
        case Matrix(title):
            return f"{markdown_text(title)}:\n\n{markdown_table(_texts(block))}"
        case PlaneChart(title):
            return f"{markdown_text(title)}:\n\n{markdown_table(_shares(block))}"
        case ChannelMap(title, text=text):
            return f"{markdown_text(title)}: {markdown_text(text)}"


def _texts(matrix: Matrix) -> Table:
    rows = (
        (name, *(cell.text for cell in cells))
        for name, cells in zip(matrix.rows, matrix.cells, strict=True)
    )
    return Table((matrix.corner, *matrix.columns), tuple(rows))


def _shares(chart: PlaneChart) -> Table:
    rows = ((label, part(point.recovered), part(point.lost)) for label, point in chart.points)
    return Table(("Candidate", "Recovered", "Lost"), tuple(rows))


def _read_off(chart: LineChart) -> Table:
    """A row per place of the main line, or of some of them; a column per line."""
    places = sorted({point.x for line in chart.lines for point in line.points})
    every = max(1, math.ceil(len(places) / _MOST_ROWS))
    rows = []
    for x in places[::every]:
        cells = [_value(x, chart.percent[0])]
        for line in chart.lines:
            found = next((point for point in line.points if point.x == x), None)
            cells.append(MISSING if found is None else _with_reach(found, chart.percent[1]))
        rows.append(tuple(cells))
    return Table((chart.x, *(line.label for line in chart.lines)), tuple(rows))


def _with_reach(point: Point, percent: bool) -> str:
    value = _value(point.y, percent)
    if point.low is None or point.high is None:
        return value
    return f"{value} ({_value(point.low, percent)} to {_value(point.high, percent)})"


def _value(number: float, percent: bool) -> str:
    return part(number) if percent else plain(number)


def _drawn(chart: BarChart) -> str:
    """Bars of 24 characters for the longest; full ones above zero, hatched ones below."""
    sizes = [abs(bar.value) if math.isfinite(bar.value) else 0.0 for bar in chart.bars]
    longest = max(sizes, default=0.0) or 1.0
    width = max((len(bar.label) for bar in chart.bars), default=0)
    lines = []
    for bar, amount in zip(chart.bars, sizes, strict=True):
        drawn = ("░" if bar.value < 0 else "█") * round(amount / longest * _BAR_CHARACTERS)
        label = " ".join(bar.label.split())
        lines.append(f"{label:<{width}}  {drawn:<{_BAR_CHARACTERS}}  {bar.text}")
    return "\n".join(lines)

"""Blocks as GitHub's Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable

from act_core.report.blocks import (
    BarChart,
    Block,
    Bullets,
    Code,
    Facts,
    Grid,
    Heading,
    Paragraph,
)
from act_core.report.escape import markdown_code, markdown_text
from act_core.report.table import markdown_table

_BAR_CHARACTERS = 24


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

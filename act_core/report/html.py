"""Blocks as one HTML page that needs nothing else: no scripts, no fonts, no pictures from outside.

The page forbids itself everything but its own style, so even a slip in escaping could not act.
"""

from __future__ import annotations

import math
import re
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
    MatrixCell,
    Paragraph,
    PlaneChart,
)
from act_core.report.channel_map import map_svg
from act_core.report.charts import to_svg
from act_core.report.curves import heat_svg, lines_svg
from act_core.report.escape import html_text
from act_core.report.plane_chart import plane_svg
from act_core.report.style import STYLE
from act_core.report.table import Table

_LONGEST_PART = 16  # characters of a word that a table never parts
_INTERVAL = re.compile(r"(\([+\u2212-]?[\d.,]+(?: %)? to [+\u2212-]?[\d.,]+(?: %)?\))")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def to_html(title: str, blocks: Iterable[Block]) -> str:
    """The page."""
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{html_text(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            *map(_block, blocks),
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{html_text(text)}</h{level}>"
        case Paragraph(text, lead):
            return f'<p class="lead">{html_text(text)}</p>' if lead else f"<p>{html_text(text)}</p>"
        case Bullets(items):
            return f"<ul>{''.join(f'<li>{html_text(item)}</li>' for item in items)}</ul>"
        case Facts(rows):
            pairs = (f"<dt>{html_text(n)}</dt><dd>{html_text(v)}</dd>" for n, v in rows)
            return f"<dl>{''.join(pairs)}</dl>"
        case Grid(table):
            return _table(table)
        case Code(text):
            return f"<pre><code>{html_text(text)}</code></pre>"
        case BarChart(title):
            return _figure(title, to_svg(block))
        case LineChart(title):
            return _figure(title, lines_svg(block))
        case HeatMap(title):
            return _figure(title, heat_svg(block))
        case Matrix(title):
            return _figure(title, _matrix(block))
        case PlaneChart(title):
            return _figure(title, plane_svg(block))
        case ChannelMap(title, text=text):
            return _figure(f"{title}. {text}", map_svg(block))


def _figure(title: str, inner: str) -> str:
    return f"<figure><figcaption>{html_text(title)}</figcaption>{inner}</figure>"


def _matrix(block: Matrix) -> str:
    head = "".join(
        f'<th scope="col">{html_text(one)}</th>' for one in (block.corner, *block.columns)
    )
    rows = "".join(
        f'<tr><th scope="row">{html_text(name)}</th>{"".join(map(_shaded, cells))}</tr>'
        for name, cells in zip(block.rows, block.cells, strict=True)
    )
    return (
        f'<div class="wide" tabindex="0"><table class="matrix"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _shaded(cell: MatrixCell) -> str:
    """Shades are classes in ten steps, as the page's policy allows no styles on elements."""
    if not math.isfinite(cell.value):
        return f"<td>{_lines(cell.text)}</td>"
    sign = "worse" if cell.value < 0 else "more"
    step = round(10 * min(1.0, abs(cell.value)))
    return f'<td class="{sign}{step}">{_lines(cell.text)}</td>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{html_text(cell)}</th>' for cell in table.header)
    rows = "".join(
        f'<tr><th scope="row">{html_text(first)}</th>'
        + "".join(f"<td>{_lines(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in table.rows
    )
    return (
        f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _lines(cell: str) -> str:
    return "<br>".join(map(_together, cell.split("\n")))


def _together(line: str) -> str:
    """A line of a cell that is never broken inside an interval, `(53 to 67)`."""
    between, *rest = _INTERVAL.split(line)
    parts = [_breakable(between)]
    for interval, after in zip(rest[::2], rest[1::2], strict=True):
        parts += f'<span class="whole">{html_text(interval)}</span>', _breakable(after)
    return "".join(parts)


def _breakable(text: str) -> str:
    """Text whose long words, such as hashes and paths, may be parted, so that others need not."""
    return " ".join("<wbr>".join(map(html_text, _parts(word))) for word in text.split(" "))


def _parts(word: str) -> list[str]:
    return [word[at : at + _LONGEST_PART] for at in range(0, len(word), _LONGEST_PART)]

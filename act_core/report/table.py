"""The table of abilities before and after: for the report, the model card and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from act_core.report.escape import markdown_text
from act_core.report.numbers import MISSING, measure_scale, share_text
from act_core.report.results import MEASURES, Results, unmeasured


@dataclass(frozen=True, slots=True)
class Table:
    """A table of plain text; every row is as long as the header.

    Attributes:
        header: Titles of the columns.
        rows: Cells; a line break inside a cell sets apart what belongs to it.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def figure_table(metrics: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Table:
    """A row per candidate, a column per ability and measure.

    A cell holds the figure with its 95 % interval and, on a second line, the share of the gap that
    was recovered (abilities to bring) or lost (abilities to keep), where that gap is clear.
    Baselines that could not be measured say why in a row of their own.

    Args:
        metrics: As in metrics.json; read are `abilities`, `models`, `figures` and `shares`.
        names: Only these candidates, in this order, by what they are called; by default all.
    """
    results = Results(metrics)
    header = ("Candidate", *(f"{ability}: {MEASURES[m]}" for ability, m in results.columns))
    everyone = {name: results.label(name) for name in results.candidates}
    shown = everyone if names is None else {n: t for n, t in names.items() if n in everyone}
    rows = tuple(
        (title, *(_cell(results, name, *column) for column in results.columns))
        for name, title in shown.items()
    )
    if names is not None:
        return Table(header, rows)
    blank = (MISSING,) * (len(results.columns) - 1)
    missing = tuple((name, why, *blank) for name, why in unmeasured(metrics) if results.columns)
    return Table(header, rows + missing)


def markdown_table(table: Table) -> str:
    """The table in GitHub's Markdown, its text escaped; ends without a line break."""
    lines = [_line(table.header), "| " + " | ".join(["---"] * len(table.header)) + " |"]
    return "\n".join([*lines, *map(_line, table.rows)])


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(markdown_text(", ".join(c.split("\n"))) for c in cells) + " |"


def _cell(results: Results, candidate: str, ability: str, measure: str) -> str:
    figure = measure_scale(measure).interval(results.figure(candidate, ability, measure))
    share = results.share(candidate, ability, measure)
    return f"{figure}\n{share_text(share, share['kind'])}" if share else figure

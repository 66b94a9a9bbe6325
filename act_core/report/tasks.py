"""Figures of lm-evaluation-harness, as a block and as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from act_core.report.blocks import Block, Grid, Heading, Paragraph
from act_core.report.numbers import MISSING, count
from act_core.report.table import Table


def task_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """What tasks have shown, or why there is nothing; nothing where none were asked for."""
    tasks = metrics.get("tasks")
    if not tasks:
        return
    yield Heading("Tasks of lm-evaluation-harness")
    if tasks["figures"]:
        yield Paragraph(f"Version {tasks['harness']}; plus or minus is the standard error.")
        yield Grid(task_table(metrics))
    if tasks["missing"]:
        yield Paragraph(tasks["missing"])


def task_table(metrics: Mapping[str, Any]) -> Table:
    """A row per task and metric, a column per candidate."""
    figures = metrics["tasks"]["figures"]
    names = tuple(dict.fromkeys(one["candidate"] for one in figures))
    cells = {(one["task"], one["metric"], one["candidate"]): one for one in figures}
    rows = []
    for task, metric in dict.fromkeys((one["task"], one["metric"]) for one in figures):
        found = [cells.get((task, metric, name)) for name in names]
        items = next(one["items"] for one in found if one is not None)
        rows.append((task, metric, count(items) if items else MISSING, *map(_cell, found)))
    return Table(("Task", "Metric", "Items", *names), tuple(rows))


def _cell(figure: Mapping[str, Any] | None) -> str:
    if figure is None or figure["value"] is None:
        return MISSING
    error = "" if figure["error"] is None else f" \u00b1 {figure['error']:.4f}"
    return f"{figure['value']:.4f}{error}"

"""Baselines of a run as blocks: how each was made, what it took, and why some are missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from act_core.report.blocks import Block, Grid, Heading, Paragraph
from act_core.report.numbers import MISSING, size
from act_core.report.results import unmeasured
from act_core.report.table import Table

_NOTE = (
    "Seconds and memory of what mergekit merged are those of its process, from start to written "
    "checkpoint; of what ACT Studio computed, those of this program, without a checkpoint."
)


def baseline_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """What candidates took, and how baselines were made; nothing where there are none."""
    rows = metrics.get("baselines") or ()
    if not rows:
        return
    yield Heading("Baselines and what they took")
    header = ("Candidate", "Made by", "Parameters", "Seconds", "Peak memory")
    costs = {cost["candidate"]: cost for cost in metrics.get("costs", ())}
    lines = [_cost_line("result", "ACT Studio", "", costs["result"])] if "result" in costs else []
    lines += [
        _cost_line(row["candidate"], f"{row['by']}\n{row['source']}", parameters_text(row), row)
        for row in rows
        if row["state"] == "measured"
    ]
    yield Grid(Table(header, tuple(lines)))
    yield Paragraph(_NOTE)
    missing = unmeasured(metrics)
    if missing:
        yield Grid(Table(("Not measured", "Why"), missing))


def parameters_text(row: Mapping[str, Any]) -> str:
    """A baseline's parameters, e.g. `density 0.2, strength 1`."""
    words = [f"{name} {value:g}" for name, value in row["parameters"].items()]
    return ", ".join([*([f"outer {row['outer']}"] if row["outer"] else []), *words])


def _cost_line(
    candidate: str, made_by: str, parameters: str, cost: Mapping[str, Any]
) -> tuple[str, ...]:
    seconds, peak = cost["seconds"], cost["peak_bytes"]
    return (
        candidate,
        made_by,
        parameters,
        MISSING if seconds is None else f"{seconds:.1f}",
        MISSING if peak is None else size(peak),
    )

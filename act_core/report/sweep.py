"""What a sweep has recommended, beside all that it has compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from act_core.report.blocks import Block, Code, Grid, Heading, Paragraph
from act_core.report.table import Table


def sweep_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """The recommendation of the run's last sweep; nothing where there was none."""
    sweep = metrics.get("sweep")
    if not sweep:
        return
    yield Heading("Sweep and recommendation")
    for sentence in sweep["sentences"]:
        yield Paragraph(sentence)
    if sweep["heldout"]["rows"]:
        yield Heading("On held-out items", 3)
        yield Grid(_table(sweep["heldout"]))
    yield Heading("On validation items", 3)
    yield Paragraph(
        "Calibration items that were set apart to choose by. Who was measured on a part of them "
        "only was dropped early, as others did better."
    )
    yield Grid(_table(sweep["validation"]))
    if sweep.get("command"):
        yield Heading("How to repeat the sweep", 3)
        yield Code(sweep["command"], "sh")


def _table(data: Mapping[str, Any]) -> Table:
    return Table(tuple(data["header"]), tuple(tuple(row) for row in data["rows"]))

"""What candidates recover and lose, as a table for the command line and the report."""

from __future__ import annotations

from collections.abc import Sequence

from act_core.events import Estimate, Measured
from act_core.report.numbers import MISSING, part
from act_core.report.table import Table


def plane_table(measured: Sequence[Measured]) -> Table:
    """A row per candidate: what it recovers, what it loses, and on how many items that was told."""
    rows = tuple(
        (one.candidate, _text(one.recovered), _text(one.lost), part(one.part)) for one in measured
    )
    header = ("Candidate", "Recovered", "Lost", "Of the items")
    if all(one.part == 1 for one in measured):
        return Table(header[:-1], tuple(row[:-1] for row in rows))
    return Table(header, rows)


def _text(share: Estimate | None) -> str:
    if share is None:
        return MISSING
    value, low, high = part(share.value), part(share.low), part(share.high)
    return value if share.low == share.high else f"{value} ({low} to {high})"

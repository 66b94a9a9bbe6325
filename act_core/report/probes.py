"""Probes: prompts with the answers of target, specialists and result side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from act_core.report.blocks import Block, Grid, Heading, Paragraph
from act_core.report.numbers import MISSING
from act_core.report.results import Results
from act_core.report.table import Table

_CONVENTIONS = (
    "Every model answers with the token it holds likeliest; ↵ is the end of a line, … where an "
    "answer was cut off. A few answers show how a model writes; they measure nothing."
)


def probe_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """Every probe with its answers; nothing where there are none."""
    probes = metrics.get("probes")
    if not probes:
        return
    yield Heading("Probes")
    yield Paragraph(_CONVENTIONS)
    yield Grid(probe_table(probes, Results(metrics).label))


def probe_table(probes: Sequence[Mapping[str, Any]], label: Callable[[str], str]) -> Table:
    """A row per probe, a column per model.

    Args:
        probes: As in metrics.json, one at least; an answer that is not known yet has no `text`.
        label: Gives a candidate's name for people.
    """
    who = [answer["candidate"] for answer in probes[0]["answers"]]
    rows = []
    for probe in probes:
        answers = {answer["candidate"]: answer for answer in probe["answers"]}
        cells = (_cell(answers[name]) for name in who)
        rows.append((_on_one_line(probe["prompt"]), *cells))
    return Table(("Probe", *map(label, who)), tuple(rows))


def _cell(answer: Mapping[str, Any]) -> str:
    if "text" not in answer:
        return MISSING
    cut = "" if answer["reason"] == "end" else " …"
    return (_on_one_line(answer["text"]) or "(nothing)") + cut


def _on_one_line(text: str) -> str:
    return " ↵ ".join(line.strip() for line in text.strip().splitlines())

"""metrics.json and the report: the run writes both, its sweeps and analyses add to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from act_core.files import write_whole
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.metrics import input_facts
from act_core.report import Report, render
from act_core.runs import RunFolder

_OF_A_REPORT = {"figures", "recipe", "command"}


def write_report(folder: RunFolder, metrics: Mapping[str, Any]) -> Path | None:
    """Write metrics.json and, where there are figures or a sweep, the report.

    Args:
        folder: The run folder.
        metrics: As in metrics.json; the report is made of nothing else.

    Returns:
        report.html, or None where nothing was measured.

    Raises:
        OutputError: A file cannot be written.
    """
    folder.write_json(folder.metrics, metrics)
    if not metrics["figures"] and not metrics.get("sweep"):
        return None
    return write_pages(folder, "report", render(metrics, metrics["recipe"], metrics["command"]))


def add_to_report(
    folder: RunFolder, inputs: Inputs, facts: Mapping[str, Any], same: Sequence[str]
) -> Path | None:
    """Add facts to metrics.json and to the report, where these are of the same inputs.

    Args:
        folder: The run folder.
        inputs: Of what the facts are.
        facts: Entries of metrics.json.
        same: Entries of metrics.json that tell whether it is of the same inputs.

    Returns:
        report.html, or None where it does not hold them.

    Raises:
        OutputError: A file cannot be written.
    """
    metrics = folder.read_metrics()
    if not metrics.keys() >= _OF_A_REPORT:
        return None
    now = json.loads(json.dumps(input_facts(inputs)))
    if any(metrics.get(name) != now[name] for name in same):
        return None
    return write_report(folder, {**metrics, **facts})


def write_pages(folder: RunFolder, name: str, report: Report) -> Path:
    """Write a report as Markdown and HTML, and give the path of the latter.

    Raises:
        OutputError: A file cannot be written.
    """
    write_whole(folder.path / f"{name}.md", report.markdown)
    path = folder.path / f"{name}.html"
    write_whole(path, report.html)
    return path

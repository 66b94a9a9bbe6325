"""From a run's data to its report, in Markdown and in HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from act_core.report.analysis import analysis_blocks
from act_core.report.baselines import baseline_blocks
from act_core.report.blocks import Block, Code, Heading
from act_core.report.content import channel_blocks, cost_blocks, result_blocks, transfer_blocks
from act_core.report.gates import gate_blocks
from act_core.report.html import to_html
from act_core.report.markdown import to_markdown
from act_core.report.probes import probe_blocks
from act_core.report.provenance import data_blocks, method_blocks, model_blocks, repetition_blocks
from act_core.report.sweep import sweep_blocks
from act_core.report.tasks import task_blocks
from act_core.report.tuned import tuned_blocks, tuned_method


@dataclass(frozen=True, slots=True)
class Report:
    """One report, written twice.

    Attributes:
        markdown: report.md.
        html: report.html, a page that needs nothing else.
    """

    markdown: str
    html: str


def render(metrics: Mapping[str, Any], recipe_yaml: str, command: str) -> Report:
    """Write the report of a run.

    Args:
        metrics: As in metrics.json (design.md, section 4); `transfer` and `verification` are None
            where no checkpoint was written.
        recipe_yaml: The recipe as carried out.
        command: What reproduces the run.
    """
    blocks = tuple(_outline(metrics, recipe_yaml, command))
    return Report(to_markdown(blocks), to_html(f"{metrics['name']} – ACT Studio", blocks))


def render_analysis(metrics: Mapping[str, Any], command: str) -> Report:
    """Write the report of analyses alone.

    Args:
        metrics: Models, abilities and method as in metrics.json, and `analysis`.
        command: What repeats them.
    """
    blocks = (
        Heading(f"Analysis of {metrics['name']}", 1),
        *analysis_blocks(metrics),
        *model_blocks(metrics),
        *data_blocks(metrics),
        *method_blocks(metrics),
        Heading("How to repeat it"),
        Code(command, "sh"),
    )
    title = f"Analysis of {metrics['name']} – ACT Studio"
    return Report(to_markdown(blocks), to_html(title, blocks))


def render_sweep(metrics: Mapping[str, Any]) -> Report:
    """Write the report of a sweep alone, where nothing else was measured yet.

    Args:
        metrics: Models and abilities as in metrics.json, and `sweep`.
    """
    blocks = (
        Heading(f"Sweep of {metrics['name']}", 1),
        *sweep_blocks(metrics),
        *model_blocks(metrics),
        *data_blocks(metrics),
    )
    return Report(to_markdown(blocks), to_html(f"Sweep of {metrics['name']} – ACT Studio", blocks))


def _outline(metrics: Mapping[str, Any], recipe_yaml: str, command: str) -> Iterator[Block]:
    yield from result_blocks(metrics)
    yield from probe_blocks(metrics)
    yield from gate_blocks(metrics) if metrics.get("gates") else channel_blocks(metrics)
    yield from tuned_blocks(metrics)
    yield from transfer_blocks(metrics)
    yield from cost_blocks(metrics)
    yield from baseline_blocks(metrics)
    yield from sweep_blocks(metrics)
    yield from task_blocks(metrics)
    if metrics.get("analysis"):
        yield from analysis_blocks(metrics)
    yield from model_blocks(metrics)
    yield from data_blocks(metrics)
    yield from method_blocks(metrics)
    yield from tuned_method(metrics)
    yield from repetition_blocks(metrics, recipe_yaml, command)

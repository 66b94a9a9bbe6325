"""Results, channels, checks and costs of a run, as blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from act_core.report.blocks import (
    Bar,
    BarChart,
    Block,
    Bullets,
    Facts,
    Grid,
    Heading,
    Paragraph,
    PlaneChart,
)
from act_core.report.lying import lying_blocks
from act_core.report.numbers import (
    MISSING,
    change_scale,
    count,
    measure_scale,
    part,
    share_text,
    size,
)
from act_core.report.results import MEASURES, RESULT, TARGET, Entry, Results
from act_core.report.several import contested_blocks
from act_core.report.summed import plane_of
from act_core.report.table import Table, figure_table
from act_core.report.verdict import answer, listed, question, what_it_does

_CONVENTIONS = (
    "In parentheses: 95 % intervals from a bootstrap over items, paired between candidates. "
    "Recovered and lost are shares of the gap between the target (0 %) and the specialist (100 %); "
    "they are left out where that gap is not clear."
)


def result_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """The question, its answer, the table and its bars."""
    results = Results(metrics)
    yield Heading(f"Report of {metrics['name']}", 1)
    yield Paragraph(question(metrics))
    yield Heading("Result")
    if not results.columns:
        yield Paragraph("Nothing was measured.")
        return
    for sentence in answer(results):
        yield Paragraph(sentence, lead=True)
    if results.controls and RESULT in results.candidates:
        yield Bullets(
            tuple(f"{results.label(c)} {what_it_does(results, c)}" for c in results.controls)
        )
    yield Heading("Before and after")
    yield Grid(figure_table(metrics))
    yield Paragraph(_CONVENTIONS)
    yield Bullets(tuple(_sample(results, *column) for column in results.columns))
    yield from (_figure_chart(results, *column) for column in results.columns)
    yield from _plane(results, metrics)


def _plane(results: Results, metrics: Mapping[str, Any]) -> Iterator[Block]:
    """Everybody by what they lose and what they recover, where both are known of some."""
    points = tuple((results.label(p.name), p) for p in plane_of(metrics) if p.has_place)
    if len(points) > 1:
        yield PlaneChart("recovered / lost, means over abilities; best is up and left", points)


def channel_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """Where each mask's channels lie."""
    yield Heading("Channels")
    if not metrics["masks"]:
        yield Paragraph("No channels were selected.")
    yield from contested_blocks(metrics)
    for name, mask in metrics["masks"].items():
        yield Heading(f"From {name}", 3)
        yield Paragraph(f"{count(mask['channels'])} channels, {part(mask['share'])} of all.")
        if mask.get("contested"):
            yield Paragraph(
                f"{count(mask['contested'])} of its channels were selected for another specialist "
                f"too; of these it gave up {count(mask['given_up'])}."
            )
        yield from lying_blocks(name, "selected", mask)
        if mask.get("top"):
            held = [f"{part(s)} in the top {part(float(top))}" for top, s in mask["top"].items()]
            yield Paragraph(
                f"Share of all positive score that lies in few channels: {listed(held)}."
            )
        overlap = mask.get("weight_overlap")
        if overlap:
            yield Paragraph(
                "Overlap with the weight mask of equal size (shared channels over all in either): "
                f"{part(overlap['jaccard'])}; by chance it would be {part(overlap['chance'])}."
            )


def transfer_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """What was written, and whether it is right."""
    plan, checks = metrics["transfer"], metrics["verification"]
    yield Heading("Transfer and verification")
    if plan is None:
        yield Paragraph("No checkpoint was written.")
    else:
        yield Facts(
            (
                ("checkpoint", str(plan["out"])),
                ("moved", _moved(plan)),
                ("copied", size(plan["copy_bytes"])),
                ("read from specialists", size(plan["read_bytes"])),
                ("written in place", size(plan["write_bytes"])),
            )
        )
    if checks is None:
        yield Paragraph("Nothing was verified.")
        return
    failed = [check["name"] for check in checks if not check["passed"]]
    yield Paragraph(f"Failed: {listed(failed)}." if failed else f"All {len(checks)} checks passed.")
    rows = ((c["name"], c["detail"], "passed" if c["passed"] else "FAILED") for c in checks)
    yield Grid(Table(("Check", "What was checked", "Outcome"), tuple(rows)))


def cost_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """What the result does to the abilities that were to be kept."""
    results = Results(metrics)
    yield Heading("What was lost")
    kept = results.with_role("keep")
    if not kept:
        yield Paragraph("No ability to keep was measured: what this costs is not known.")
        return
    rows = [
        _cost_row(results, name, measure) for name in kept for measure in results.measures_of(name)
    ]
    header = ("Ability", "Before", "After", "Difference", "Share lost")
    yield Grid(Table(header, tuple(rows)))


def _cost_row(results: Results, ability: str, measure: str) -> tuple[str, ...]:
    scale = measure_scale(measure)
    after = results.figure(RESULT, ability, measure)
    return (
        f"{ability}: {MEASURES[measure]}",
        scale.interval(results.figure(TARGET, ability, measure)),
        scale.interval(after),
        change_scale(measure).interval(after["difference"] if after else None),
        share_text(results.share(RESULT, ability, measure)),
    )


def _moved(plan: Mapping[str, Any]) -> str:
    pieces = [
        f"{count(plan[key])} {unit}"
        for key, unit in (
            ("rows", "rows"),
            ("columns", "columns"),
            ("whole_tensors", "whole tensors"),
        )
        if plan[key]
    ]
    parameters = f"{count(plan['parameters'])} parameters ({part(plan['share'])} of the target)"
    return f"{parameters} in {listed(pieces)}" if pieces else parameters


def _sample(results: Results, ability: str, measure: str) -> str:
    figures = [results.figure(name, ability, measure) for name in results.candidates]
    figure = next(found for found in figures if found is not None)
    items = f"{ability}: {count(figure['items'])} held-out items"
    if measure == "loss":
        return f"{items}, {count(figure['tokens'])} counted tokens; nats per token, lower is better"
    return f"{items}; {MEASURES[measure]}, higher is better"


def _figure_chart(results: Results, ability: str, measure: str) -> BarChart:
    """Shares of items as they are; losses, whose zero says little, as shares or differences."""
    title = f"{ability}: {MEASURES[measure]}"
    if measure != "loss":
        entries = {c: results.figure(c, ability, measure) for c in results.candidates}
        return _bars(results, f"{title}, % of items", entries, measure_scale(measure).interval)
    shares = {c: results.share(c, ability, measure) for c in results.candidates}
    known = {c: entry for c, entry in shares.items() if entry is not None}
    if known:
        kind = next(iter(known.values()))["kind"]
        return _bars(results, f"{title}, share of the gap {kind}", known, share_text)
    figures = {c: results.figure(c, ability, measure) for c in results.candidates if c != TARGET}
    changes = {c: figure["difference"] if figure else None for c, figure in figures.items()}
    return _bars(
        results, f"{title}, difference to the target", changes, change_scale(measure).interval
    )


def _bars(
    results: Results,
    title: str,
    entries: Mapping[str, Entry | None],
    write: Callable[[Entry | None], str],
) -> BarChart:
    bars = []
    for name, entry in entries.items():
        label, strong = results.label(name), name == RESULT
        text = write(entry)
        if entry is None or text == MISSING:
            bars.append(Bar(label, math.nan, MISSING, strong=strong))
        else:
            low, high = entry["low"], entry["high"]
            bars.append(Bar(label, entry["value"], text, low, high, strong))
    return BarChart(title, tuple(bars))

"""Learned gates of a run, as blocks: what was read, where gates are open, how the losses went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from act_core.report.blocks import Block, Facts, Grid, Heading, Paragraph
from act_core.report.lying import lying_blocks
from act_core.report.numbers import count, duration, measure_scale, part
from act_core.report.several import part_facts
from act_core.report.table import Table


def ended_text(facts: Mapping[str, Any]) -> str:
    """A clause on a tuning that did not do all its steps; empty where it did."""
    if facts.get("stopped_by_person"):
        return ", which a person stopped"
    return ", which ended early" if facts["stopped_early"] else ""


def gate_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """What was learned, from how much, and where gates are open."""
    gates = metrics["gates"]
    yield Heading("Gates")
    ended = ended_text(gates)
    yield Paragraph(
        f"Each channel moves by a gate of its own, learned in {count(gates['steps'])} steps"
        f"{ended}; the gates are those of step {count(gates['best_step'])}. "
        f"{count(gates['channels'])} channels are open, {part(gates['share'])} of all."
    )
    yield Facts(tuple(_read(gates)))
    yield from _tuning_only(metrics)
    for name, facts in gates["specialists"].items():
        yield Heading(f"From {name}", 3)
        yield Paragraph(
            f"{count(facts['channels'])} channels are open, {part(facts['share'])} of all; the "
            f"mean gate over all channels is {facts['mean']:.3f}."
        )
        yield from lying_blocks(name, "open", facts)
    if any(one["split"] == "validation" for one in gates["losses"]):
        yield Heading("Losses on validation data", 3)
        yield Grid(loss_table(gates["losses"]))


def _read(gates: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "tokens read to learn from", count(gates["tokens"])
    yield "different ones among them", count(gates["different_tokens"])
    yield "tokens that only said when to stop", count(gates["validation_tokens"])
    for name, share in gates["share_of_training"].items():
        yield f"read over what {name} was trained on", part(share)
    if not gates["share_of_training"]:
        yield "tokens the specialists were trained on", "not known"


def _tuning_only(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """How the control that learns without any specialist was trained."""
    tuning = metrics.get("tuning")
    if not tuning:
        return
    tried = ", ".join(f"{rate} ({loss:.4f})" for rate, loss in tuning["tried"].items())
    yield Paragraph(
        f"Tuning only: LoRA of rank {count(tuning['rank'])} on the target reads the same tokens in "
        f"the same steps and learns {count(tuning['parameters'])} numbers, the gates "
        f"{count(tuning['gates'])}. It has the best of {len(tuning['tried'])} learning rates "
        f"({tried} nats on data that it did not learn from); all of them together read "
        f"{count(tuning['tokens_of_all'])} tokens in {duration(tuning['seconds'])}, the gates "
        f"{count(metrics['gates']['tokens'])} in {duration(metrics['gates']['seconds'])}."
    )


def loss_table(losses: Sequence[Mapping[str, Any]]) -> Table:
    """A row per check on validation data, a column per ability.

    Args:
        losses: Each with `step`, `ability`, `split` and `loss`.
    """
    checks = [one for one in losses if one["split"] == "validation"]
    abilities = tuple(dict.fromkeys(one["ability"] for one in checks))
    found = {(one["step"], one["ability"]): one["loss"] for one in checks}
    text = measure_scale("loss").text
    rows = tuple(
        (str(step), *(text(found.get((step, ability))) for ability in abilities))
        for step in sorted({one["step"] for one in checks})
    )
    return Table(("Step", *abilities), rows)


def gate_method(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """How the gates were learned."""
    method, settings = metrics["method"], metrics["gates"]["settings"]
    (low, high), budget = settings["bounds"], settings.get("budget")
    yield Facts(
        (
            ("start", f"{settings['start']} at {settings['strength']:g}"),
            ("steps at most", count(settings["steps"])),
            ("tokens of each ability in a step", count(settings["batch_tokens"])),
            ("learning rate (Adam)", f"{settings['learning_rate']:g}"),
            ("price of opening every gate", f"{settings['l1']:g} nats"),
            ("share of gates that stays open", part(budget) if budget else "not limited"),
            ("bounds", f"{low:g} to {high:g}"),
            ("validation share", part(settings["validation"])),
            ("seed of the tuning", str(settings["seed"])),
            *part_facts(metrics),
            ("seed", str(method["seed"])),
        )
    )

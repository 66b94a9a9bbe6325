"""What a run was made from and with, and how to repeat it, as blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from act_core.report.blocks import Block, Bullets, Code, Facts, Grid, Heading, Paragraph
from act_core.report.gates import gate_method
from act_core.report.numbers import MISSING, count, duration, part
from act_core.report.several import part_facts
from act_core.report.sources import citation_blocks, formula_blocks, source_blocks
from act_core.report.table import Table

_SEVERITIES = {"blocks": "Blocks", "warns": "Mind this", "informs": "Good to know"}


def model_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """Models with their fingerprints, and what the pair check found."""
    models = metrics["models"]
    named = {"target": models["target"], "base": models["base"]}
    named |= {f"{name} (specialist)": facts for name, facts in models["specialists"].items()}
    header = ("Model", "Reference", "Family", "Source", "Parameters", "Types", "Licence", "SHA-256")
    rows = [
        (
            name,
            facts["reference"],
            facts["family"],
            facts["source"],
            count(facts["parameters"]),
            ", ".join(f"{dtype} × {number}" for dtype, number in facts["dtypes"].items()),
            facts["licence"] or MISSING,
            facts["fingerprint"],
        )
        for name, facts in named.items()
        if facts is not None
    ]
    yield Heading("Models")
    yield Grid(Table(header, tuple(rows)))
    if metrics["findings"]:
        yield Bullets(
            tuple(
                f"{_SEVERITIES.get(f['severity'], f['severity'])}, {f['specialist']}: "
                f"{f['title']}. {f['reason']} {f['remedy']}"
                for f in metrics["findings"]
            )
        )


def data_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """Abilities with the sizes and hashes of their splits."""
    rows = [
        (
            name,
            facts["role"],
            facts["counted"],
            split,
            count(facts[key]["items"]),
            count(facts[key]["counted_tokens"]),
            facts[key]["fingerprint"],
        )
        for name, facts in metrics["abilities"].items()
        for key, split in (("calibration", "calibration"), ("heldout", "held-out"))
    ]
    header = ("Ability", "Role", "Counted", "Split", "Items", "Counted tokens", "SHA-256")
    yield Heading("Data")
    yield Grid(Table(header, tuple(rows)))
    yield from _leak_blocks(metrics.get("leaks", {}))


def _leak_blocks(leaks: Mapping[str, Any]) -> Iterator[Block]:
    """How much of the held-out items is found in other data, with the worst pairs."""
    if not leaks:
        return
    yield Heading("Overlap of held-out items with calibration items and exemplars", 3)
    yield Paragraph(
        "No held-out item stands among them as it is. Found in part, by 13 words in a row (26 "
        "characters where no spaces are written):"
    )
    header = ("Ability", "Items looked for", "Too short", "Found in part", "Found mostly")
    rows = tuple(
        (name, *(count(facts[key]) for key in ("items", "short_items", "partly", "mostly")))
        for name, facts in leaks.items()
    )
    yield Grid(Table(header, rows))
    pairs = [(name, *pair_row(pair)) for name, facts in leaks.items() for pair in facts["worst"]]
    if pairs:
        yield Grid(Table(("Ability", *PAIR_HEADER), tuple(pairs)))


PAIR_HEADER = ("Held-out item", "Found", "Most of it in", "Held-out text", "Its text")


def pair_row(pair: Mapping[str, Any]) -> tuple[str, ...]:
    """A held-out item beside the one that holds most of it, under `PAIR_HEADER`.

    Args:
        pair: A `LeakPair` as plain data.
    """
    where = f"{pair['other']} ({pair['other_ability']})"
    found = part(pair["share"])
    return pair["heldout"], found, where, pair["heldout_text"], pair["other_text"]


def method_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """How channels were scored, selected and moved."""
    yield Heading("Method")
    yield from formula_blocks(metrics)
    if metrics.get("gates"):
        yield from gate_method(metrics)
    else:
        yield _selection(metrics)
    yield from source_blocks(metrics)


def _selection(metrics: Mapping[str, Any]) -> Facts:
    """How channels were ranked, selected and moved."""
    method = metrics["method"]
    return Facts(
        (
            ("ranking", method["ranking"]),
            ("budget", method["budget"]),
            ("price of a cost", f"{method['price']:g}"),
            ("tied", ", ".join(method["tie"]) or "nothing"),
            ("strength", f"{method['strength']:g}"),
            *part_facts(metrics),
            ("seed", str(method["seed"])),
        )
    )


def repetition_blocks(
    metrics: Mapping[str, Any], recipe_yaml: str, command: str
) -> Iterator[Block]:
    """Environment, time, the command and the recipe that reproduce the run."""
    environment = ((name, str(value)) for name, value in metrics["environment"].items())
    seconds = ((f"time: {stage}", duration(time)) for stage, time in metrics["seconds"].items())
    yield Heading("Environment")
    yield Facts((("created", metrics["created"]), *environment, *seconds, ("key", metrics["key"])))
    yield Heading("How to repeat it")
    yield Code(command, "sh")
    yield Heading("Recipe", 3)
    yield Code(recipe_yaml, "yaml")
    yield from citation_blocks(metrics)

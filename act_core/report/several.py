"""What several specialists bring together: contested channels, and what each does with parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from act_core.report.blocks import Block, Grid, Heading, Paragraph
from act_core.report.numbers import count
from act_core.report.table import Table
from act_core.transfer.policies import POLICIES


def contested_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """Contested channels by layer and module kind; nothing where one specialist is alone."""
    text = contested_text(metrics)
    if not text:
        return
    yield Heading("Contested channels", 3)
    yield Paragraph(text)
    if metrics["contested"]["channels"]:
        yield Grid(contested_table(metrics["contested"]["places"]))


def contested_text(metrics: Mapping[str, Any]) -> str:
    """How many channels are contested, beside chance, and what becomes of them.

    Args:
        metrics: As in metrics.json; read are `masks` and `contested`.
    """
    contested = metrics.get("contested")
    if not contested or len(metrics["masks"]) < 2:
        return ""
    text = (
        f"{count(contested['channels'])} of {count(contested['claimed'])} channels were selected "
        f"for more than one specialist; by chance it would be {count(round(contested['chance']))}."
    )
    if not contested["channels"]:
        return text
    policy = POLICIES[contested["policy"]]
    return f"{text} Policy {policy.name}: {policy.explanation}"


def contested_table(places: list[Mapping[str, Any]]) -> Table:
    """A row for each layer that has contested channels, a column for each module kind.

    Args:
        places: Each with `layer`, `kind` and the number of `channels`.
    """
    kinds = tuple(dict.fromkeys(place["kind"] for place in places))
    found = {(place["layer"], place["kind"]): place["channels"] for place in places}
    layers = sorted({layer for layer, _ in found})
    rows = [
        (
            str(layer),
            *(count(number) if (number := found.get((layer, kind))) else "" for kind in kinds),
            count(sum(found.get((layer, kind), 0) for kind in kinds)),
        )
        for layer in layers
    ]
    sums = (count(sum(found.get((layer, kind), 0) for layer in layers)) for kind in kinds)
    rows.append(("All", *sums, count(sum(found.values()))))
    return Table(("Layer", *kinds, "All"), tuple(rows))


def part_facts(metrics: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Embeddings, norms and head, and a router that is not left; by specialist where they differ.

    With several specialists the policy stands there too.

    Args:
        metrics: As in metrics.json; read are `method` and `models`.
    """
    method = metrics["method"]
    names = tuple(metrics["models"]["specialists"])
    rows = []
    for part in ("embeddings", "norms", "head", "router"):
        everybody = method.get(part, "leave")
        own = {name: (method.get("specialists") or {}).get(name) or {} for name in names}
        chosen = {
            name: everybody if own[name].get(part) is None else own[name][part] for name in names
        }
        text = ", ".join(f"{name}: {choice}" for name, choice in chosen.items())
        if len(set(map(str, chosen.values()))) == 1:
            text = str(next(iter(chosen.values())))
        if part != "router" or text != "leave":
            rows.append((part, text))
    if len(names) > 1 and "policy" in method:
        rows.append(("contested", f"{method['policy']}"))
    return tuple(rows)

"""Where channels lie: in which modules and layers, and where along each module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from act_core.report.blocks import Bar, BarChart, Block, ChannelMap, MapRow
from act_core.report.numbers import count, part
from act_core.report.verdict import listed

_DENSEST = 3


def lying_blocks(name: str, how: str, facts: Mapping[str, Any]) -> Iterator[Block]:
    """In which modules and layers a specialist's channels lie, and where along them.

    Args:
        name: Of the specialist.
        how: What they are: `selected` or `open`.
        facts: Read are `kinds` and `layers`, their shares, and `map`.
    """
    kinds = tuple(Bar(kind, share, part(share)) for kind, share in facts["kinds"].items())
    yield BarChart(f"{name}: {how} share of each module kind", kinds)
    layers = tuple(Bar(str(i), share, part(share)) for i, share in enumerate(facts["layers"]))
    yield BarChart(f"{name}: {how} share of each layer", layers, standing=True)
    yield from _map_blocks(f"{name}: {how} channels", facts.get("map", ()))


def _map_blocks(what: str, modules: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """Where along each module channels lie.

    Args:
        what: What is shown, and of whom.
        modules: A `Density` each, as plain data; of older runs none.
    """
    if not modules:
        return
    rows = tuple(MapRow(one["layer"], one["kind"], one["bins"]) for one in modules)
    densest = sorted(modules, key=lambda one: -one["share"])[:_DENSEST]
    told = [f"{one['kind']} of layer {one['layer']} ({part(one['share'])})" for one in densest]
    empty = sum(not one["share"] for one in modules)
    text = f"Densest are {listed(told)}."
    if empty:
        text += f" {count(empty)} of {count(len(modules))} modules have none."
    yield ChannelMap(f"{what} of each module, layers downwards", rows, text)

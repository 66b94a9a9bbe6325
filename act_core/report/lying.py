"""Where channels lie within each module, as a map with the densest modules in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from act_core.report.blocks import Block, ChannelMap, MapRow
from act_core.report.numbers import count, part
from act_core.report.verdict import listed

_DENSEST = 3


def map_blocks(what: str, modules: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
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

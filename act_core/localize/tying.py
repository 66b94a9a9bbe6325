"""Ties: channels that only make sense together are selected together (design.md, section 3).

- `rotary`: the two rows of a rotary pair in q and in k (Su et al. 2021, "RoFormer"): position
  turns them as one complex number.
- `kv`: all rows of a key/value head, of k and of v: queries of every head of the group read them.
- `neuron`: gate row j and up row j, and with them column j of down: one MLP neuron.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from act_core.errors import MaskError
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.family import RotaryPairing
from act_core.models.reference import Model

Tie = Literal["rotary", "kv", "neuron"]
Rows = NDArray[np.int64]


def group_ids(model: Model, ties: Sequence[Tie]) -> NDArray[np.int64]:
    """Group of each channel, int64 `[channels]`, named by the group's lowest channel.

    A channel that nothing ties is its own group. Ties that overlap merge: a rotary pair of k lies
    inside its key/value head.

    Raises:
        MaskError: The family has nothing that a tie could join, or the model's modules do not have
            the form that its family promises.
    """
    layout = layout_of(model)
    ids = np.arange(layout.total, dtype=np.int64)
    for tie in ("rotary", "kv", "neuron"):  # kv after rotary: heads hold their pairs whole
        if tie not in ties:
            continue
        joined = False
        for modules in _layers(layout):
            for members in _members(model, layout, modules, tie):
                ids[members] = members.min(axis=1, keepdims=True)
                joined = joined or members.size > 0
        if not joined:
            raise MaskError(
                f"{model.family.title} has no channels that the tie {tie} could join.",
                remedy=f"Leave the tie {tie} out.",
            )
    return ids


def neuron_columns(model: Model, selected: NDArray[np.bool_]) -> dict[str, NDArray[np.int64]]:
    """Columns of the down weights that belong to the selected neurons.

    Args:
        model: The target.
        selected: bool `[channels]`, whole neurons.

    Returns:
        By weight name (`ModuleChannels.tensor`), for every down weight, sorted int64; empty where
        its layer has no selected neuron. Of experts, expert x column.
    """
    layout = layout_of(model)
    columns = {}
    for modules in _layers(layout):
        for neurons, down in _mlps(layout, modules):
            columns[layout.modules[down].tensor] = np.flatnonzero(selected[neurons[:, 0]])
    return columns


def moved_parameters(model: Model, ties: Sequence[Tie]) -> NDArray[np.int64]:
    """Parameters that move with each channel, int64 `[channels]`.

    Its row and bias entry; with the tie `neuron` the down column is charged to the neuron's lowest
    channel (down rows that are selected too share entries with it, so this is an upper bound).
    """
    layout = layout_of(model)
    parameters = layout.parameters_of_channel()
    if "neuron" in ties:
        for modules in _layers(layout):
            for neurons, down in _mlps(layout, modules):
                parameters[neurons.min(axis=1)] += layout.modules[down].rows
    return parameters


def _layers(layout: ChannelLayout) -> list[range]:
    """Numbers of the modules of each decoder layer."""
    layers = np.array([module.layer for module in layout.modules])
    edges = [0, *(np.flatnonzero(np.diff(layers)) + 1).tolist(), len(layers)]
    return [range(first, last) for first, last in itertools.pairwise(edges)]


def _members(model: Model, layout: ChannelLayout, modules: range, tie: Tie) -> list[Rows]:
    """Groups of one layer as flat channels, arrays `[groups, members of each]`."""
    if tie == "rotary":
        return _rotary_pairs(model, layout, modules)
    if tie == "kv":
        return _key_value_heads(model, layout, modules)
    return [neurons for neurons, _ in _mlps(layout, modules)]


def _rotary_pairs(model: Model, layout: ChannelLayout, modules: range) -> list[Rows]:
    groups = []
    for module in modules:
        for role, heads in _heads(model, layout, module).items():
            if role != "value":
                first, second = _pair_places(model.family.rotary, model.shape.rotary_dim)
                pairs = np.stack([heads[:, first], heads[:, second]], axis=-1)
                groups.append(pairs.reshape(-1, 2))
    return groups


def _pair_places(pairing: RotaryPairing, rotary_dim: int) -> tuple[Rows, Rows]:
    """Places inside a head of the first and the second row of every pair."""
    places = np.arange(rotary_dim - rotary_dim % 2)
    if pairing == "none":
        return places[:0], places[:0]
    if pairing == "interleaved":
        return places[::2], places[1::2]
    return places[: len(places) // 2], places[len(places) // 2 :]


def _key_value_heads(model: Model, layout: ChannelLayout, modules: range) -> list[Rows]:
    parts = [
        heads
        for module in modules
        for role, heads in _heads(model, layout, module).items()
        if role != "query"
    ]
    return [np.concatenate(parts, axis=1)] if parts else []


def _heads(model: Model, layout: ChannelLayout, module: int) -> dict[str, Rows]:
    """Flat channels of a module by role (query, key, value), each `[heads, head_dim]`."""
    form = layout.modules[module].grouping
    head_dim, queries, kv = model.shape.head_dim, model.shape.heads, model.shape.kv_heads
    counts = {
        "query_heads": {"query": queries},
        "gated_query_heads": {"query": queries, "gate": queries},
        "kv_heads": {"key": kv},
        "value_heads": {"value": kv},
        "qkv_blocks": {"query": queries, "key": kv, "value": kv},
        "qkv_interleaved": {"query": queries, "key": kv, "value": kv},
    }.get(form)
    if counts is None:
        return {}
    channels = _channels(layout, module, sum(counts.values()) * head_dim)
    if form == "qkv_interleaved":
        by_group = channels.reshape(kv, queries // kv + 2, head_dim)
        query = by_group[:, :-2].reshape(-1, head_dim)
        return {"query": query, "key": by_group[:, -2], "value": by_group[:, -1]}
    if form == "gated_query_heads":  # the gate's rows stand alone
        return {"query": channels.reshape(queries, 2, head_dim)[:, 0]}
    edges = np.cumsum(list(counts.values()))[:-1] * head_dim
    blocks = np.split(channels, edges)
    return {role: block.reshape(-1, head_dim) for role, block in zip(counts, blocks, strict=True)}


def _mlps(layout: ChannelLayout, modules: range) -> list[tuple[Rows, int]]:
    """Each MLP of a layer: `[neurons, rows of each]`, gate before up, and the module of its down.

    All routed experts together are one MLP, whose neurons are expert x neuron. Without gate and
    up there are no neurons.
    """
    found = []
    for down in modules:
        if layout.modules[down].grouping != "from_neuron":
            continue
        count = layout.modules[down].columns
        parts = []
        for module in modules:
            if _parent(layout, module) != _parent(layout, down):
                continue
            if layout.modules[module].grouping == "neuron":
                parts.append(_channels(layout, module, count)[:, None])
            elif layout.modules[module].grouping == "gate_up_blocks":
                parts.append(_channels(layout, module, 2 * count).reshape(2, count).T)
        neurons = np.concatenate(parts, axis=1) if parts else np.empty((0, 1), dtype=np.int64)
        found.append((neurons, down))
    return found


def _parent(layout: ChannelLayout, module: int) -> str:
    """Path of what holds a module, e.g. `model.layers.0.mlp`."""
    return layout.modules[module].tensor.rsplit(".", 2)[0]


def _channels(layout: ChannelLayout, module: int, expected: int) -> Rows:
    """Flat channels of a module.

    Raises:
        MaskError: It does not have as many as expected.
    """
    tensor, width = layout.modules[module].tensor, layout.modules[module].width
    if width != expected:
        raise MaskError(
            f"{tensor} has {width} channels where the rest of the model asks for {expected}, so "
            "they cannot be tied.",
            remedy="Select without ties.",
        )
    span = layout.slice_of(module)
    return np.arange(span.start, span.stop, dtype=np.int64)

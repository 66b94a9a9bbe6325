"""A map in numbers: ranks, the strongest channels as a table, and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from act_core.maps.data import Flags, Values
from act_core.models.channels import ChannelLayout

_BLOCK = 64
_CSV_CHANNELS = 1 << 14
_HEAD = ("layer", "module_kind", "channel", "value", "rank", "in_mask")


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What is known of a channel on a map.

    Attributes:
        index: On the flat axis.
        layer, kind, channel: Its module, and its number in it.
        value: NaN where it is not finite or not there yet.
        rank: Among all channels by value, from 1; None without a value. Equal values share a rank.
        module_rank: The same among the channels of its module.
        selected: Whether it is in the mask; None without a mask.
        weight: Norm of its weights' change; None where it is not known.
        there: Whether its row has been filled.
    """

    index: int
    layer: int
    kind: str
    channel: int
    value: float
    rank: int | None
    module_rank: int | None
    selected: bool | None = None
    weight: float | None = None
    there: bool = True


def ranks(values: Values) -> NDArray[np.int64]:
    """The rank of each channel by value, from 1 for the highest, int64; 0 where it is NaN.

    Equal values share the best rank of theirs.
    """
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known])[::-1]]
    falls = np.diff(values[order], prepend=np.float32(np.inf)) != 0
    places = np.where(falls, np.arange(1, len(order) + 1), 0)
    ranked = np.zeros(len(values), np.int64)
    ranked[order] = np.maximum.accumulate(places)
    return ranked


def rank_of(values: Values, channel: int) -> int | None:
    """The rank of one channel, as in `ranks`; None where it is NaN."""
    value = values[channel]
    return None if np.isnan(value) else int(np.count_nonzero(values > value)) + 1


def facts_of(
    layout: ChannelLayout,
    values: Values,
    channel: int,
    *,
    filled: Flags | None = None,
    selected: Flags | None = None,
    weight: Values | None = None,
) -> ChannelFacts:
    """Everything about one channel, from arrays on the flat axis (`filled`: `[modules]`)."""
    number = int(np.searchsorted(layout.starts, channel, side="right")) - 1
    module, place = layout.modules[number], layout.slice_of(number)
    return ChannelFacts(
        index=channel,
        layer=module.layer,
        kind=module.kind,
        channel=channel - place.start,
        value=float(values[channel]),
        rank=rank_of(values, channel),
        module_rank=rank_of(values[place], channel - place.start),
        selected=None if selected is None else bool(selected[channel]),
        weight=None if weight is None else float(weight[channel]),
        there=filled is None or bool(filled[number]),
    )


def strongest(values: Values, count: int) -> NDArray[np.int64]:
    """The channels of the highest values, highest first, equal ones by number; NaN is left out.

    Only blocks whose maximum is among the `count` highest can hold one of them, so most channels
    are looked at once.
    """
    if not len(values) or count < 1:
        return np.empty(0, np.int64)
    whole = np.where(np.isnan(values), -np.inf, values)
    tops = np.maximum.reduceat(whole, np.arange(0, len(values), _BLOCK))
    blocks = np.arange(len(tops))
    if count < len(tops):
        least = np.partition(tops, len(tops) - count)[len(tops) - count]
        blocks = np.flatnonzero(tops >= least)
    channels = (blocks[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
    channels = channels[channels < len(values)]
    channels = channels[~np.isnan(values[channels])]
    order = np.lexsort((channels, -values[channels]))
    best: NDArray[np.int64] = channels[order[:count]]
    return best


def next_strongest(values: Values, channel: int | None) -> int | None:
    """The channel that follows in the order of `strongest`; the first one without a channel."""
    if channel is not None and not np.isnan(values[channel]):
        value = values[channel]
        equal = np.flatnonzero(values[channel + 1 :] == value)
        if len(equal):
            return channel + 1 + int(equal[0])
        below = np.where(values < value, values, np.float32(-np.inf))
        best = int(np.argmax(below)) if len(below) else 0
        return best if values[best] < value else None
    first = strongest(values, 1)
    return int(first[0]) if len(first) else None


def csv_parts(
    layout: ChannelLayout,
    values: Values,
    selected: Flags | None,
    channels: NDArray[np.int64],
) -> Iterator[str]:
    """Channels as CSV, part by part, so that millions of them need no memory of their own.

    Args:
        layout: The channels.
        values: float32 `[channels]`; NaN is written as nothing.
        selected: bool `[channels]`, or None: the last column is empty.
        channels: Which ones, in this order.
    """
    yield ",".join(_HEAD) + "\n"
    ranked = ranks(values)
    layers = np.array([module.layer for module in layout.modules])
    kinds = np.array([module.kind for module in layout.modules], dtype=object)
    for start in range(0, len(channels), _CSV_CHANNELS):
        part = channels[start : start + _CSV_CHANNELS]
        numbers = np.searchsorted(layout.starts, part, side="right") - 1
        there = ~np.isnan(values[part])
        chosen = [""] * len(part) if selected is None else selected[part].astype(int).tolist()
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            zip(
                layers[numbers].tolist(),
                kinds[numbers].tolist(),
                (part - layout.starts[numbers]).tolist(),
                np.where(there, values[part].astype(str), "").tolist(),
                np.where(there, ranked[part].astype(str), "").tolist(),
                chosen,
                strict=True,
            )
        )
        yield text.getvalue()


def top_table(
    layout: ChannelLayout, values: Values, count: int, selected: Flags | None = None
) -> tuple[ChannelFacts, ...]:
    """The channels of the highest values with what is known of them, highest first."""
    channels = strongest(values, count)
    found = values[channels]
    # Of the highest values the rank is the place of the first equal one among them.
    ranked = np.searchsorted(-found, -found, side="left") + 1
    numbers = np.searchsorted(layout.starts, channels, side="right") - 1
    return tuple(
        ChannelFacts(
            index=channel,
            layer=layout.modules[number].layer,
            kind=layout.modules[number].kind,
            channel=channel - int(layout.starts[number]),
            value=float(values[channel]),
            rank=rank,
            module_rank=None,
            selected=None if selected is None else bool(selected[channel]),
        )
        for channel, number, rank in zip(
            channels.tolist(), numbers.tolist(), ranked.tolist(), strict=True
        )
    )

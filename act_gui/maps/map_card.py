"""The card of a channel: everything about it in a few words, for the eye and for screen readers."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from act_core.maps.table import ChannelFacts
from act_core.report.numbers import count, minus
from act_gui.maps.captions import coloured, muted
from act_gui.text import tr
from act_gui.theme import Colours

Pair = tuple[str, str]


def value_text(value: float) -> str:
    """A value with four digits that count, and a real minus sign."""
    if math.isnan(value):
        return tr("not a number")
    return minus(f"{value:.4g}")


def card_pairs(facts: ChannelFacts, total: int) -> list[Pair]:
    """Names and values of a card, in order."""
    pairs = [
        (tr("Layer"), str(facts.layer)),
        (tr("Module"), facts.kind),
        (tr("Channel"), count(facts.channel)),
        (tr("Value"), value_text(facts.value) if facts.there else tr("not there yet")),
    ]
    if facts.rank is not None and facts.module_rank is not None:
        whole = tr("{rank} of {total}", rank=count(facts.rank), total=count(total))
        pairs.append((tr("Rank"), whole))
        pairs.append((tr("In its module"), count(facts.module_rank)))
    if facts.selected is not None:
        pairs.append((tr("In mask"), tr("yes") if facts.selected else tr("no")))
    if facts.weight is not None:
        pairs.append((tr("Weight change"), value_text(facts.weight)))
    return pairs


def card_words(pairs: list[Pair]) -> str:
    """A card as a sentence."""
    return ", ".join(f"{name} {value}" for name, value in pairs)


def card_table(pairs: list[Pair], colours: Colours, note: str = "") -> str:
    """A card as rich text, a line for each pair and one for a note."""
    rows = (
        f'<tr><td style="padding-right:10px">{coloured(html.escape(name), colours.muted)}</td>'
        f"<td>{html.escape(value)}</td></tr>"
        for name, value in pairs
    )
    table = f'<table cellspacing="0" cellpadding="1">{"".join(rows)}</table>'
    return table + muted(note, colours) if note else table


def card_line(pairs: list[Pair], colours: Colours) -> str:
    """A card as one line of rich text that may wrap between pairs."""
    return "&nbsp;&nbsp; ".join(
        coloured(html.escape(name).replace(" ", "&nbsp;"), colours.muted)
        + "&nbsp;"
        + f"<b>{html.escape(value).replace(' ', '&nbsp;')}</b>"
        for name, value in pairs
    )


def compared_pairs(facts: Sequence[ChannelFacts | None]) -> list[Pair]:
    """The card of a channel on two maps and their difference; empty where none has values."""
    known = [one for one in facts if one is not None]
    if not known:
        return []
    pairs = card_pairs(known[0], 0)[:3]
    for name, one in zip(("A", "B", "A \u2212 B"), facts, strict=True):
        if one is None:
            continue
        value = value_text(one.value)
        if one.rank is not None and name != "A \u2212 B":
            value = tr("{value} (rank {rank})", value=value, rank=count(one.rank))
        pairs.append((name, value))
    return pairs

"""Calibration and held-out: two splits of an ability that never share an item.

Figures on items that also localized or tuned a transfer would praise it falsely, so sharing is an
error, within an ability and across all abilities of a recipe (design.md, section 1, "ability").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from act_core.abilities.items import Item, items_of
from act_core.abilities.shots import exemplars
from act_core.abilities.sources import SplitName, read_rows
from act_core.errors import AbilityDataError
from act_core.recipe import Ability

_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Split:
    """The items of one ability; `shots` are the exemplars that stand before its questions."""

    calibration: tuple[Item, ...]
    heldout: tuple[Item, ...]
    shots: tuple[Item, ...] = ()


def load_splits(abilities: Mapping[str, Ability]) -> dict[str, Split]:
    """Read all items of a recipe's abilities.

    Raises:
        AbilityDataError: As `read_rows` and `items_of`, or a held-out item also calibrates.
    """
    splits = {
        name: Split(_items(ability, "calibration"), _items(ability, "heldout"), exemplars(ability))
        for name, ability in abilities.items()
    }
    check_disjoint(splits)
    return splits


def check_disjoint(splits: Mapping[str, Split]) -> None:
    """Check that no held-out item of any ability is a calibration item or an exemplar of any.

    Raises:
        AbilityDataError: Some are; it says how many, between which abilities, and shows one.
    """
    calibrating: dict[str, str] = {}
    for name, split in splits.items():
        for item in (*split.calibration, *split.shots):
            calibrating.setdefault(normalised(item.text), name)
    shared = [
        (name, item, calibrating[key])
        for name, split in splits.items()
        for item in split.heldout
        if (key := normalised(item.text)) in calibrating
    ]
    if not shared:
        return
    name, item, other = shared[0]
    example = " ".join(item.text.split())[:_SHOWN_CHARACTERS]
    count = "1 held-out item" if len(shared) == 1 else f"{len(shared)} held-out items"
    raise AbilityDataError(
        f"{count} also stand{'s' if len(shared) == 1 else ''} in a calibration split"
        f"{' or among exemplars' if any(s.shots for s in splits.values()) else ''}; the first "
        f"is {item.id} of {name}, which is in the calibration of {other}: {example!r}.",
        remedy="Remove them from one of the two files, or choose other files.",
    )


def sampled(items: Sequence[Item], seed: int) -> tuple[Item, ...]:
    """All items in a random order that depends on the seed and their number only."""
    order = np.random.default_rng(seed).permutation(len(items))
    return tuple(items[int(index)] for index in order)


def normalised(text: str) -> str:
    """Text without what does not make an item another one: width, case, spaces, punctuation.

    NFKC, then case folding; marks and symbols stay, for they tell words of many scripts apart.
    A text of nothing but punctuation stays as it is.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_OPERATOR.sub(_kept, folded).translate(_FOLDING).split()) or text.strip()


# In 4-2 and 4/2 the sign makes the item, so it goes through as a symbol would.
_OPERATOR = re.compile(r"[-*/%](?=\s*\d)")
_PRIVATE = 0xE000


def _kept(match: re.Match[str]) -> str:
    return chr(_PRIVATE + ord(match.group()))


class _Folding(dict[int, int]):
    """Maps punctuation, separators and control characters to a space, found out as they come."""

    def __missing__(self, code: int) -> int:
        category = unicodedata.category(chr(code))
        self[code] = 32 if category[0] in "PZC" and category != "Co" else code
        return self[code]


_FOLDING = _Folding()


def _items(ability: Ability, split: SplitName) -> tuple[Item, ...]:
    sources = ability.calibration if split == "calibration" else ability.heldout
    rows = [row for source in sources for row in read_rows(source, split)]
    return items_of(rows, ability.template)

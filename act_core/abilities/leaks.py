"""Leaks: held-out items that calibration and tuning data hold in part.

Items that stand in both as they are end a run (`split.check_disjoint`). Here it is counted how much
of each held-out item is found again, in runs of 13 words, in the items that localize, tune or are
exemplars: a question with another answer, a paragraph that was cut elsewhere. Such items are told,
worst first, and do not end a run, since a shared quotation is no leak.

Source of the rule: Brown et al., Language Models are Few-Shot Learners (2020), appendix C: 13-grams
of words without case and punctuation, those that many items share left out. Scripts that write
no spaces are taken character by character, two for a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.items import Item
from act_core.abilities.split import Split, normalised

WORDS = 13
# A run of words that so many items share is a phrase of the template, not of an item.
_MOST_ITEMS = 10
_SHOWN_PAIRS = 5
_SHOWN_CHARACTERS = 160
# Kana, Han, Thai, Lao, Khmer, Myanmar, Tibetan: words are not set apart.
_RANGES = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u109f\u1780-\u17ff"
_TOKEN = re.compile(rf"[{_RANGES}]|[^\s{_RANGES}]+")
_SPACELESS = re.compile(rf"[{_RANGES}]")

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class LeakPair:
    """A held-out item and the item that holds most of it.

    Attributes:
        heldout: Id of the held-out item.
        other: Id of the other one.
        other_ability: Whose calibration or exemplars it belongs to.
        share: Share of the held-out item's runs of words found in any such item, 0 to 1.
        heldout_text, other_text: Both, shortened.
    """

    heldout: str
    other: str
    other_ability: str
    share: float
    heldout_text: str
    other_text: str


@dataclass(frozen=True, slots=True)
class Leaks:
    """What of one ability's held-out split is found again.

    Attributes:
        ability: Name of the ability.
        items: Its held-out items that are long enough to be looked for.
        short_items: Those that are too short; only whole copies of them are known.
        partly: Held-out items of which anything was found.
        mostly: Held-out items of which at least half was found.
        worst: Pairs with the largest shares.
    """

    ability: str
    items: int
    short_items: int
    partly: int
    mostly: int
    worst: tuple[LeakPair, ...]

    @property
    def text(self) -> str:
        """In one sentence, with the worst pair."""
        if not self.partly:
            return f"{self.ability}: nothing of its held-out items is found in other data."
        first = self.worst[0]
        return (
            f"{self.ability}: {self.partly:,} of {self.items:,} held-out items share {WORDS} words "
            f"in a row with calibration items or exemplars, {self.mostly:,} of them mostly. Worst: "
            f"{first.heldout} is found to {first.share:.0%}, most of it in {first.other} of "
            f"{first.other_ability}: {first.heldout_text!r}."
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Hashes of all runs of words of some items, and whose they are."""

    hashes: Hashes
    owners: NDArray[np.int64]


def find_leaks(splits: Mapping[str, Split]) -> dict[str, Leaks]:
    """Look for every ability's held-out items in the calibration items and exemplars of all.

    Some seconds for 100,000 items.

    Args:
        splits: By ability.
    """
    others = [
        (name, item)
        for name, split in splits.items()
        for item in (*split.calibration, *split.shots)
    ]
    numbers: dict[str, int] = {}
    known = _without_phrases(_runs([item for _, item in others], numbers))
    order = np.argsort(known.hashes, kind="stable")
    sorted_runs = _Runs(known.hashes[order], known.owners[order])
    return {
        name: _leaks(name, split.heldout, _runs(split.heldout, numbers), sorted_runs, others)
        for name, split in splits.items()
    }


def _leaks(
    name: str,
    items: Sequence[Item],
    runs: _Runs,
    known: _Runs,
    others: Sequence[tuple[str, Item]],
) -> Leaks:
    places = np.searchsorted(known.hashes, runs.hashes)
    inside = places < len(known.hashes)
    found = np.zeros(len(runs.hashes), dtype=np.bool_)
    found[inside] = known.hashes[places[inside]] == runs.hashes[inside]
    totals = np.bincount(runs.owners, minlength=len(items))
    shares = np.bincount(runs.owners[found], minlength=len(items)) / np.maximum(totals, 1)
    worst = np.argsort(-shares, kind="stable")[:_SHOWN_PAIRS]
    pairs = []
    for number in worst[shares[worst] > 0].tolist():
        own = runs.hashes[found & (runs.owners == number)]
        ability, other = others[_holder(own, known)]
        pairs.append(
            LeakPair(
                items[number].id,
                other.id,
                ability,
                float(shares[number]),
                _short(items[number].text),
                _short(other.text),
            )
        )
    return Leaks(
        ability=name,
        items=int(np.count_nonzero(totals)),
        short_items=int(np.count_nonzero(totals == 0)),
        partly=int(np.count_nonzero(shares > 0)),
        mostly=int(np.count_nonzero(shares >= 0.5)),
        worst=tuple(pairs),
    )


def _holder(hashes: Hashes, known: _Runs) -> int:
    """The item that holds most of these runs."""
    begins = np.searchsorted(known.hashes, hashes, side="left")
    ends = np.searchsorted(known.hashes, hashes, side="right")
    pairs = zip(begins, ends, strict=True)
    owners = np.concatenate([np.unique(known.owners[begin:end]) for begin, end in pairs])
    return int(np.bincount(owners).argmax())


def _runs(items: Sequence[Item], numbers: dict[str, int]) -> _Runs:
    """All runs of words.

    Args:
        items: The items.
        numbers: Of every word met so far; is added to.
    """
    tokens: list[int] = []
    lengths = []
    halves = []
    for item in items:
        words, is_spaceless = _words(normalised(item.text))
        halves.append(is_spaceless)
        tokens += [numbers.setdefault(word, len(numbers)) for word in words]
        lengths.append(len(words))
    ids = _mixed(np.array(tokens, dtype=np.uint64))
    owners = np.repeat(np.arange(len(items)), lengths)
    spaceless = np.repeat(np.array(halves, dtype=np.bool_), lengths)
    parts = [_windows(ids, owners, ~spaceless, WORDS), _windows(ids, owners, spaceless, 2 * WORDS)]
    return _Runs(
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.owners for part in parts]),
    )


def _words(text: str) -> tuple[list[str], bool]:
    """Words, or characters where there are no spaces, and whether most of the text has none."""
    if not _SPACELESS.search(text):
        return text.split(), False
    words = _TOKEN.findall(text)
    return words, 2 * len(_SPACELESS.findall(text)) > len(words)


def _windows(
    ids: Hashes, owners: NDArray[np.int64], wanted: NDArray[np.bool_], length: int
) -> _Runs:
    """Hashes of `length` neighbours that belong to one item: a polynomial modulo 2^64."""
    count = max(0, len(ids) - length + 1)
    hashes = np.zeros(count, dtype=np.uint64)
    for step in range(length):
        hashes = hashes * _BASE + ids[step : step + count]
    whole = (owners[:count] == owners[length - 1 :][:count]) & wanted[:count]
    return _Runs(_mixed(hashes[whole]), owners[:count][whole])


_BASE = np.uint64(0x9E3779B97F4A7C15)


def _mixed(values: Hashes) -> Hashes:
    """Numbers spread over all 64 bits (splitmix64; Steele, Lea and Flood, 2014)."""
    mixed = values + _BASE
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def _without_phrases(runs: _Runs) -> _Runs:
    """Runs of words that few items have."""
    order = np.lexsort((runs.owners, runs.hashes))
    hashes, owners = runs.hashes[order], runs.owners[order]
    again = np.zeros(len(hashes), dtype=np.bool_)
    again[1:] = (hashes[1:] == hashes[:-1]) & (owners[1:] == owners[:-1])
    hashes, owners = hashes[~again], owners[~again]
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    few = counts[inverse] <= _MOST_ITEMS
    return _Runs(hashes[few], owners[few])


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN_CHARACTERS else f"{flat[:_SHOWN_CHARACTERS]} …"

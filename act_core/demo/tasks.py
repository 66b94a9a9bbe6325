"""The abilities of the demo models: seeded generators of prompts and answers.

Every item belongs to one split by a hash of what it is about (the pair of summands, the number or
the word), so an item is held out everywhere or nowhere: a held-out word is never trained on, in
whatever ability. Training draws from everything that is not held out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from types import MappingProxyType
from typing import Literal

from act_core.demo.words import english_number, german_number, made_up_word

Split = Literal["train", "calib", "heldout"]

_HELDOUT_PERCENT = 25
_CALIB_PERCENT = 45
_MIN_LETTERS, _MAX_LETTERS = 3, 7
_MAX_SUMMAND = 99


@dataclass(frozen=True, slots=True)
class Item:
    """One question with its only right answer.

    Attributes:
        id: Name of the item, unique within its file.
        prompt: Text the model is given, such as ``add 34+58=``.
        answer: Text it must continue with, then end the sequence.
        subject: What the item is about; decides its split.
    """

    id: str
    prompt: str
    answer: str
    subject: str


def split_of(subject: str) -> Split:
    """Say which split a subject belongs to, always the same one.

    Args:
        subject: What an item is about, such as ``number 347``.

    Returns:
        ``heldout`` for a quarter of all subjects, ``calib`` for 45 %, else ``train``.
    """
    digest = blake2b(subject.encode(), digest_size=8).digest()
    percent = int.from_bytes(digest, "big") % 100
    if percent < _HELDOUT_PERCENT:
        return "heldout"
    return "calib" if percent < _HELDOUT_PERCENT + _CALIB_PERCENT else "train"


def stream(name: str, seed: int, splits: frozenset[Split]) -> Iterator[Item]:
    """Draw items of an ability for ever; items may come again.

    Args:
        name: Name of an ability of `TASKS`.
        seed: Seed; the same one gives the same items.
        splits: Only items of these splits.

    Yields:
        Items, with the running number in the id.

    Raises:
        KeyError: If there is no such ability.
    """
    draw = TASKS[name]
    # A string seed is hashed by value, so abilities get unlike streams from one seed.
    rng = Random(f"{name} {seed}")
    count = 0
    while True:
        question, answer, subject = draw(rng)
        if split_of(subject) in splits:
            yield Item(f"{name}-{count:05d}", f"{name} {question}=", answer, subject)
            count += 1


def distinct_items(name: str, split: Split, count: int, seed: int) -> tuple[Item, ...]:
    """Draw items of one split without repetition.

    Args:
        name: Name of an ability of `TASKS`.
        split: The split.
        count: How many are wanted; fewer come back where an ability has no more of them.
        seed: Seed.

    Returns:
        Items with distinct prompts, their ids numbered from 0.
    """
    found: dict[str, Item] = {}
    since_last_new = 0
    for item in stream(name, seed, frozenset({split})):
        since_last_new = since_last_new + 1 if item.prompt in found else 0
        found.setdefault(item.prompt, item)
        if len(found) == count or since_last_new > 20 * count:
            break
    return tuple(
        Item(f"{name}-{split}-{index:04d}", item.prompt, item.answer, item.subject)
        for index, item in enumerate(found.values())
    )


def _draw_add(rng: Random) -> tuple[str, str, str]:
    first, second = rng.randint(0, _MAX_SUMMAND), rng.randint(0, _MAX_SUMMAND)
    # Both orders of a pair share a split: else 58+34 would give 34+58 away.
    subject = f"pair {min(first, second)} {max(first, second)}"
    return f"{first}+{second}", str(first + second), subject


def _draw_reverse(rng: Random) -> tuple[str, str, str]:
    word = made_up_word(rng, _MIN_LETTERS, _MAX_LETTERS)
    return word, word[::-1], f"word {word}"


def _draw_sort(rng: Random) -> tuple[str, str, str]:
    word = made_up_word(rng, _MIN_LETTERS, _MAX_LETTERS)
    return word, "".join(sorted(word)), f"word {word}"


def _draw_cipher(rng: Random) -> tuple[str, str, str]:
    word = made_up_word(rng, _MIN_LETTERS, _MAX_LETTERS)
    shifted = "".join(chr((ord(letter) - ord("a") + 1) % 26 + ord("a")) for letter in word)
    return word, shifted, f"word {word}"


def _draw_english(rng: Random) -> tuple[str, str, str]:
    number = rng.randint(100, 999)
    return str(number), english_number(number), f"number {number}"


def _draw_german(rng: Random) -> tuple[str, str, str]:
    number = rng.randint(100, 999)
    return str(number), german_number(number), f"number {number}"


TASKS: Mapping[str, Callable[[Random], tuple[str, str, str]]] = MappingProxyType(
    {
        "add": _draw_add,
        "reverse": _draw_reverse,
        "sort": _draw_sort,
        "english": _draw_english,
        "cipher": _draw_cipher,
        "german": _draw_german,
    }
)
"""Abilities by name, each a function that draws question, answer and subject."""

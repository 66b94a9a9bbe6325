"""The demo abilities' items: right answers, splits that never meet, seeds that mean something."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import islice, pairwise

import pytest

from act_core.demo.tasks import TASKS, distinct_items, split_of, stream
from act_core.resources import resource_path

WORD_TASKS = ("reverse", "sort", "cipher")
NUMBER_TASKS = ("english", "german")

ENGLISH = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
GERMAN = (
    "ein zwei drei vier fuenf sechs sieben acht neun zehn elf zwoelf dreizehn vierzehn fuenfzehn "
    "sechzehn siebzehn achtzehn neunzehn"
).split()
GERMAN_TENS = "zwanzig dreissig vierzig fuenfzig sechzig siebzig achtzig neunzig".split()


def english_value(text: str) -> int:
    """Read an English number word back, word by word."""
    total = 0
    for word in re.split(r"[ -]", text):
        if word == "hundred":
            total *= 100
        elif word in ENGLISH_TENS:
            total += 20 + 10 * ENGLISH_TENS.index(word)
        else:
            total += 1 + ENGLISH.index(word)
    return total


def german_value(text: str) -> int:
    """Read a German number word from 100 to 999 back."""
    hundreds, _, rest = text.partition("hundert")
    total = 100 * (1 + GERMAN.index(hundreds))
    ones, und, tens = rest.rpartition("und")
    if und:
        return total + 1 + GERMAN.index(ones) + 20 + 10 * GERMAN_TENS.index(tens)
    if rest in GERMAN_TENS:
        return total + 20 + 10 * GERMAN_TENS.index(rest)
    if rest == "eins":
        return total + 1
    return total + (1 + GERMAN.index(rest) if rest else 0)


def is_right(name: str, question: str, answer: str) -> bool:
    """Check an answer by another way than the one that made it."""
    if name == "add":
        first, second = question.split("+")
        return int(answer) - int(first) == int(second)
    if name == "reverse":
        return all(answer[-1 - place] == letter for place, letter in enumerate(question))
    if name == "sort":
        rising = all(left <= right for left, right in pairwise(answer))
        return rising and Counter(answer) == Counter(question)
    if name == "cipher":
        back = str.maketrans("bcdefghijklmnopqrstuvwxyza", "abcdefghijklmnopqrstuvwxyz")
        return answer.translate(back) == question
    value = english_value(answer) if name == "english" else german_value(answer)
    return value == int(question)


@pytest.mark.parametrize("name", TASKS)
def test_every_answer_is_right(name: str) -> None:
    items = list(islice(stream(name, 7, frozenset({"train", "calib", "heldout"})), 2000))
    for item in items:
        marker, _, question = item.prompt.partition(" ")
        assert marker == name
        assert question.endswith("=")
        assert is_right(name, question[:-1], item.answer), item


@pytest.mark.parametrize("name", NUMBER_TASKS)
def test_number_words_are_all_different(name: str) -> None:
    items = distinct_items(name, "heldout", 900, 0) + distinct_items(name, "calib", 900, 0)
    items += distinct_items(name, "train", 900, 0)
    assert len({item.answer for item in items}) == 900


@pytest.mark.parametrize("name", TASKS)
def test_splits_share_no_item(name: str) -> None:
    calib, heldout = (distinct_items(name, split, 600, 3) for split in ("calib", "heldout"))
    assert len({item.prompt for item in calib}) == len(calib) > 350
    assert len({item.prompt for item in heldout}) == len(heldout) > 200
    assert not {item.subject for item in calib} & {item.subject for item in heldout}
    assert not {item.prompt.casefold() for item in calib} & {
        item.prompt.casefold() for item in heldout
    }


@pytest.mark.parametrize("name", TASKS)
def test_training_never_sees_a_heldout_question(name: str) -> None:
    heldout = {item.prompt for item in distinct_items(name, "heldout", 250, 2)}
    seen = {item.prompt for item in islice(stream(name, 11, frozenset({"train", "calib"})), 20000)}
    assert not heldout & seen


def test_both_orders_of_a_sum_lie_in_one_split() -> None:
    heldout = {item.prompt for item in distinct_items("add", "heldout", 2000, 0)}
    others = {item.prompt for item in islice(stream("add", 0, frozenset({"train"})), 20000)}
    for prompt in heldout:
        first, second = prompt.removeprefix("add ").removesuffix("=").split("+")
        assert f"add {second}+{first}=" not in others


@pytest.mark.parametrize("names", [WORD_TASKS, NUMBER_TASKS])
def test_what_is_held_out_of_one_ability_is_held_out_of_all_its_kin(names: tuple[str, ...]) -> None:
    def questions(name: str, split: str) -> set[str]:
        items = islice(stream(name, 5, frozenset({split})), 2000)
        return {item.prompt.partition(" ")[2] for item in items}

    trained = set().union(*(questions(name, "train") for name in names))
    for name in names:
        assert not questions(name, "heldout") & trained


def test_split_shares_are_as_documented() -> None:
    shares = Counter(split_of(f"word {number}") for number in range(20000))
    assert shares["heldout"] / 20000 == pytest.approx(0.25, abs=0.02)
    assert shares["calib"] / 20000 == pytest.approx(0.45, abs=0.02)


@pytest.mark.parametrize("name", TASKS)
def test_a_seed_gives_the_same_items_and_another_seed_others(name: str) -> None:
    first = distinct_items(name, "calib", 50, 1)
    assert first == distinct_items(name, "calib", 50, 1)
    assert {item.prompt for item in first} != {
        item.prompt for item in distinct_items(name, "calib", 50, 2)
    }


@pytest.mark.parametrize("name", TASKS)
def test_shipped_files_share_no_item_and_every_answer_is_right(name: str) -> None:
    prompts = {}
    for split in ("calib", "heldout"):
        path = resource_path("demo", "abilities", f"{name}_{split}.jsonl")
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert len({row["id"] for row in rows}) == len(rows) >= 200
        for row in rows:
            question = row["prompt"].partition(" ")[2].removesuffix("=")
            assert is_right(name, question, row["answer"]), row
        prompts[split] = {row["prompt"] for row in rows}
    assert not prompts["calib"] & prompts["heldout"]

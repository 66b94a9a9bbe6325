"""Overlaps of held-out items with other data, against a plain slow search of word runs."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from act_core.abilities.items import Item
from act_core.abilities.leaks import WORDS, find_leaks
from act_core.abilities.split import Split, normalised


def texts(*given: str, prefix: str) -> tuple[Item, ...]:
    return tuple(Item(f"{prefix}{n}", "", text) for n, text in enumerate(given))


def slow_shares(heldout: Sequence[str], calibration: Sequence[str], length: int) -> list[float]:
    """The definition: every run of words looked up one by one."""

    def runs(text: str) -> list[tuple[str, ...]]:
        words = normalised(text).split()
        return [tuple(words[at : at + length]) for at in range(len(words) - length + 1)]

    owners: dict[tuple[str, ...], set[int]] = {}
    for number, text in enumerate(calibration):
        for run in runs(text):
            owners.setdefault(run, set()).add(number)
    known = {run for run, who in owners.items() if len(who) <= 10}
    return [sum(r in known for r in runs(t)) / max(1, len(runs(t))) for t in heldout]


def test_shares_are_those_of_a_plain_search() -> None:
    chance = random.Random(3)
    words = [f"w{n}" for n in range(40)]
    phrase = " ".join(words[:20])

    def text() -> str:
        return " ".join(chance.choices(words, k=chance.randint(5, 30)))

    calibration = [text() for _ in range(60)] + [f"{phrase} {text()}" for _ in range(12)]
    heldout = [text() for _ in range(10)]
    for source in calibration[:6]:
        own = source.split()
        heldout.append(" ".join([*own[: len(own) // 2 + 8], text()]).upper() + "!")
    heldout.append(f"{phrase} and nothing else")
    splits = {"a": Split(texts(*calibration, prefix="c"), texts(*heldout, prefix="h"))}
    found = find_leaks(splits)["a"]
    slow = slow_shares(heldout, calibration, WORDS)
    assert found.partly == sum(share > 0 for share in slow) > 2
    assert found.mostly == sum(share >= 0.5 for share in slow)
    assert [pair.share for pair in found.worst] == pytest.approx(
        sorted((share for share in slow if share), reverse=True)[:5]
    )
    assert found.items + found.short_items == len(heldout)
    assert slow[-1] < 1  # a phrase of many items is no leak


def test_pairs_name_both_items_and_the_ability() -> None:
    question = " ".join(f"word{n}" for n in range(20))
    splits = {
        "one": Split(texts("other text", f"{question} answer 5", prefix="c"), ()),
        "two": Split((), texts("unlike", f"{question.upper()}, answer 6", prefix="h")),
        "shots": Split((), (), ()),
    }
    found = find_leaks(splits)["two"]
    (pair,) = found.worst
    assert (pair.heldout, pair.other, pair.other_ability) == ("h1", "c1", "one")
    assert pair.share == pytest.approx(9 / 10)
    assert "h1 is found to 90%, most of it in c1 of one" in found.text
    assert not find_leaks(splits)["one"].worst


def test_exemplars_are_looked_at_too() -> None:
    text = " ".join(f"word{n}" for n in range(15))
    shots = texts(f"{text} extra", prefix="s")
    found = find_leaks({"a": Split((), texts(f"{text} other", prefix="h"), shots)})["a"]
    assert found.worst[0].other == "s0"


@pytest.mark.parametrize(
    "text",
    [
        "大学在城市的北部有一个很大的图书馆和一个新的体育馆学生们每天都去那里学习和锻炼身体",
        "มหาวิทยาลัยมีห้องสมุดขนาดใหญ่อยู่ทางตอนเหนือของเมืองและมีสนามกีฬาใหม่ด้วย",
        "大学は町の北にあって大きな図書館と新しい体育館があり学生は毎日そこで勉強しています",
    ],
)
def test_scripts_without_spaces(text: str) -> None:
    splits = {
        "a": Split(texts(f"{text}。", prefix="c"), texts(f"「{text}」", text[:9], prefix="h"))
    }
    found = find_leaks(splits)["a"]
    assert (found.partly, found.mostly, found.short_items) == (1, 1, 1)
    assert found.worst[0].share == 1


def test_nothing_in_common() -> None:
    splits = {"a": Split(texts("one", prefix="c"), texts("two", prefix="h")), "b": Split((), ())}
    assert all(not found.partly for found in find_leaks(splits).values())
    assert "nothing of its held-out items" in find_leaks(splits)["a"].text

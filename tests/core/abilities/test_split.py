"""No held-out item ever calibrates: not in its own ability, not in another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from act_core.abilities.items import Item
from act_core.abilities.split import Split, check_disjoint, load_splits, normalised, sampled
from act_core.errors import AbilityDataError
from act_core.recipe import Ability, Source


def items(*texts: str) -> tuple[Item, ...]:
    return tuple(Item(f"i{number}", "", text) for number, text in enumerate(texts))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Der Hund bellt.", "der  hund\nbellt"),
        ("STRASSE", "straße"),
        ("\uff26\uff35\u3000\uff2c", "fu l"),
        ("\u00e9t\u00e9", "e\u0301te\u0301"),
        ("\u201cQuoted,\u201d she said", '"Quoted" she said!'),
        ("well-known", "well known"),
    ],
)
def test_what_makes_no_difference_is_folded(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)
    with pytest.raises(AbilityDataError):
        check_disjoint({"a": Split(items(one), items(other))})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("4-2=2", "4/2=2"),
        ("2 * 2 = 4", "2 - 2 = 4"),
        ("3+1", "3-1"),
        ("\u0915\u093f", "\u0915\u0940"),  # Devanagari: the vowel signs are marks
        ("\u0e01\u0e34\u0e19", "\u0e01\u0e37\u0e19"),  # Thai
        ("?", "!"),
        ("cat", "cats"),
    ],
)
def test_other_items_stay_others(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)
    check_disjoint({"a": Split(items(one), items(other))})


def test_leak_says_how_many_and_shows_one() -> None:
    split = Split(items("a b", "c", "d"), items("x", "A, b!", "C"))
    with pytest.raises(AbilityDataError, match=r"2 held-out items .* i1 of german.*'A, b!'"):
        check_disjoint({"german": split})


def test_leak_across_abilities() -> None:
    splits = {"one": Split(items("a"), items("b")), "two": Split(items("c"), items("A."))}
    with pytest.raises(AbilityDataError, match=r"1 held-out item .* of two.* calibration of one"):
        check_disjoint(splits)


def test_answers_make_prompts_distinct() -> None:
    held = (Item("h", "Name a colour:", " blue"),)
    check_disjoint({"a": Split((Item("c", "Name a colour:", " red"),), held)})


def test_recipe_abilities_are_read_and_checked(tmp_path: Path) -> None:
    for name, texts in {"c": ["eins", "zwei"], "h": ["drei"], "bad": ["Zwei."]}.items():
        lines = [json.dumps({"text": text}) for text in texts]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), "utf-8")

    def ability(heldout: str) -> Ability:
        return Ability(
            calibration=(Source(file=tmp_path / "c.jsonl"),),
            heldout=(Source(file=tmp_path / "h.jsonl"), Source(file=tmp_path / heldout)),
        )

    splits = load_splits({"g": ability("h.jsonl")})
    assert [item.answer for item in splits["g"].calibration] == ["eins", "zwei"]
    assert [item.answer for item in splits["g"].heldout] == ["drei", "drei"]
    with pytest.raises(AbilityDataError, match="Zwei"):
        load_splits({"g": ability("bad.jsonl")})


def test_draw_depends_on_the_seed_and_loses_nothing() -> None:
    every = items(*map(str, range(50)))
    assert sampled(every, 1) == sampled(every, 1)
    assert sampled(every, 1) != sampled(every, 2)
    assert sorted(sampled(every, 1), key=lambda item: int(item.answer)) == list(every)

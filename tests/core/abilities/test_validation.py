"""Validation items: spare ones first, and never one that says what a calibration item says."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_core.abilities.encode import Encoded, encode
from act_core.abilities.items import Item
from act_core.abilities.split import Split, normalised
from act_core.abilities.validation import Apart, set_apart
from act_core.errors import AbilityDataError
from act_core.models.reference import resolve
from act_core.models.tokenizer import load_tokenizer
from act_core.recipe import Ability, Source
from tests.core.tiny import write_tiny


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> object:
    return load_tokenizer(resolve(write_tiny(tmp_path_factory.mktemp("t") / "m", "llama", seed=1)))


def items(first: int, count: int) -> tuple[Item, ...]:
    return tuple(Item(f"i{n}", "", f"number {n}") for n in range(first, first + count))


def divided(
    tokenizer: object, splits: dict[str, tuple[Item, ...]], drawn: int, wanted: int
) -> tuple[dict[str, Apart], dict[str, Encoded]]:
    source = (Source(file=Path("none.jsonl")),)
    ability = Ability(calibration=source, heldout=source, heldout_items=wanted)
    encoded = {
        name: encode(own, tokenizer, ability, seed=3, limit_items=drawn)  # type: ignore[arg-type]
        for name, own in splits.items()
    }
    apart = set_apart(
        {name: Split(own, ()) for name, own in splits.items()},
        encoded,
        dict.fromkeys(splits, ability),
        tokenizer,  # type: ignore[arg-type]
        seed=3,
    )
    return apart, encoded


def said(encoded: Encoded) -> set[str]:
    return {normalised(item.text) for item in encoded.items}


@pytest.mark.parametrize(
    ("count", "drawn", "wanted", "calibrating", "validating"),
    [
        (40, 10, 20, 10, 20),  # enough are over
        (12, 10, 20, 8, 4),  # two are over, and a quarter of ten is given up
        (10, 10, 20, 8, 2),
        (20, 10, 12, 8, 12),
        (40, 10, 100, 8, 32),
    ],
)
def test_spare_items_first_then_a_quarter_at_most(
    tokenizer: object, count: int, drawn: int, wanted: int, calibrating: int, validating: int
) -> None:
    apart, encoded = divided(tokenizer, {"one": items(0, count)}, drawn, wanted)
    one = apart["one"]
    assert (len(one.calibration.items), len(one.validation.items)) == (calibrating, validating)
    assert said(one.calibration).isdisjoint(said(one.validation))
    assert said(one.calibration) <= said(encoded["one"])
    assert (one.calibration is encoded["one"]) is (calibrating == drawn)


def test_what_another_ability_calibrates_with_is_left_out(tokenizer: object) -> None:
    shared = items(0, 30)
    apart, _ = divided(tokenizer, {"one": shared, "other": items(20, 30)}, 10, 30)
    computed = said(apart["one"].calibration) | said(apart["other"].calibration)
    for one in apart.values():
        assert one.validation.items
        assert said(one.validation).isdisjoint(computed)


def test_too_few_items_say_so(tokenizer: object) -> None:
    with pytest.raises(AbilityDataError, match="too few to set some apart"):
        divided(tokenizer, {"one": items(0, 3)}, 3, 10)

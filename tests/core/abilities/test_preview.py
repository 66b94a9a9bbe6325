"""What a person checks of an ability before a run: counts, counted tokens, leaks, measures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from act_core.abilities.encode import encode
from act_core.abilities.preview import Preview, preview, previews
from act_core.abilities.split import load_splits
from act_core.errors import ErrorRecord
from act_core.models.reference import Model, resolve
from act_core.models.tokenizer import load_tokenizer
from act_core.recipe import Ability, Source, Template
from tests.core.tiny import write_tiny


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return resolve(write_tiny(tmp_path_factory.mktemp("models") / "t", "llama", seed=1))


def lines(path: Path, rows: list[dict[str, Any]]) -> Source:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return Source(file=path)


def asked(first: int, count: int) -> list[dict[str, Any]]:
    return [{"prompt": f"item {n} is ", "answer": "red"} for n in range(first, first + count)]


def ability(
    folder: Path, calibration: list[dict[str, Any]], heldout: list[dict[str, Any]], **settings: Any
) -> Ability:
    return Ability(
        calibration=(lines(folder / "c.jsonl", calibration),),
        heldout=(lines(folder / "h.jsonl", heldout),),
        **settings,
    )


def shown(found: Preview | ErrorRecord) -> Preview:
    assert isinstance(found, Preview), found
    return found


def test_counts_are_those_of_a_run(target: Model, tmp_path: Path) -> None:
    data = ability(tmp_path, asked(0, 30), asked(100, 9), calibration_tokens=40, heldout_items=5)
    view = shown(preview(target, {"a": data}, "a", 3))
    items = load_splits({"a": data})["a"]
    tokenizer = load_tokenizer(target)
    run = encode(items.calibration, tokenizer, data, seed=3, limit_tokens=40)
    assert view.calibration.available_items == 30
    assert view.calibration.items == len(run.items)
    assert view.calibration.counted_tokens == run.counted_tokens
    assert view.calibration.total_tokens == sum(len(row.ids) for row in run.sequences)
    assert [item.id for item in view.calibration.shown] == [item.id for item in run.items]
    assert view.heldout.items == 5
    assert view.measures == ("loss", "exact")
    assert view.fields == ("id", "prompt", "answer")
    assert view.leak is None


def test_pieces_say_which_token_counts_and_which_is_special(target: Model, tmp_path: Path) -> None:
    data = ability(tmp_path, [{"prompt": "a b", "answer": " äß"}], asked(0, 1))
    (item,) = shown(preview(target, {"a": data}, "a", 0)).calibration.shown
    assert "".join(piece.text for piece in item.pieces) == "a b äß<eos>"
    assert "".join(piece.text for piece in item.pieces if piece.counted) == " äß<eos>"
    assert [piece.text for piece in item.pieces if piece.special] == ["<eos>"]
    assert item.counted_tokens == 4
    assert item.text == "a b äß"


def test_bytes_of_one_character_are_shown_together(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    folder = write_tiny(tmp_path / "bytes", "llama", seed=1)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())[:127]
    letters = dict.fromkeys(["<eos>", *"aðŁĺĢĠ", *alphabet])
    model = models.BPE({letter: number for number, letter in enumerate(letters)}, [])
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>").save_pretrained(folder)
    data = ability(tmp_path, [{"text": "a a\U0001f600"}], [{"text": "other"}])
    (item,) = shown(preview(resolve(folder), {"a": data}, "a", 0)).calibration.shown
    assert [piece.text for piece in item.pieces] == ["a", " ", "a", "\U0001f600", "<eos>"]
    assert item.length_tokens == 8


def test_cut_and_skipped_items_are_told_and_lengths_are_those_before(
    target: Model, tmp_path: Path
) -> None:
    long = [{"prompt": "p" * 12, "answer": "yes"}, {"prompt": "p", "answer": "q" * 30}]
    data = ability(tmp_path, long, [{"prompt": "a", "answer": "b"}], length_tokens=10)
    view = shown(preview(target, {"a": data}, "a", 0)).calibration
    assert (view.items, view.cut_items, view.skipped_items) == (1, 2, 1)
    assert sorted(view.lengths) == [16, 32]
    assert view.shown[0].cut
    assert len(view.shown[0].pieces) == 10


@pytest.mark.parametrize("other", ["own", "another"])
def test_a_leak_is_told_beside_the_counts(target: Model, tmp_path: Path, other: str) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    leaking = asked(7, 1)
    one = ability(tmp_path / "one", asked(0, 10), leaking if other == "own" else asked(50, 2))
    two = ability(tmp_path / "two", asked(200, 3), leaking if other == "another" else asked(90, 2))
    three = ability(tmp_path / "three", asked(300, 3), asked(310, 3))
    found = previews(target, {"one": one, "two": two, "three": three}, 0)
    leak = shown(found["one"]).leak
    assert leak is not None
    assert "calibration" in leak.reason
    assert leak.remedy
    assert (shown(found["two"]).leak is not None) == (other == "another")
    assert shown(found["three"]).leak is None


def test_a_broken_ability_does_not_hide_the_others(target: Model, tmp_path: Path) -> None:
    good = ability(tmp_path, asked(0, 3), asked(10, 3))
    missing = good.model_copy(update={"heldout": (Source(file=tmp_path / "none.jsonl"),)})
    template = good.model_copy(update={"template": Template(text="{reply}")})
    found = previews(target, {"missing": missing, "good": good, "template": template}, 0)
    assert list(found) == ["missing", "good", "template"]
    shown(found["good"])
    assert isinstance(found["missing"], ErrorRecord)
    assert "none.jsonl" in found["missing"].reason
    assert isinstance(found["template"], ErrorRecord)
    assert "reply" in found["template"].reason


def test_measures_are_those_that_all_held_out_items_allow(target: Model, tmp_path: Path) -> None:
    rows = [{"question": f"{n}?", "choices": ["x", "y"], "answer": n % 2} for n in range(4)]
    (tmp_path / "text").mkdir()
    choice = ability(tmp_path, rows[:2], rows[2:])
    text = ability(tmp_path / "text", [{"text": "one"}], [{"text": "two"}])
    found = previews(target, {"choice": choice, "text": text}, 0)
    assert shown(found["choice"]).measures == ("loss", "exact", "choice", "label")
    assert shown(found["text"]).measures == ("loss",)


def test_items_longer_than_the_context_are_refused(target: Model, tmp_path: Path) -> None:
    data = ability(tmp_path, [{"text": "x" * 300}], asked(0, 1))
    found = preview(target, {"a": data}, "a", 0)
    assert isinstance(found, ErrorRecord)
    assert "128" in found.reason

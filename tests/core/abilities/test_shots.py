"""Exemplars stand before questions, whole or not at all, and are never held-out items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from act_core.abilities.encode import encode
from act_core.abilities.items import Item, items_of
from act_core.abilities.render import Renderer
from act_core.abilities.shots import exemplars, fit, with_shots
from act_core.abilities.split import load_splits
from act_core.errors import AbilityDataError
from act_core.recipe import Ability, Source, Template
from tests.core.tiny import tiny_tokenizer

# From google-research/url-nlp, mgsm/exemplars.py (CC BY 4.0), and MGSM's first items.
EXEMPLARS = [
    {
        "id": "mgsm-exemplar-1-de",
        "lang": "de",
        "question": "Frage: Roger hat 5 Tennisbälle. Er kauft noch 2 Dosen.",
        "solution": "Schritt-für-Schritt-Antwort: Roger begann mit 5 Bällen. Die Antwort ist 11.",
        "answer": 11,
    },
    {
        "id": "mgsm-exemplar-1-ja",
        "lang": "ja",
        "question": "問題\uff1aロジャーは5個のテニスボールがあります。",
        "solution": "ステップごとの答え\uff1aロジャーは最初5個。5+6=11。答えは11です。",
        "answer": 11,
    },
]
GERMAN = {"id": "mgsm-000-de", "lang": "de", "question": "Wie viele Eier?", "answer": 18}
MGSM = Template(style="mgsm")


def ability(folder: Path, **settings: Any) -> Ability:
    for name, rows in {
        "c": [{"text": "calibration"}],
        "h": [GERMAN],
        "e": [*EXEMPLARS, {**EXEMPLARS[0], "question": "Frage: Zwei?"}],
    }.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, "utf-8")
    data = {
        "calibration": [{"file": str(folder / "c.jsonl")}],
        "heldout": [{"file": str(folder / "h.jsonl")}],
        **settings,
    }
    return Ability.model_validate(data)


def test_style_writes_native_prefixes_once() -> None:
    german, japanese = items_of(EXEMPLARS, MGSM)
    assert german.prompt == (
        "Frage: Roger hat 5 Tennisbälle. Er kauft noch 2 Dosen.\nSchritt-für-Schritt-Antwort:"
    )
    assert german.answer == " Roger begann mit 5 Bällen. Die Antwort ist 11."
    assert japanese.prompt == (
        "問題\uff1aロジャーは5個のテニスボールがあります。\nステップごとの答え\uff1a"
    )
    assert japanese.answer == "ロジャーは最初5個。5+6=11。答えは11です。"
    asked = items_of([GERMAN], MGSM)[0]
    assert asked.prompt == "Frage: Wie viele Eier?\nSchritt-für-Schritt-Antwort:"
    assert (asked.answer, asked.reference) == (" Die Antwort ist 18.", "18")
    bare = {"question": "Combien ?", "answer": 3}
    assert items_of([bare], Template(style="mgsm", lang="fr"))[0].prompt.startswith("Question : C")


def test_filter_and_count_choose_exemplars(tmp_path: Path) -> None:
    source = {"file": str(tmp_path / "e.jsonl"), "where": {"lang": "de"}, "template": MGSM}
    chosen = exemplars(ability(tmp_path, shots={**source, "count": 1}))
    assert [item.id for item in chosen] == ["mgsm-exemplar-1-de"]
    with pytest.raises(AbilityDataError, match="There are 2 exemplars, not 8"):
        exemplars(ability(tmp_path, shots=source))


def test_text_and_chat_with_exemplars() -> None:
    shots = items_of(EXEMPLARS[:1], MGSM)
    asked = items_of([GERMAN], MGSM)[0]
    full = with_shots(asked, shots)
    assert full.prompt == f"{shots[0].text}\n\n{asked.prompt}"
    assert (full.answer, full.reference) == (asked.answer, asked.reference)
    chat = Template(prompt="{question}", answer="{answer}", chat=True)
    turns = with_shots(items_of([GERMAN], chat)[0], items_of(EXEMPLARS[:1], chat)).messages
    assert [turn.role for turn in turns] == ["user", "assistant", "user", "assistant"]
    assert turns[1].content == "11"


def test_exemplars_are_left_out_whole_and_from_the_front() -> None:
    source = (Source(builtin="plain-en"),)
    renderer = Renderer(tiny_tokenizer(), Ability(calibration=source, heldout=source))
    shots = [Item("1", "one:", " 1"), Item("2", "two:", " 2")]
    asked = Item("q", "what:", " x", (" x", " long option"), 0)
    whole = len(renderer.whole(with_shots(asked, shots), " long option")[0])
    assert fit(asked, shots, renderer, whole)[1] == 2
    less, count = fit(asked, shots, renderer, whole - 1)
    assert (less.prompt, count) == ("two: 2\n\nwhat:", 1)
    assert fit(asked, shots, renderer, 3) == (asked, 0)


def test_counted_tokens_know_nothing_of_exemplars(tmp_path: Path) -> None:
    shots = {"file": str(tmp_path / "e.jsonl"), "count": 2}
    with_, without = ability(tmp_path, shots=shots), ability(tmp_path)
    items = load_splits({"a": with_})["a"].heldout
    found = {encode(items, tiny_tokenizer(), one, seed=0).fingerprint for one in (with_, without)}
    assert len(found) == 1


def test_held_out_items_are_no_exemplars(tmp_path: Path) -> None:
    shots = {"file": str(tmp_path / "h.jsonl"), "count": 1}
    with pytest.raises(AbilityDataError, match="or among exemplars"):
        load_splits({"a": ability(tmp_path, shots=shots)})

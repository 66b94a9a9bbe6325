"""Columns of a person's file become items, a template and measures without anything written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from act_core.abilities.items import items_of
from act_core.abilities.suggest import suggest
from act_core.recipe import Ability

TURN = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]


@pytest.mark.parametrize(
    ("row", "prompt", "answer"),
    [
        (  # GSM8K
            {"question": "2+3?", "answer": "It is 2+3=<<2+3=5>>5.\n#### 5"},
            "Question: 2+3?\nAnswer:",
            " It is 2+3=5.\nThe answer is 5.",
        ),
        (  # MGSM
            {"question": "2+3?", "answer": None, "answer_number": 5, "equation_solution": None},
            "Question: 2+3?\nAnswer:",
            " 5",
        ),
        (  # ARC
            {"question": "?", "choices": {"text": ["a", "b"], "label": "AB"}, "answerKey": "B"},
            "Question: ?\nOptions:\n- a\n- b\nAnswer:",
            " b",
        ),
        (  # SciQ
            {
                "question": "?", "correct_answer": "m", "distractor1": "z", "distractor2": "a",
                "distractor3": "n", "support": "",
            },
            "Question: ?\nOptions:\n- a\n- m\n- n\n- z\nAnswer:",
            " m",
        ),
        (  # HellaSwag
            {"ctx": "He", "endings": ["runs", "sits"], "label": "1", "ind": 3},
            "Question: He\nOptions:\n- runs\n- sits\nAnswer:",
            " sits",
        ),
        (  # COPA
            {"premise": "P", "choice1": "x", "choice2": "y", "question": "cause", "label": 0},
            "Question: P\nOptions:\n- x\n- y\nAnswer:",
            " x",
        ),
        (  # Belebele
            {
                "flores_passage": "T", "question": "?", "mc_answer1": "p", "mc_answer2": "q",
                "mc_answer3": "r", "mc_answer4": "s", "correct_answer_num": "3",
            },
            "Question: T\n?\nOptions:\n- p\n- q\n- r\n- s\nAnswer:",
            " r",
        ),
        ({"instruction": "A", "input": "1", "output": "3"}, "User: A\n\n1\n\nAssistant:", " 3"),
        ({"instruction": "Go", "context": "", "response": "ok"}, "User: Go\n\nAssistant:", " ok"),
        ({"conversations": TURN}, "User: Hi\n\nAssistant:", " Hello."),
        ({"sentence": "Just this.", "idx": 1}, "", "Just this."),
    ],
)  # fmt: skip
def test_columns_of_known_sets(row: dict[str, Any], prompt: str, answer: str) -> None:
    item = items_of([row], None)[0]
    assert (item.prompt, item.answer) == (prompt, answer)


def test_labels_are_found_and_few() -> None:
    rows = [{"text": f"t{n}", "label": ("good", "bad")[n % 2]} for n in range(8)]
    found = suggest(rows)
    assert found.template is not None
    assert (found.template.labels, found.measures) == (("bad", "good"), ("label", "loss"))
    assert suggest([{"text": f"t{n}", "label": f"l{n}"} for n in range(8)]).measures == ("loss",)


def test_word_problems_take_the_wording_of_their_language() -> None:
    german = suggest([{"question": "Wie viel?", "answer": 3, "lang": "de"}])
    assert german.template is not None
    assert (german.template.style, german.measures) == ("mgsm", ("loss", "exact"))
    english = suggest([{"question": "How many?", "solution": "2+1=3", "answer": "3", "lang": "en"}])
    assert (english.template, english.measures, english.new_tokens) == (
        None,
        ("loss", "exact"),
        256,
    )


def test_lengths_follow_the_items() -> None:
    assert suggest([{"text": "short"}]).length_tokens == 256
    assert suggest([{"text": "x" * 1500}]).length_tokens == 1024
    assert suggest([{"text": "x" * 99999}]).length_tokens == 2048


_WANTED = {
    "maths_en": ("loss", "exact"), "maths_multi": ("loss", "exact"), "maths_fr": ("loss", "exact"),
    "science_en": ("loss", "choice"), "science_multi": ("loss", "choice"),
    "commonsense_multi": ("loss", "choice"), "code": ("loss",), "chat_en": ("loss",),
    "text_wiki": ("loss",), "text_udhr": ("loss",), "text_tatoeba": ("loss",),
}  # fmt: skip


def test_every_shared_file_is_usable_as_it_is() -> None:
    folder = next(
        (p / "shared" / "data" for p in Path(__file__).parents if (p / "shared" / "data").is_dir()),
        None,
    )
    if folder is None:
        pytest.skip("the shared data sets are not beside this checkout")
    source = {"builtin": "plain-en"}
    for path in sorted(folder.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
        found = suggest(rows)
        wanted = next(value for name, value in _WANTED.items() if path.stem.startswith(name))
        assert (path.stem, found.measures) == (path.stem, wanted)
        data = {"calibration": [source], "heldout": [source], **found.settings()}
        ability = Ability.model_validate(data)
        items = items_of(rows, ability.template)
        assert all(item.prompt for item in items) or wanted == ("loss",)
        assert all(item.correct is not None for item in items) or "choice" not in wanted
        assert all(item.reference for item in items) or "exact" not in wanted

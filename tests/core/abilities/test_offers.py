"""A file says how it can be used; what it does not say, a person's columns do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from act_core.abilities.items import items_of
from act_core.abilities.offers import Offer, by_columns, look
from act_core.errors import AbilityDataError
from act_core.recipe import Source


def offer(tmp_path: Path, rows: list[dict[str, Any]]) -> Offer:
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return look(Source(file=path))


def test_known_forms_suggest_themselves(tmp_path: Path) -> None:
    rows = [{"question": f"{n} apples and 1?", "answer": f"One more.\n#### {n + 1}"}
            for n in range(4)]  # fmt: skip
    found = offer(tmp_path, rows)
    assert (found.rows, found.problem) == (4, None)
    assert found.suggestion is not None
    assert found.suggestion.title == "word problems"
    assert found.suggestion.measures == ("loss", "exact")


def test_languages_are_counted_where_there_are_several(tmp_path: Path) -> None:
    rows = [{"text": f"Satz {n}.", "language": "de" if n % 3 else "sw"} for n in range(9)]
    found = offer(tmp_path, rows)
    assert (found.language_field, found.languages) == ("language", {"de": 6, "sw": 3})
    assert not offer(tmp_path, rows[1:3]).languages


def test_unknown_columns_have_to_be_named(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": n, "frage": f"Frage {n}?", "antwort": "ja", "mit strich": "x", "tags": ["a"]}
        for n in range(5)
    ]
    found = offer(tmp_path, rows)
    assert found.suggestion is None
    assert found.problem is not None
    assert found.columns == ("frage", "antwort")  # what a template can name, and what is text
    made = by_columns(found.first, "question", "frage", "antwort")
    assert made.measures == ("loss", "exact")
    item = items_of(rows[:1], made.template)[0]
    assert (item.prompt, item.answer) == ("Question: Frage 0?\nAnswer:", " ja")
    assert item.reference == "ja"


def test_plain_text_by_a_column_is_as_long_as_it_needs(tmp_path: Path) -> None:
    rows = [{"Titel": "t", "Text": "Wort " * 400} for _ in range(3)]
    found = offer(tmp_path, rows)
    assert found.guess("text") == ("Text", "")
    made = by_columns(found.first, "text", "Text")
    assert (made.measures, made.length_tokens) == (("loss",), 1024)
    assert items_of(rows[:1], made.template)[0].text == "Wort " * 400


def test_guesses_question_and_answer_apart(tmp_path: Path) -> None:
    found = offer(tmp_path, [{"note": "n", "Output": "b", "Query": "a"}])
    assert found.guess("question") == ("Query", "Output")


def test_a_column_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(AbilityDataError, match="text"):
        by_columns([{"a": "x"}], "text", "b")

"""Rows become prompt and answer by their fields or by a template that can do nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from act_core.abilities.items import Item, Message, items_of
from act_core.errors import AbilityDataError
from act_core.recipe import Template

CHOICE = {"id": "c", "question": "Which?", "choices": ["red", "blue"], "answer": 1}
SOLVED = {"id": "m", "question": "2 and 3?", "solution": "2+3=5", "answer": 5}
CHAT = {
    "id": "h",
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Bye"},
        {"role": "assistant", "content": "So long."},
    ],
}


def one(row: dict[str, Any], template: Template | None = None) -> Item:
    return items_of([row], template)[0]


@pytest.mark.parametrize(
    ("row", "prompt", "answer", "reference"),
    [
        ({"text": "Just text."}, "", "Just text.", None),
        ({"prompt": "add 3+4=", "answer": "7"}, "add 3+4=", "7", "7"),
        ({"prompt": "add 3+4=", "answer": 7.0}, "add 3+4=", "7", "7"),
        ({"prompt": "Write f.", "solution": "def f(): ..."}, "Write f.", "\ndef f(): ...", None),
        ({"prompt": "def f():\n", "solution": "    pass"}, "def f():\n", "    pass", None),
        ({"question": "Wie viel?", "answer": 18}, "Question: Wie viel?\nAnswer:", " 18", "18"),
        (SOLVED, "Question: 2 and 3?\nAnswer:", " 2+3=5\nThe answer is 5.", "5"),
        (CHOICE, "Question: Which?\nOptions:\n- red\n- blue\nAnswer:", " blue", "blue"),
    ],
)
def test_fields_decide_the_form(
    row: dict[str, Any], prompt: str, answer: str, reference: str | None
) -> None:
    item = one(row)
    assert (item.prompt, item.answer, item.reference) == (prompt, answer, reference)


def test_solved_question_is_written_as_the_published_figures_are() -> None:
    assert one(SOLVED).text == "Question: 2 and 3?\nAnswer: 2+3=5\nThe answer is 5."


def test_choices_are_whole_answers() -> None:
    item = one(CHOICE)
    assert item.choices == (" red", " blue")
    assert item.correct == 1
    assert item.choices[item.correct] == item.answer


def test_last_turn_of_a_chat_is_the_answer() -> None:
    item = one(CHAT)
    assert item.prompt == "User: Hi\n\nAssistant: Hello.\n\nUser: Bye\n\nAssistant:"
    assert item.answer == " So long."
    assert item.messages[-1] == Message("assistant", "So long.")


def test_template_of_text() -> None:
    item = one({"de": "Ja", "en": "Yes"}, Template(text="{en} = {de}"))
    assert (item.prompt, item.answer) == ("", "Yes = Ja")


def test_template_of_prompt_and_answer_keeps_the_short_reference() -> None:
    template = Template(prompt="Frage: {question}\n", answer="{solution}\n#### {answer}")
    item = one(SOLVED, template)
    assert item.prompt == "Frage: 2 and 3?\n"
    assert item.answer == "2+3=5\n#### 5"
    assert item.reference == "5"


def test_template_of_choices_stands_for_every_option() -> None:
    item = one(CHOICE, Template(prompt="{question} ({choices})", answer=" -> {answer}!"))
    assert item.prompt == "Which? (- red\n- blue)"
    assert item.choices == (" -> red!", " -> blue!")
    assert item.answer == " -> blue!"


def test_half_a_template_is_completed_from_the_fields() -> None:
    asked = one(SOLVED, Template(prompt="Q {question}"))
    assert (asked.prompt, asked.answer) == ("Q 2 and 3?", " 2+3=5\nThe answer is 5.")
    answered = one(SOLVED, Template(answer=" {answer}"))
    assert (answered.prompt, answered.answer) == ("Question: 2 and 3?\nAnswer:", " 5")


def test_chat_template_makes_turns_of_prompt_and_answer() -> None:
    item = one({"prompt": "Say hi. ", "answer": "Hi"}, Template(chat=True))
    assert item.messages == (Message("user", "Say hi."), Message("assistant", "Hi"))


@pytest.mark.parametrize(
    "pattern", ["{a.__class__}", "{a[0]}", "{a!r}", "{a:>9999999}", "{}", "{0}", "{ a }", "{a"]
)
def test_templates_do_nothing_but_replace_names(pattern: str) -> None:
    assert one({"a": "x", "text": "t"}, Template(text=pattern)).answer == pattern


def test_values_are_not_looked_into_again() -> None:
    assert one({"a": "{b}", "b": "secret"}, Template(text="<{a}>")).answer == "<{b}>"


@pytest.mark.parametrize(
    ("row", "template", "message"),
    [
        ({"x": 1, "y": 2}, None, "from which no text can be made"),
        ({"question": "?"}, Template(prompt="{qestion}"), "Did you mean question"),
        ({"a": {"b": 1}}, Template(text="{a}"), "holds no text but dict"),
        ({"text": None}, None, "holds no text but nothing"),
        ({"text": "  "}, None, "empty answer"),
        ({**CHOICE, "answer": 2}, None, "not a number from 0 to 1"),
        ({**CHOICE, "answer": -1}, None, "not a number from 0 to 1"),
        ({**CHOICE, "answer": True}, None, "not a number from 0 to 1"),
        ({**CHOICE, "answer": "B"}, None, "not a number from 0 to 1"),
        ({**CHOICE, "choices": ["one"]}, None, "not a list of two or more"),
        ({"messages": []}, None, "not a chat"),
        ({"messages": "hello"}, None, "not a chat"),
        ({"messages": [{"role": "assistant", "content": None}]}, None, "not a chat"),
        ({"messages": CHAT["messages"][:3]}, None, "not a chat"),
    ],
)
def test_rows_that_fit_nothing(
    row: dict[str, Any], template: Template | None, message: str
) -> None:
    with pytest.raises(AbilityDataError, match=message):
        one(row, template)


def test_all_shared_files_make_items() -> None:
    """Every form of the shared data, where it is at hand beside the checkout."""
    folder = next(
        (p / "shared" / "data" for p in Path(__file__).parents if (p / "shared" / "data").is_dir()),
        None,
    )
    if folder is None:
        pytest.skip("the shared data sets are not beside this checkout")
    for path in sorted(folder.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
        items = items_of(rows, None)
        assert len(items) == len(rows)
        for row, item in zip(rows, items, strict=True):
            assert item.id == row["id"]
            assert (item.correct is not None) == ("choices" in row)

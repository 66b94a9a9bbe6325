"""Items: rows of data as prompt and answer, whatever fields they came in."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from act_core.abilities.columns import standard_row
from act_core.abilities.mgsm import WORDINGS
from act_core.abilities.templates import as_text, fill, unknown_field
from act_core.errors import AbilityDataError
from act_core.recipe import Template

Row = Mapping[str, Any]

_PLAIN_ROLES = {"system": "System", "user": "User", "assistant": "Assistant"}


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a model is asked to continue.

    Attributes:
        id: Its name in its source.
        prompt: What is given; may be empty.
        answer: What follows the prompt directly; leading white space belongs to it.
        choices: All possible answers, or none; `choices[correct]` is `answer`.
        correct: Number of the right choice, 0-based.
        reference: What a generated answer is compared with, or None where nothing can be.
        messages: The same as a chat whose last turn is the answer; rendered with the model's chat
            template where both exist.
    """

    id: str
    prompt: str
    answer: str
    choices: tuple[str, ...] = ()
    correct: int | None = None
    reference: str | None = None
    messages: tuple[Message, ...] = ()

    @property
    def text(self) -> str:
        """Prompt and answer as one text."""
        return self.prompt + self.answer


def items_of(rows: Iterable[Row], template: Template | None) -> tuple[Item, ...]:
    """Rows as items, by a template or by the fields they have.

    Without a template the first of these that a row has decides:
    `messages` (the last turn is the answer); `text`; `question` (or `prompt`), `choices` and a
    0-based `answer`; `prompt` and `answer` (joined as they stand); `prompt` and `solution` (joined
    by a new line); `question` and `solution`, with "The answer is N." where there is an `answer`;
    `question` and `answer`.

    Raises:
        AbilityDataError: A row fits none of them, or lacks what the template asks for.
    """
    return tuple(_item(row, template) for row in rows)


def _item(row: Row, template: Template | None) -> Item:
    name = str(row.get("id", "?"))
    if template is None or template.is_empty:
        item = _detected(name, row)
    elif template.style is not None:
        item = _STYLES[template.style](name, row, template)
    elif template.text is not None:
        item = Item(name, "", fill(template.text, row))
    else:
        item = _templated(name, row, template)
    if template is not None and template.chat and not item.messages:
        item = _as_chat(item)
    if not item.answer.strip():
        raise AbilityDataError(f"Row {name} has an empty answer.", remedy="Correct or remove it.")
    return item


def _templated(name: str, row: Row, template: Template) -> Item:
    if template.prompt is not None:
        prompt = fill(template.prompt, row)
    else:
        prompt = _detected(name, row).prompt
    pattern = template.answer
    if template.labels is not None:
        number = _label(name, row, template.labels)
        row = {**row, "choices": list(template.labels), "answer": number}
    if "choices" in row:
        pattern = pattern if pattern is not None else _spaced(prompt, "{answer}")
        return _choice(name, row, prompt, pattern)
    if pattern is None:
        found = _detected(name, row)
        return Item(name, prompt, _spaced(prompt, found.answer.lstrip()), reference=found.reference)
    answer = fill(pattern, row)
    reference = answer.strip()
    given = row.get("answer")
    if isinstance(given, str | int | float):
        short = as_text(given, "answer", row).strip()
        reference = short if short in answer else reference
    return Item(name, prompt, answer, reference=reference)


def _label(name: str, row: Row, labels: Sequence[str]) -> int:
    """The number of a row's label; as text it is one of them, whatever its case."""
    given = row.get("label", row.get("answer"))
    if isinstance(given, str):
        plain = [label.strip().casefold() for label in labels]
        given = plain.index(given.strip().casefold()) if given.strip().casefold() in plain else None
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < len(labels):
        raise AbilityDataError(
            f"The label of row {name} is none of {', '.join(labels)}.",
            remedy="Give all labels in the template, or correct the row.",
        )
    return given


def _word_problem(name: str, row: Row, template: Template) -> Item:
    """As MGSM writes it, in the row's own language; English where that is not known."""
    row = standard_row(row)
    for key in ("question", "answer"):
        if key not in row:
            raise unknown_field(key, row, where=f"The style mgsm of row {name}")
    wording = WORDINGS.get(str(row.get("lang", template.lang)), WORDINGS["en"])
    short = _field(row, "answer").strip()
    solution = _field(row, "solution") if "solution" in row else None
    prompt = wording.prompt(_field(row, "question"))
    return Item(name, prompt, wording.answer(solution, short), reference=short)


def _lettered(name: str, row: Row, template: Template) -> Item:
    """Options behind letters; the letter is the answer, so that one token tells it."""
    whole = _detected(name, row)
    if whole.correct is None:
        raise AbilityDataError(
            f"Row {name} has no choices, so there are no letters to choose from.",
            remedy="Remove the style letters, or give rows with choices and answer.",
        )
    letters = tuple(f" {letter}" for letter in string.ascii_uppercase[: len(whole.choices)])
    options = zip(letters, whole.choices, strict=True)
    listed = "".join(f"{letter.strip()}. {option.strip()}\n" for letter, option in options)
    question = _field(row, "question" if "question" in row else "prompt")
    prompt = f"{question}\n{listed}Answer:"
    answer = letters[whole.correct]
    return Item(name, prompt, answer, letters, whole.correct, reference=answer.strip())


_STYLES = {"mgsm": _word_problem, "letters": _lettered}


def _detected(name: str, row: Row) -> Item:
    row = standard_row(row)
    if "messages" in row:
        return _chat(name, row)
    if "text" in row:
        return Item(name, "", _field(row, "text"))
    asked = "question" if "question" in row else "prompt"
    if asked in row and "choices" in row and "answer" in row:
        options = as_text(row["choices"], "choices", row)
        prompt = f"Question: {_field(row, asked)}\nOptions:\n{options}\nAnswer:"
        return _choice(name, row, prompt, " {answer}")
    if "prompt" in row and "answer" in row:
        answer = _field(row, "answer")
        return Item(name, _field(row, "prompt"), answer, reference=answer.strip())
    if "prompt" in row and "solution" in row:
        prompt = _field(row, "prompt")
        return Item(name, prompt, _spaced(prompt, _field(row, "solution"), "\n"))
    if "question" in row and ("solution" in row or "answer" in row):
        return _question(name, row)
    raise AbilityDataError(
        f"Row {name} has the fields {', '.join(map(str, row))}, from which no text can be made.",
        remedy="Give the ability a template, such as prompt: '{question}' and answer: '{reply}'.",
    )


def _question(name: str, row: Row) -> Item:
    """As the figures of published GSM8K fine-tunes are written: question, steps, answer."""
    prompt = f"Question: {_field(row, 'question')}\nAnswer:"
    short = _field(row, "answer").strip() if "answer" in row else None
    if "solution" not in row:
        return Item(name, prompt, f" {short}", reference=short)
    closing = "" if short is None else f"\nThe answer is {short}."
    return Item(name, prompt, f" {_field(row, 'solution')}{closing}", reference=short)


def _choice(name: str, row: Row, prompt: str, pattern: str) -> Item:
    choices, correct = row["choices"], row.get("answer")
    if not isinstance(choices, list) or len(choices) < 2:
        raise AbilityDataError(
            f"The choices of row {name} are not a list of two or more.", remedy="Correct the row."
        )
    if not isinstance(correct, int) or isinstance(correct, bool) or not (
        0 <= correct < len(choices)
    ):  # fmt: skip
        raise AbilityDataError(
            f"The answer of row {name} is {correct!r}, not a number from 0 to {len(choices) - 1}.",
            remedy="The answer to a choice is the 0-based number of the right one.",
        )
    options = tuple(fill(pattern, {**row, "answer": choice}) for choice in choices)
    return Item(
        name, prompt, options[correct], options, correct, reference=options[correct].strip()
    )


def _chat(name: str, row: Row) -> Item:
    given = row["messages"]
    try:
        messages = tuple(Message(str(m["role"]), m["content"]) for m in given)
        fits = messages[-1].role == "assistant" and all(
            isinstance(message.content, str) for message in messages
        )
    except (TypeError, KeyError, IndexError):
        fits = False
    if not fits:
        raise AbilityDataError(
            f"The messages of row {name} are not a chat that ends with the assistant.",
            remedy='A chat is a list of {"role": ..., "content": text}, the last one being the '
            "assistant's answer.",
        )
    turns = (f"{_PLAIN_ROLES.get(m.role, m.role)}: {m.content}\n\n" for m in messages[:-1])
    answer = messages[-1].content
    prompt = "".join(turns) + "Assistant:"
    return Item(name, prompt, " " + answer, reference=answer.strip(), messages=messages)


def _as_chat(item: Item) -> Item:
    user = (Message("user", item.prompt.strip()),) if item.prompt else ()
    turns = (*user, Message("assistant", item.answer.strip()))
    return Item(
        item.id, item.prompt, item.answer, item.choices, item.correct, item.reference, turns
    )


def _field(row: Row, name: str) -> str:
    return as_text(row[name], name, row)


def _spaced(prompt: str, answer: str, gap: str = " ") -> str:
    """The answer, kept apart from a prompt that does not end in white space itself."""
    return answer if not prompt or prompt[-1].isspace() else gap + answer

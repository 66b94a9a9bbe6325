"""Columns of well-known data sets, as the fields that items are made of.

The forms are those of the data sets' own pages: GSM8K, MGSM, ARC, HellaSwag, SciQ, COPA, Belebele,
Alpaca, Dolly, ShareGPT. A row of none of them stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]

_CALCULATOR = re.compile(r"<<[^>]*>>")
_TEXTS = ("content", "sentence", "document", "paragraph", "passage")


def standard_row(row: Row) -> Row:
    """The row with `question`, `choices`, `answer`, `solution`, `messages` or `text` where known.

    Fields that it has besides are kept, for templates.
    """
    for needed, change in _FORMS:
        if all(name in row for name in needed):
            made = change(row)
            if made is not None:
                return {**row, **made}
    if not {"text", "prompt", "question", "messages"} & set(row):
        found = [name for name in _TEXTS if isinstance(row.get(name), str)]
        if len(found) == 1:
            return {**row, "text": row[found[0]]}
    return row


def _gsm8k(row: Row) -> Row | None:
    steps, mark, number = str(row["answer"]).rpartition("####")
    if not mark:
        return None
    solution = _CALCULATOR.sub("", steps).strip()
    return {"solution": solution, "answer": number.strip().replace(",", "")}


def _mgsm(row: Row) -> Row:
    steps = row.get("answer")
    solved = {"solution": steps} if isinstance(steps, str) and steps.strip() else {}
    return {**solved, "answer": row["answer_number"]}


def _arc(row: Row) -> Row | None:
    choices = row["choices"]
    if not isinstance(choices, Mapping) or row["answerKey"] not in choices.get("label", ()):
        return None
    labels = list(choices["label"])
    return {"choices": list(choices["text"]), "answer": labels.index(row["answerKey"])}


def _hellaswag(row: Row) -> Row | None:
    number = _number(row["label"])
    return None if number is None else {
        "question": row["ctx"], "choices": list(row["endings"]), "answer": number
    }  # fmt: skip


def _sciq(row: Row) -> Row:
    """In alphabetical order, so that the right one stands at no certain place."""
    right = row["correct_answer"]
    choices = sorted([right, *(row[f"distractor{n}"] for n in (1, 2, 3))])
    return {"choices": choices, "answer": choices.index(right)}


def _copa(row: Row) -> Row | None:
    number = _number(row["label"])
    return None if number is None else {
        "question": row["premise"],
        "relation": row.get("question", ""),
        "choices": [row["choice1"], row["choice2"]],
        "answer": number,
    }  # fmt: skip


def _belebele(row: Row) -> Row | None:
    number = _number(row["correct_answer_num"])
    return None if number is None else {
        "question": f"{row['flores_passage']}\n{row['question']}",
        "choices": [row[f"mc_answer{n}"] for n in (1, 2, 3, 4)],
        "answer": number - 1,
    }  # fmt: skip


def _instructed(answer: str, given: str) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        more = str(row.get(given) or "").strip()
        asked = f"{row['instruction']}\n\n{more}" if more else row["instruction"]
        turns = (("user", asked), ("assistant", row[answer]))
        return {"messages": [{"role": role, "content": text} for role, text in turns]}

    return change


def _sharegpt(row: Row) -> Row | None:
    roles = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant"}
    roles["system"] = "system"
    try:
        turns = [{"role": roles[t["from"]], "content": t["value"]} for t in row["conversations"]]
    except (KeyError, TypeError):
        return None
    return {"messages": turns}


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdecimal() else None


_FORMS: tuple[tuple[tuple[str, ...], Callable[[Row], Row | None]], ...] = (
    (("question", "answer_number"), _mgsm),
    (("question", "choices", "answerKey"), _arc),
    (("question", "correct_answer", "distractor1", "distractor2", "distractor3"), _sciq),
    (("flores_passage", "question", "mc_answer1", "mc_answer4", "correct_answer_num"), _belebele),
    (("ctx", "endings", "label"), _hellaswag),
    (("premise", "choice1", "choice2", "label"), _copa),
    (("instruction", "output"), _instructed("output", "input")),
    (("instruction", "response"), _instructed("response", "context")),
    (("conversations",), _sharegpt),
    (("question", "answer"), _gsm8k),
)

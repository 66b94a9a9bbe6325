"""What a person's file offers: how its rows can be used, by which columns, and in which languages.

Rows of a known form are used as they suggest themselves. Of all others a person says which column
holds the text, or the question and the answer.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from act_core.abilities.items import Row
from act_core.abilities.sources import read_rows
from act_core.abilities.suggest import Suggestion, suggest
from act_core.errors import AbilityDataError, ErrorRecord
from act_core.recipe import Source, Template

ColumnUse = Literal["text", "question"]

_LANGUAGE_FIELDS = ("lang", "language", "locale")
_MOST_LANGUAGES = 200
_LONGEST_LANGUAGE = 24
_LOOKED_AT = 500
# What a template can name; see `templates`.
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUESTION = ("question", "prompt", "instruction", "input", "source", "query")
_ANSWER = ("answer", "solution", "response", "output", "target", "completion", "label")
_TEXT = ("text", "content", "sentence", "document", "body", "translation")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a file offers.

    Attributes:
        source: Where its rows come from.
        rows: How many they are; None where that is not known.
        suggestion: How to use them as they are; None where no text can be made of them so.
        problem: Why not.
        columns: Those that a template can name and that hold text or numbers, as far as looked at.
        language_field: The column that says each row's language; empty where there is none.
        languages: Rows of each language, the most first; none where there is but one.
        first: The first rows, for `by_columns`.
    """

    source: Source
    rows: int | None
    suggestion: Suggestion | None
    problem: ErrorRecord | None
    columns: tuple[str, ...]
    language_field: str
    languages: Mapping[str, int]
    first: tuple[Row, ...] = field(repr=False)

    def guess(self, use: ColumnUse) -> tuple[str, str]:
        """The columns that a person most likely means: of the text, or of question and answer."""
        if use == "text":
            return _one_of(_TEXT, self.columns), ""
        asked = _one_of(_QUESTION, self.columns)
        return asked, _one_of(_ANSWER, [name for name in self.columns if name != asked])


def look(source: Source) -> Offer:
    """Read a file and see what it offers. Reads all of it: not for the window's thread.

    Raises:
        AbilityDataError: As `read_rows`.
    """
    rows = read_rows(source, "calibration")
    name, languages = _languages(rows)
    return dataclasses.replace(
        offer_of(source, rows[:_LOOKED_AT]),
        rows=len(rows), language_field=name, languages=languages,
    )  # fmt: skip


def offer_of(source: Source, first: Sequence[Row]) -> Offer:
    """What a source offers, as far as its first rows tell; how many there are is not known then.

    Args:
        source: Where the rows come from.
        first: At least one row.
    """
    suggestion, problem = None, None
    try:
        suggestion = suggest(first)
    except AbilityDataError as error:
        problem = error.record()
    return Offer(source, None, suggestion, problem, _columns(first), "", {}, tuple(first))


def by_columns(rows: Sequence[Row], use: ColumnUse, first: str, second: str = "") -> Suggestion:
    """How to use rows by the columns that a person names.

    Args:
        rows: Some of them; at least one.
        use: `text`: the first column is plain text. `question`: the first column is asked, the
            second is the answer.
        first: A column.
        second: Another column, for `question`.

    Raises:
        AbilityDataError: A row lacks a column, or it holds no text.
    """
    if use == "text":
        template = Template(text=f"{{{first}}}")
        named = [{"id": row.get("id", "?"), "text": row.get(first)} for row in rows]
    else:
        template = Template(prompt=f"Question: {{{first}}}\nAnswer:", answer=f" {{{second}}}")
        named = [
            {"id": row.get("id", "?"), "question": row.get(first), "answer": row.get(second)}
            for row in rows
        ]
    found = suggest(named)
    return Suggestion(found.title, found.measures, template, found.length_tokens, found.new_tokens)


def settings_of(
    source: Source, use: ColumnUse | None, first: str = "", second: str = ""
) -> dict[str, Any]:
    """Settings of an ability with the rows of a source, as keys in a recipe.

    Args:
        source: Where its rows come from.
        use: As `by_columns`; None: as they suggest themselves, and nothing where they do not.
        first, second: Columns.

    Raises:
        AbilityDataError: As `read_rows` and `by_columns`.
    """
    return settings_of_rows(read_rows(source, "calibration")[:_LOOKED_AT], use, first, second)


def settings_of_rows(
    rows: Sequence[Row], use: ColumnUse | None, first: str = "", second: str = ""
) -> dict[str, Any]:
    """As `settings_of`, of the first rows themselves.

    Raises:
        AbilityDataError: As `by_columns`.
    """
    if use is not None:
        return by_columns(rows, use, first, second).settings()
    try:
        return suggest(rows).settings()
    except AbilityDataError:
        return {}


def _columns(rows: Sequence[Row]) -> tuple[str, ...]:
    names = dict.fromkeys(str(name) for row in rows for name in row if name != "id")
    return tuple(
        name
        for name in names
        if _COLUMN.fullmatch(name) and all(_is_text(row.get(name)) for row in rows)
    )


def _languages(rows: Sequence[Row]) -> tuple[str, Mapping[str, int]]:
    """The column of languages with the rows of each, where there are several."""
    for name in _LANGUAGE_FIELDS:
        values = Counter(row.get(name) for row in rows)
        if 2 <= len(values) <= _MOST_LANGUAGES and all(map(_is_language, values)):
            return name, {str(value): number for value, number in values.most_common()}
    return "", {}


def _is_language(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST_LANGUAGE


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _one_of(wanted: Sequence[str], columns: Sequence[str]) -> str:
    lowered = {name.casefold(): name for name in reversed(columns)}
    found = next((lowered[name] for name in wanted if name in lowered), None)
    return found or next(iter(columns), "")

"""What rows of a person's file suggest: a template, measures and lengths, from their columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from act_core.abilities.columns import Row, standard_row
from act_core.abilities.items import items_of
from act_core.abilities.mgsm import WORDINGS
from act_core.recipe import Measure, Template

_MOST_LABELS = 20
_LOOKED_AT = 500
_LONGEST_TOKENS = 2048
_SHORT_ANSWER_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Suggestion:
    """How to use rows as an ability.

    Attributes:
        title: What they are, in a few words.
        measures: How their held-out items are measured; the first one speaks for the ability.
        template: Their template; None where their fields decide.
        length_tokens: Where longer items are cut.
        new_tokens: Most tokens generated for an exact match.
    """

    title: str
    measures: tuple[Measure, ...]
    template: Template | None = None
    length_tokens: int = 256
    new_tokens: int = 32

    def settings(self) -> dict[str, Any]:
        """As keys of an ability in a recipe."""
        settings: dict[str, Any] = {
            "measures": list(self.measures),
            "length_tokens": self.length_tokens,
            "new_tokens": self.new_tokens,
        }
        if self.template is not None:
            settings["template"] = self.template.model_dump(exclude_none=True)
        return settings


def suggest(rows: Sequence[Row]) -> Suggestion:
    """Look at the first rows of a file.

    Choices are measured by loss and choice, word problems by loss and exact match of their number
    (in the wording of MGSM where they are in one of its languages), texts with one of few labels by
    the label, and everything else by loss.

    Args:
        rows: As `read_rows` gives them; at least one.

    Raises:
        AbilityDataError: No text can be made of them.
    """
    first = [standard_row(row) for row in rows[:_LOOKED_AT]]
    length = {"length_tokens": 256}
    found = _found(first)
    items = items_of(first, found.template)
    # Half a token for a character is much in English and usual in other scripts.
    characters = sorted(len(item.text) for item in items)[int(0.95 * (len(items) - 1))]
    while length["length_tokens"] < min(_LONGEST_TOKENS, characters // 2):
        length["length_tokens"] *= 2
    return Suggestion(
        found.title, found.measures, found.template, length["length_tokens"], found.new_tokens
    )


def _found(rows: Sequence[Row]) -> Suggestion:
    if _all_have(rows, ("choices", "answer")):
        return Suggestion("questions with choices", ("loss", "choice"))
    labels = _labels(rows)
    if labels:
        template = Template(prompt="{text}\nLabel:", labels=labels)
        return Suggestion("texts with labels", ("label", "loss"), template)
    if _all_have(rows, ("question", "answer")) and all(_is_number(row["answer"]) for row in rows):
        languages = {str(row.get("lang")) for row in rows}
        foreign = languages <= set(WORDINGS) and languages != {"en"}
        template_or_none = Template(style="mgsm") if foreign else None
        return Suggestion("word problems", ("loss", "exact"), template_or_none, new_tokens=256)
    for asked in ("question", "prompt"):
        if _all_have(rows, (asked, "answer")) and not _all_have(rows, ("solution",)):
            short = all(len(str(row["answer"])) <= _SHORT_ANSWER_CHARACTERS for row in rows)
            return Suggestion("questions with answers", ("loss", "exact") if short else ("loss",))
    if _all_have(rows, ("messages",)):
        return Suggestion("chats", ("loss",))
    return Suggestion("texts", ("loss",))


def _labels(rows: Sequence[Row]) -> tuple[str, ...]:
    """The labels of texts that have one each, or none where these are too many or too few."""
    if not _all_have(rows, ("text", "label")):
        return ()
    values = {row["label"] for row in rows if isinstance(row["label"], str)}
    named = all(isinstance(row["label"], str) for row in rows)
    fits = named and 2 <= len(values) <= min(_MOST_LABELS, len(rows) // 2)
    return tuple(sorted(values)) if fits else ()


def _all_have(rows: Sequence[Row], names: Iterable[str]) -> bool:
    wanted = set(names)
    return all(wanted <= set(row) for row in rows)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    plain = str(value).replace(",", "").strip()
    return isinstance(value, int | float) or plain.removeprefix("-").replace(".", "", 1).isdecimal()

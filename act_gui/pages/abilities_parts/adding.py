"""New abilities from data, with the settings that suit it; reads files, so never in the window."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from act_core.abilities.divide import Division
from act_core.abilities.items import Row
from act_core.abilities.offers import ColumnUse, settings_of, settings_of_rows
from act_core.recipe import Ability, Source
from act_gui.pages.abilities_parts.edits import filtered
from act_gui.text import tr

_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Choice:
    """How a person wants a file to be used.

    Attributes:
        language_field: The column that says each row's language; empty where there is none.
        use: By which columns; None: as the rows suggest themselves.
        first, second: The columns.
        languages: Each of these is an ability of its own; none: all rows are one ability.
    """

    language_field: str = ""
    use: ColumnUse | None = None
    first: str = ""
    second: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Added:
    """What is to be added.

    Attributes:
        abilities: By name.
        text: What happened to the data; may be empty.
    """

    abilities: Mapping[str, Ability]
    text: str


def make(
    name: str,
    role: str,
    calibration: Sequence[Source],
    heldout: Sequence[Source],
    choice: Choice,
    taken: Collection[str],
    text: str = "",
    rows: Sequence[Row] | None = None,
) -> Added:
    """One ability, or one for each language.

    Args:
        name: Of the ability, or what names of several begin with.
        role: `bring` or `keep`.
        calibration, heldout: Their sources.
        choice: How rows are used.
        taken: Names that there are.
        text: What happened to the data.
        rows: The first rows, where the data is not on this computer yet.

    Raises:
        AbilityDataError: The data cannot be read, or lacks a chosen column.
    """
    if not choice.languages:
        one = _ability(role, calibration, heldout, choice, rows)
        return Added({name: one}, text)
    found: dict[str, Ability] = {}
    for language in choice.languages:
        where: dict[str, str | int | bool] = {choice.language_field: language}
        splits = filtered(calibration, where), filtered(heldout, where)
        own = free_name(f"{name}-{language}", {*taken, *found})
        found[own] = _ability(role, *splits, choice, rows)
    return Added(found, text)


def divided(name: str, role: str, made: Division, choice: Choice, taken: Collection[str]) -> Added:
    """The same from the two halves of a file; other arguments as `make`."""
    halves = (Source(file=made.calibration),), (Source(file=made.heldout),)
    return make(name, role, *halves, choice, taken, _division_text(made))


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A text as the name of an ability that is not there yet."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in wanted)
    plain = kept.strip("._-")[:_LONGEST_NAME] or "ability"
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    return name


def _division_text(made: Division) -> str:
    """What splitting a file did."""
    text = tr(
        "Split into {calibration} calibration and {heldout} held-out items.",
        calibration=made.calibration_rows,
        heldout=made.heldout_rows,
    )
    if made.repeated_rows:
        text += " " + tr(
            "{count} of them say what another says; those stand on the same side.",
            count=made.repeated_rows,
        )
    return text


def _ability(
    role: str,
    calibration: Sequence[Source],
    heldout: Sequence[Source],
    choice: Choice,
    rows: Sequence[Row] | None,
) -> Ability:
    use = choice.use, choice.first, choice.second
    found = settings_of(calibration[0], *use) if rows is None else settings_of_rows(rows, *use)
    given = {"role": role, "calibration": tuple(calibration), "heldout": tuple(heldout)}
    return Ability.model_validate({**found, **given})

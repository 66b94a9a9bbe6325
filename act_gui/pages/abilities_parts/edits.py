"""Changes of a recipe's abilities that reach further than the ability: pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from act_core.errors import ErrorRecord
from act_core.recipe import Ability, Draft, Source, TuneSettings
from act_gui.text import tr

_CONDITION = re.compile(r"\s*([^=,;]+?)\s*=\s*(.*?)\s*")
_WORDS: Mapping[str, bool] = {"true": True, "false": False}


def renamed(draft: Draft, old: str, new: str) -> dict[str, Any]:
    """Fields of a draft in which an ability is called otherwise."""
    abilities = {new if name == old else name: one for name, one in draft.abilities.items()}
    names = {old: new}
    return {
        "abilities": abilities,
        "specialists": _with_brings(draft, names),
        "tune": _with_shares(draft, names),
    }


def removed(draft: Draft, gone: str) -> dict[str, Any]:
    """Fields of a draft without an ability."""
    abilities = {name: one for name, one in draft.abilities.items() if name != gone}
    names = {gone: None}
    return {
        "abilities": abilities,
        "specialists": _with_brings(draft, names),
        "tune": _with_shares(draft, names),
    }


def changed(draft: Draft, name: str, **fields: Any) -> dict[str, Any]:
    """Fields of a draft in which an ability has other values.

    Raises:
        pydantic.ValidationError: A value is not allowed.
    """
    ability = Ability.model_validate({**dict(draft.abilities[name]), **fields})
    fields = {"abilities": {**draft.abilities, name: ability}}
    if ability.role == "keep":
        fields["specialists"] = _with_brings(draft, {name: None})
    return fields


def _with_brings(draft: Draft, names: Mapping[str, str | None]) -> dict[str, Any]:
    """Specialists that bring abilities by their new names; nothing left means all again."""
    found = {}
    for name, specialist in draft.specialists.items():
        brings = specialist.brings
        if brings is not None:
            changed_names = [names.get(ability, ability) for ability in brings]
            brings = tuple(ability for ability in changed_names if ability is not None) or None
        found[name] = specialist.model_copy(update={"brings": brings})
    return found


def _with_shares(draft: Draft, names: Mapping[str, str | None]) -> TuneSettings | None:
    """The tuning with shares of abilities by their new names."""
    if draft.tune is None:
        return None
    shares = {names.get(name, name): share for name, share in draft.tune.shares.items()}
    kept = {name: share for name, share in shares.items() if name is not None}
    return draft.tune.model_copy(update={"shares": kept})


def where_text(sources: Sequence[Source]) -> str:
    """The filter of sources as a person writes it, e.g. `lang = de, level = 3`."""
    where = next((source.where for source in sources if source.where), {})
    return ", ".join(f"{field} = {value}" for field, value in where.items())


def where_of(text: str) -> dict[str, str | int | bool]:
    """A filter from text.

    Raises:
        ValueError: It is none; the reason is for people.
    """
    found: dict[str, str | int | bool] = {}
    for part in text.split(",") if text.strip() else ():
        condition = _CONDITION.fullmatch(part)
        if condition is None:
            raise ValueError(tr("Write field = value, with commas between."))
        field, value = condition[1], condition[2]
        if value.casefold() in _WORDS:
            found[field] = _WORDS[value.casefold()]
        else:
            found[field] = int(value) if re.fullmatch(r"-?\d{1,18}", value) else value
    return found


def filtered(sources: Sequence[Source], where: Mapping[str, str | int | bool]) -> list[Source]:
    """The same sources with another filter."""
    return [source.model_copy(update={"where": dict(where)}) for source in sources]


def impossible_measures(ability: Ability, possible: Sequence[str]) -> ErrorRecord | None:
    """What is wrong with measures that the held-out items do not allow."""
    wrong = [measure for measure in ability.measures if measure not in possible]
    if not wrong:
        return None
    return ErrorRecord(
        "AbilityDataError",
        tr("A measure cannot be taken"),
        tr("The held-out items do not allow {measures}.", measures=", ".join(wrong)),
        tr("Switch it off, or give rows that allow it: exact needs prompt and answer, choice and "
           "label need choices or a template with labels."),
    )  # fmt: skip

"""The models that a checkpoint was made of, as the Hub knows them, with their licences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from act_core.errors import ActError
from act_core.hub.layout import cached_name, commit_folder, name_of
from act_core.hub.names import hub_name, is_local
from act_core.models.describe import CARD_NAME, front_matter
from act_core.models.places import place_of
from act_core.models.reference import split_reference
from act_core.transfer.files import KEPT_PREFIX
from act_core.transfer.provenance import ModelRecord, read_provenance


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A model that took part.

    Attributes:
        name: `owner/name`, or the name of its folder.
        licence: By the Hub's short name; empty where its card names none.
        on_hub: Whether it is on the Hub.
    """

    name: str
    licence: str
    on_hub: bool


def ingredients(folder: Path) -> tuple[Ingredient, ...]:
    """The models of a checkpoint, target first; none where its record cannot be read.

    Args:
        folder: A checkpoint that a transfer has written.
    """
    try:
        made_of = read_provenance(folder)
    except ActError:
        return ()
    target = tuple(_parts(made_of.target, folder / f"{KEPT_PREFIX}{CARD_NAME}"))
    others = [*([made_of.base] if made_of.base else []), *made_of.specialists.values()]
    found = [*target, *(one for record in others for one in _parts(record, None))]
    return tuple(dict.fromkeys(found))


def licences_of(made_of: tuple[Ingredient, ...]) -> dict[str, str]:
    """Licences by model; two models of one name are told apart by a number."""
    found: dict[str, str] = {}
    for one in made_of:
        alike = sum(name.split(" (")[0] == one.name for name in found)
        found[f"{one.name} ({alike + 1})" if alike else one.name] = one.licence
    return found


def _parts(record: ModelRecord, kept_card: Path | None) -> Iterator[Ingredient]:
    """A model, or an adapter with the model below it."""
    parts = split_reference(record.reference)
    if not all(hub_name(part) for part in parts):
        parts = split_reference(place_of(record.fingerprint) or record.reference)
    for part in parts:
        name, folder, on_hub = _named(part)
        cards = [folder / CARD_NAME] if folder is not None else []
        if kept_card is not None and len(parts) == 1:
            cards.append(kept_card)
        yield Ingredient(name, next(filter(None, map(_licence, cards)), ""), on_hub)


def _licence(card: Path) -> str:
    """By its short name; one of its publisher's own may have another under license_name."""
    front = front_matter(card)
    named = front.get("license")
    if named == "other" and isinstance(front.get("license_name"), str):
        named = front["license_name"]
    return named if isinstance(named, str) and re.fullmatch(r"[\w.+-]{1,64}", named) else ""


def _named(reference: str) -> tuple[str, Path | None, bool]:
    """A part of a reference: its name, the folder with its card where that is here, and where from.

    A folder of the Hub's cache is the repository that it holds.
    """
    path = Path(reference).expanduser()
    if is_local(reference):
        name, folder = name_of(path), path if path.is_dir() else path.parent
        return (name.repo if name else path.name), folder, name is not None
    name = hub_name(reference)
    if name is None:
        return path.name, None, False
    here = cached_name(name)
    return name.repo, commit_folder(here) / here.subfolder if here else None, True

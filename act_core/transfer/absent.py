"""Models that a checkpoint was made of and that are gone from this computer, and the way back.

Their names on the Hub, or their fingerprints, are all that an export says of them; a cache that was
cleared or a folder that was moved leaves both behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from act_core.errors import ActError, RecipeError, ReferenceNotFoundError
from act_core.hub.models import base_named, hub_names_of
from act_core.models.places import place_of
from act_core.models.reference import split_reference
from act_core.transfer.provenance import (
    ModelRecord,
    Provenance,
    read_provenance,
    recorded_model,
    same_model,
)


@dataclass(frozen=True, slots=True)
class Absent:
    """A model that is not here.

    Attributes:
        name: `target`, or the specialist's.
        reference: What the export calls it.
        fetch: A reference all of which the Hub has, or what is here; empty where only a person can
            say where the model lies.
    """

    name: str
    reference: str
    fetch: str


def absent_models(folder: Path) -> tuple[Absent, ...]:
    """What verifying a checkpoint would not find, target first; none where its record is damaged.

    Args:
        folder: A checkpoint that a transfer has written.
    """
    try:
        records = _records(read_provenance(folder))
    except ActError:
        return ()
    found = []
    for name, record in records.items():
        try:
            recorded_model(name, record, {})
        except ReferenceNotFoundError:
            found.append(Absent(name, record.reference, _fetchable(record)))
        except ActError:
            continue  # it is here and damaged, which the verification tells
    return tuple(found)


def show_model(folder: Path, name: str, place: str) -> None:
    """Say where a model of a checkpoint lies; from then on it is found there.

    Args:
        folder: The checkpoint.
        name: `target`, or the specialist's.
        place: A reference that holds from any working folder.

    Raises:
        RecipeError: The checkpoint has no such model, or its record is damaged.
        ReferenceNotFoundError: Nothing is at that place.
        VerificationError: Another model is.
        ActError: Everything else that `find_model` raises.
    """
    records = _records(read_provenance(folder))
    if name not in records:
        raise RecipeError(
            f"{folder} was made of no model named {name}.",
            remedy=f"Name one of these: {', '.join(records)}.",
        )
    same_model(name, records[name], {name: place})


def _records(made_of: Provenance) -> dict[str, ModelRecord]:
    return {"target": made_of.target, **made_of.specialists}


def _fetchable(record: ModelRecord) -> str:
    named, parts = record.reference, split_reference(record.reference)
    if len(hub_names_of(named)) == len(parts):
        return named
    place = place_of(record.fingerprint)
    if place is None:
        return ""
    parts = split_reference(place)
    local = [part for part in parts if not hub_names_of(part)]
    if not all(Path(part).exists() for part in local):
        return ""
    below = len(parts) == 1 and bool(local) and base_named(place) is not None
    return place if len(local) < len(parts) or below else ""

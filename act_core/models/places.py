"""Where models lie on this computer, by what they are.

What is passed on, such as an export, names no path: it would tell of the computer that made it and
lead nowhere on any other. So a model is found again here, by its fingerprint.
"""

from __future__ import annotations

from pathlib import Path

from act_core.models.reference import split_reference
from act_core.remembered import Remembered

_places = Remembered("models.json", most=2_000)
_COPIES = 4  # of one model that are kept in mind, the last used
_BETWEEN = "\0"  # which no path holds


def remember_place(fingerprint: str, reference: str) -> None:
    """Keep where a model lies.

    Args:
        fingerprint: `Model.fingerprint`.
        reference: One that holds from any working folder.
    """
    known = (_places.get(fingerprint) or "").split(_BETWEEN)
    places = dict.fromkeys((reference, *filter(None, known)))
    if list(places) != known:
        _places.keep(fingerprint, _BETWEEN.join(list(places)[:_COPIES]))


def place_of(fingerprint: str) -> str | None:
    """Where a model lies that was used here, or lay if it is gone; None where it never was."""
    places = (_places.get(fingerprint) or "").split(_BETWEEN)
    there = (place for place in places if all(map(_is_there, split_reference(place))))
    return next(there, places[0]) or None


def _is_there(part: str) -> bool:
    path = Path(part)
    return path.exists() or not path.is_absolute()

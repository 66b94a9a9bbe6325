"""Where models lie on this computer, by what they are.

What is passed on, such as an export, names no path: it would tell of the computer that made it and
lead nowhere on any other. So a model is found again here, by its fingerprint.
"""

from __future__ import annotations

from act_core.remembered import Remembered

_places = Remembered("models.json", most=2_000)


def remember_place(fingerprint: str, reference: str) -> None:
    """Keep where a model lies.

    Args:
        fingerprint: `Model.fingerprint`.
        reference: One that holds from any working folder.
    """
    _places.keep(fingerprint, reference)


def place_of(fingerprint: str) -> str | None:
    """Where a model lay when it was last used here; None where it never was."""
    return _places.get(fingerprint)

"""Templates: `{field}` is replaced by a row's field and nothing else happens.

Templates come from recipes that strangers write, so there is no attribute access, no index and no
format specification, and a value that itself holds braces is not looked into again.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from act_core.errors import AbilityDataError

_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def fill(template: str, row: Mapping[str, Any]) -> str:
    """A template with every `{field}` replaced by the row's field.

    Braces around anything that is no plain name stay as they are.

    Raises:
        AbilityDataError: The row lacks a field, or the field holds no text.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in row:
            raise unknown_field(name, row, where=f"The template of row {row.get('id', '?')}")
        return as_text(row[name], name, row)

    return _FIELD.sub(value, template)


def as_text(value: Any, name: str, row: Mapping[str, Any]) -> str:
    """A field as text: strings as they are, whole numbers without a point, lists as lines.

    Raises:
        AbilityDataError: It is neither text, a number, nor a list of those.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return "\n".join(f"- {as_text(entry, name, row)}" for entry in value)
    raise AbilityDataError(
        f"The field {name} of row {row.get('id', '?')} holds no text but "
        f"{'nothing' if value is None else type(value).__name__}.",
        remedy="Correct the row, or use another field in the template.",
    )


def unknown_field(name: str, known: Iterable[str], *, where: str) -> AbilityDataError:
    """The error for a field that is not there, with the nearest that is."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
    return AbilityDataError(f"{where} asks for the field {name}, which is not there.", remedy=hint)

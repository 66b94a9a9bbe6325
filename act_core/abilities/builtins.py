"""The shipped sets of abilities, with what a person should know before using one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BuiltinSet:
    """A shipped set.

    Attributes:
        name: As a recipe names it.
        sentence: What it holds.
        licence: Its licence.
    """

    name: str
    sentence: str
    licence: str


_LICENCE = "CC0 1.0"
_PLAIN = (
    "40 sentences in {language} to calibrate and 40 held out, written for ACT Studio. Few, so "
    "intervals are wide."
)

BUILTIN_SETS = (
    BuiltinSet(
        "arithmetic",
        "240 items to calibrate and 120 held out: sums, differences and products of small numbers, "
        "generated.",
        _LICENCE,
    ),
    BuiltinSet("plain-de", _PLAIN.format(language="German"), _LICENCE),
    BuiltinSet("plain-en", _PLAIN.format(language="English"), _LICENCE),
    BuiltinSet("plain-es", _PLAIN.format(language="Spanish"), _LICENCE),
    BuiltinSet("plain-fr", _PLAIN.format(language="French"), _LICENCE),
)

"""How each kind of candidate looks, the same in every chart: colour, shape and word."""

from __future__ import annotations

from typing import Literal

from act_gui.text import tr
from act_gui.theme import Colours

Kind = Literal["target", "specialist", "result", "control", "baseline", "point"]
KINDS: tuple[Kind, ...] = ("target", "specialist", "result", "control", "baseline", "point")
_SERIES = {"specialist": 0, "result": 1, "control": 4, "baseline": 5, "point": 2}
_SYMBOLS = {
    "target": "+", "specialist": "t1", "result": "star", "control": "s", "baseline": "h",
    "point": "o",
}  # fmt: skip
_SWEEP_SERIES = (2, 3, 6, 5, 7)
_SWEEP_SYMBOLS = ("o", "d", "t", "t2", "t3")
_MARKS = {
    "+": "✚", "t1": "▲", "star": "★", "s": "■", "h": "⬢", "o": "●", "d": "◆", "t": "▼", "t2": "▶",
    "t3": "◀",
}  # fmt: skip


def kind_colour(kind: Kind, colours: Colours) -> str:
    """The colour of a kind of candidate."""
    return colours.muted if kind == "target" else colours.series[_SERIES[kind]]


def kind_symbol(kind: Kind) -> str:
    """pyqtgraph's symbol for a kind of candidate."""
    return _SYMBOLS[kind]


def group_colour(number: int, colours: Colours) -> str:
    """The colour of a series of sweep points."""
    return colours.series[_SWEEP_SERIES[number % len(_SWEEP_SERIES)]]


def group_symbol(number: int) -> str:
    """pyqtgraph's symbol for a series of sweep points."""
    return _SWEEP_SYMBOLS[number % len(_SWEEP_SYMBOLS)]


def symbol_mark(symbol: str) -> str:
    """A symbol as a character, for legends."""
    return _MARKS[symbol]


def kind_name(kind: Kind) -> str:
    """The word for a kind of candidate."""
    names = {
        "target": tr("target"),
        "specialist": tr("specialist"),
        "result": tr("result"),
        "control": tr("control"),
        "baseline": tr("baseline"),
        "point": tr("sweep"),
    }
    return names[kind]

"""The keyboard of a channel map: which key means what, and where it takes the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from act_core.maps.grid import MapGrid
from act_core.maps.window import MapWindow

_LEAP = 0.1  # of the view, with Shift
Action = Literal[
    "in", "out", "rows-in", "rows-out", "whole", "toggle", "next", "mask", "rectangle", "cancel"
]


@dataclass(frozen=True, slots=True)
class Motion:
    """A move of the cursor.

    Attributes:
        channels, rows: How far; with `unit` "view" in shares of the view.
        unit: `cell`, `view`, or `end`: as far as there are channels (or rows).
    """

    channels: float
    rows: float
    unit: Literal["cell", "view", "end"] = "cell"


_KEYS = Qt.Key
_ARROWS = {
    _KEYS.Key_Left: (-1, 0),
    _KEYS.Key_Right: (1, 0),
    _KEYS.Key_Up: (0, -1),
    _KEYS.Key_Down: (0, 1),
}
_OTHERS: dict[Qt.Key, Motion | Action] = {
    _KEYS.Key_PageUp: Motion(0, -1, "view"),
    _KEYS.Key_PageDown: Motion(0, 1, "view"),
    _KEYS.Key_Home: Motion(-1, 0, "end"),
    _KEYS.Key_End: Motion(1, 0, "end"),
    _KEYS.Key_Plus: "in",
    _KEYS.Key_Equal: "in",
    _KEYS.Key_Minus: "out",
    _KEYS.Key_0: "whole",
    _KEYS.Key_Return: "toggle",
    _KEYS.Key_Enter: "toggle",
    _KEYS.Key_F: "next",
    _KEYS.Key_M: "mask",
    _KEYS.Key_Space: "rectangle",
    _KEYS.Key_Escape: "cancel",
}
_WITH_CONTROL: dict[Qt.Key, Motion | Action] = {
    _KEYS.Key_Up: "rows-in",
    _KEYS.Key_Down: "rows-out",
    _KEYS.Key_Home: Motion(0, -1, "end"),
    _KEYS.Key_End: Motion(0, 1, "end"),
}


def key_motion(event: QKeyEvent) -> Motion | Action | None:
    """What a key means to a map; None: nothing."""
    key, modifiers = Qt.Key(event.key()), event.modifiers()
    if modifiers & Qt.KeyboardModifier.ControlModifier:
        return _WITH_CONTROL.get(key)
    if key in _ARROWS:
        right, down = _ARROWS[key]
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            return Motion(_LEAP * right, _LEAP * down, "view")
        return Motion(right, down)
    return _OTHERS.get(key)


def moved_to(
    grid: MapGrid,
    window: MapWindow,
    cursor: int | None,
    motion: Motion,
    wanted_column: int | None = None,
) -> int:
    """The channel that a motion leads to; the first motion begins in the middle of the view.

    Args:
        grid: The map.
        window: What is seen of it.
        cursor: The channel to go on from, if any.
        motion: Where to.
        wanted_column: Where the cursor was before rows that are too narrow for it.
    """
    if cursor is None:
        row = _nearest_row(grid, window.top + 0.5 * window.height)
        return _channel(grid, row, int(window.first + 0.5 * window.span))
    row, column = grid.place_of(cursor)
    column = column if wanted_column is None else wanted_column
    if motion.unit == "end":
        if motion.rows:
            row = 0 if motion.rows < 0 else grid.rows - 1
        else:
            column = 0 if motion.channels < 0 else grid.columns
    elif motion.unit == "view":
        column += _at_least_one(motion.channels * window.span)
        row += _at_least_one(motion.rows * window.height)
    else:
        column, row = column + int(motion.channels), row + int(motion.rows)
    return _channel(grid, row, column)


def _at_least_one(cells: float) -> int:
    return 0 if not cells else round(cells) or (1 if cells > 0 else -1)


def _nearest_row(grid: MapGrid, height: float) -> int:
    return max(int(np.searchsorted(grid.tops, height, side="right")) - 1, 0)


def _channel(grid: MapGrid, row: int, column: int) -> int:
    row = min(max(row, 0), grid.rows - 1)
    return int(grid.starts[row]) + min(max(column, 0), int(grid.widths[row]) - 1)

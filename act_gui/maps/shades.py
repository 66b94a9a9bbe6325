"""Cells shaded between the ground and a colour: the picture behind matrices and heat maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from act_gui.theme import Colours

_MOST_CELLS = 512  # along each side; more are pooled, as a screen could not show them


def shaded(
    values: Sequence[Sequence[float]], colours: Colours, strength: float
) -> NDArray[np.uint8]:
    """Colours of cells, uint8 `[rows, columns, 3]`.

    Args:
        values: From -1 to 1; negative ones take another colour, missing ones (not finite) none.
        colours: The theme.
        strength: How much of the colour a cell of 1 takes; below 0.6 writing stays readable on it.
    """
    table = pooled(np.asarray(values, np.float64))
    ground, more, less = map(_rgb, (colours.surface, colours.series[0], colours.series[1]))
    share = (strength * np.clip(np.abs(np.nan_to_num(table)), 0, 1))[..., None]
    goal = np.where((np.nan_to_num(table) < 0)[..., None], less, more)
    found: NDArray[np.uint8] = (ground + share * (goal - ground)).round().astype(np.uint8)
    return found


def _rgb(colour: str) -> NDArray[np.float64]:
    found = QColor(colour)
    return np.array([found.red(), found.green(), found.blue()], np.float64)


def pooled(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of neighbours where a table has more cells along a side than can be shown."""
    for axis in (0, 1):
        length = table.shape[axis]
        if length > _MOST_CELLS:
            starts = np.linspace(0, length, _MOST_CELLS, endpoint=False).astype(np.int64)
            sums = np.add.reduceat(table, starts, axis=axis)
            widths = np.diff(np.append(starts, length))
            table = sums / (widths[:, None] if axis == 0 else widths)
    return table


def show_cells(
    item: pg.ImageItem, picture: NDArray[np.uint8], rect: tuple[float, float, float, float]
) -> None:
    """Put colours of cells on the plot.

    Args:
        item: The image.
        picture: uint8 `[rows, columns, 3]`; the first row lies at the lower y.
        rect: Left, lower y, width and height on the axes.
    """
    item.setImage(picture, axisOrder="row-major", autoLevels=False, levels=(0, 255))
    item.setRect(*rect)

"""Colours of channel maps: colour-blind safe ones from pyqtgraph, and those of the theme."""

from __future__ import annotations

import functools

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from act_core.maps.raster import CODES, DEAD, FIRST, LEVELS, NAN, NOTHING, TABLE, UNFILLED
from act_gui.theme import Colours

SEQUENTIAL = ("viridis", "cividis", "inferno")
DIVERGING = ("CET-CBD1",)
# How much of the mask's colour a cell takes by how much of it is in the mask: none, some, more,
# nearly all. Low rows are tinted whole, high ones carry a mark below their value's colour.
_TINTS = (0.0, 0.8, 0.9, 1.0)
_MARKS = (0.0, 0.75, 0.9, 1.0)


def steps_of(name: str, colours: Colours) -> NDArray[np.uint8]:
    """The 256 colours of a map, uint8 `[256, 3]`, of a diverging one as the theme has them."""
    return _steps(name, colours.map_diverging if name in DIVERGING else ())


@functools.lru_cache(maxsize=16)
def _steps(name: str, ends: tuple[str, ...]) -> NDArray[np.uint8]:
    if not ends:
        found: NDArray[np.uint8] = pg.colormap.get(name).getLookupTable(nPts=256)
        return found
    low, middle, high = (np.array(_rgb(colour), np.float64) for colour in ends)
    way = np.linspace(0.0, 1.0, 128)[:, None]
    halves = [(middle + (low - middle) * way)[::-1], middle + (high - middle) * way]
    return np.concatenate(halves).round().astype(np.uint8)


def title_of(name: str) -> str:
    """What a map is called on the screen."""
    return {"CET-CBD1": "Blue – ochre"}.get(name, name.capitalize())


def colour_table(name: str, colours: Colours) -> NDArray[np.uint32]:
    """A colour for each code of a raster, `0xffrrggbb`, as `MapRaster.picture` wants it."""
    base = np.empty((CODES, 3), np.float64)
    base[FIRST:NAN] = steps_of(name, colours)
    for code, colour in (
        (NOTHING, colours.surface),
        (UNFILLED, colours.hover),
        (DEAD, colours.map_dead),
        (NAN, colours.map_nan),
    ):
        base[code] = _rgb(colour)
    mask = np.array(_rgb(colours.mask), np.float64)
    parts = [base + (mask - base) * share for share in (*_TINTS, *_MARKS)]
    table = np.stack(parts).round().astype(np.uint32).reshape(TABLE, 3)
    table.reshape(2 * LEVELS, CODES, 3)[:, NOTHING] = base[NOTHING].astype(np.uint32)
    packed: NDArray[np.uint32] = (
        np.uint32(0xFF000000) | (table[:, 0] << 16) | (table[:, 1] << 8) | table[:, 2]
    ).astype(np.uint32)
    return packed


def _rgb(colour: str) -> tuple[int, int, int]:
    number = int(colour[1:], 16)
    return number >> 16, number >> 8 & 255, number & 255

"""Selections that a person changes by hand, and the files in which they are kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from act_core.hashing import content_hash
from act_core.localize.algebra import difference, intersection, union
from act_core.localize.library import SUFFIX
from act_core.localize.masks import Mask, save_mask

Change = Literal["add", "remove", "replace"]
OPERATIONS: Mapping[str, Callable[[Mask, Mask], Mask]] = {
    "union": union,
    "intersection": intersection,
    "difference": difference,
}
_EDITED = re.compile(r".+ edited [0-9a-f]{8}")


def with_channels(mask: Mask, channels: NDArray[np.int64], change: Change) -> Mask:
    """The mask with channels added, taken away, or alone; columns stay as they are.

    Args:
        mask: What to change.
        channels: On the layout's flat axis.
        change: What becomes of them.
    """
    selected = np.zeros_like(mask.selected) if change == "replace" else mask.selected.copy()
    selected[channels] = change != "remove"
    return replace(mask, selected=selected, facts={**mask.facts, "made": "by hand"})


def keep_edited(mask: Mask, folder: Path, specialist: str) -> Path:
    """Write an edited selection under a name that its content decides.

    Equal selections share a file, and a file never changes its content, so that a recipe which
    names it means one selection for ever.

    Raises:
        OutputError: It cannot be written.
    """
    columns = {tensor: chosen.tolist() for tensor, chosen in sorted(mask.columns.items())}
    packed = np.packbits(mask.selected).tobytes().hex()
    path = folder / f"{specialist} edited {content_hash([packed, columns])[:8]}{SUFFIX}"
    if not path.is_file():
        save_mask(mask, path)
    return path


def is_edited(path: Path) -> bool:
    """Whether a mask file is one of `keep_edited`, which nobody gave a name."""
    return _EDITED.fullmatch(path.stem) is not None

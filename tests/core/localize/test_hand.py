"""Selections changed by hand, and the files that hold them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from act_core.localize.hand import is_edited, keep_edited, with_channels
from act_core.localize.library import keep
from act_core.localize.masks import Mask, load_mask
from tests.core.localize.small import small_layout

LAYOUT = small_layout(6, 4, inputs=[4, 8])
COLUMNS = {LAYOUT.modules[1].tensor: np.array([1, 7])}


def a_mask(*channels: int) -> Mask:
    selected = np.zeros(LAYOUT.total, dtype=np.bool_)
    selected[list(channels)] = True
    return Mask(LAYOUT, selected, COLUMNS, {"scorer": "matched"})


def test_channels_are_added_and_taken_and_the_first_mask_stays() -> None:
    before = a_mask(1, 2)

    added = with_channels(before, np.array([2, 3, 9]), "add")
    taken = with_channels(added, np.array([1, 9, 5]), "remove")
    alone = with_channels(added, np.array([4, 5]), "replace")

    assert np.flatnonzero(before.selected).tolist() == [1, 2]
    assert np.flatnonzero(added.selected).tolist() == [1, 2, 3, 9]
    assert np.flatnonzero(taken.selected).tolist() == [2, 3]
    assert np.flatnonzero(alone.selected).tolist() == [4, 5]
    assert taken.columns == COLUMNS
    assert taken.facts == {"scorer": "matched", "made": "by hand"}


def test_equal_selections_share_a_file_and_others_do_not(tmp_path: Path) -> None:
    first = keep_edited(a_mask(1, 2), tmp_path, "donor")
    same = keep_edited(a_mask(2, 1), tmp_path, "donor")
    other = keep_edited(a_mask(1, 3), tmp_path, "donor")
    without = keep_edited(Mask(LAYOUT, a_mask(1, 2).selected), tmp_path, "donor")

    assert first == same
    assert len({first, other, without}) == 3
    assert load_mask(first, LAYOUT).selected.nonzero()[0].tolist() == [1, 2]


def test_only_files_that_nobody_named_count_as_edited(tmp_path: Path) -> None:
    assert is_edited(keep_edited(a_mask(1), tmp_path, "donor"))
    assert not is_edited(keep(a_mask(1), tmp_path, "my edited mask", {}))

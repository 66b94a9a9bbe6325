"""The mask library: names, notes, and files that are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from act_core.errors import MaskError
from act_core.localize import library
from act_core.localize.masks import Mask, load_mask, save_mask
from tests.core.localize.small import small_layout

LAYOUT = small_layout(6, 4)


def a_mask(*channels: int) -> Mask:
    selected = np.zeros(LAYOUT.total, dtype=np.bool_)
    selected[list(channels)] = True
    return Mask(LAYOUT, selected, facts={"made": "by hand"})


def test_masks_are_listed_by_name_with_their_notes(tmp_path: Path) -> None:
    library.keep(a_mask(1, 2), tmp_path, "Zebra", {"note": "wide"})
    library.keep(a_mask(3), tmp_path, "apple", {})

    first, second = library.read_library(tmp_path, LAYOUT)

    assert (first.name, second.name, second.note) == ("apple", "Zebra", "wide")
    assert second.mask is not None
    assert second.mask.selected.nonzero()[0].tolist() == [1, 2]
    assert second.mask.facts == {"made": "by hand", "note": "wide"}


def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"not a mask")
    library.keep(a_mask(1), tmp_path, "whole", {})

    broken, whole = library.read_library(tmp_path, LAYOUT)

    assert broken.mask is None
    assert broken.error is not None
    assert "broken" in broken.error.reason
    assert whole.mask is not None
    assert (tmp_path / "broken.safetensors").read_bytes() == b"not a mask"


def test_a_taken_name_is_refused_whatever_its_case(tmp_path: Path) -> None:
    library.keep(a_mask(1), tmp_path, "german", {})

    with pytest.raises(MaskError, match="already"):
        library.keep(a_mask(2), tmp_path, "German", {})


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "ends ", "x" * 64, "dot."])
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MaskError, match="cannot be the name"):
        library.keep(a_mask(1), tmp_path, name, {})
    assert list(tmp_path.iterdir()) == []


def test_renaming_keeps_the_content_and_refuses_a_taken_name(tmp_path: Path) -> None:
    old = library.keep(a_mask(1), tmp_path, "old", {})
    library.keep(a_mask(2), tmp_path, "other", {})

    with pytest.raises(MaskError, match="already"):
        library.rename(old, "other")
    new = library.rename(old, "New")
    again = library.rename(new, "new")

    assert [entry.name for entry in library.read_library(tmp_path, LAYOUT)] == ["new", "other"]
    assert load_mask(again, LAYOUT).selected.nonzero()[0].tolist() == [1]


def test_notes_can_be_changed_and_taken_away(tmp_path: Path) -> None:
    path = library.keep(a_mask(1), tmp_path, "german", {"note": "first"})

    library.set_note(path, LAYOUT, "second")
    assert load_mask(path, LAYOUT).facts["note"] == "second"
    library.set_note(path, LAYOUT, "")
    assert "note" not in load_mask(path, LAYOUT).facts


def test_a_free_name_counts_up(tmp_path: Path) -> None:
    assert library.free_name(tmp_path, "random") == "random"
    library.keep(a_mask(1), tmp_path, "random", {})
    library.keep(a_mask(1), tmp_path, "Random 2", {})
    assert library.free_name(tmp_path, "random") == "random 3"


def test_a_mask_of_another_model_does_not_come_in(tmp_path: Path) -> None:
    other = small_layout(5, 4)
    save_mask(Mask(other, np.ones(other.total, dtype=np.bool_)), tmp_path / "x" / "a.safetensors")
    save_mask(a_mask(4), tmp_path / "x" / "b!.safetensors")

    with pytest.raises(MaskError, match="another form"):
        library.copy_in(tmp_path / "x" / "a.safetensors", tmp_path, LAYOUT)
    brought = library.copy_in(tmp_path / "x" / "b!.safetensors", tmp_path, LAYOUT)

    assert brought == tmp_path / "b-.safetensors" or brought == tmp_path / "b.safetensors"
    assert load_mask(brought, LAYOUT).count == 1


def test_removing_twice_is_no_error(tmp_path: Path) -> None:
    path = library.keep(a_mask(1), tmp_path, "german", {})
    library.remove(path)
    library.remove(path)
    assert library.read_library(tmp_path, LAYOUT) == ()

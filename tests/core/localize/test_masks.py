"""Masks come back from disk as they went, and damaged files are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from act_core.errors import MaskError, OutputError
from act_core.localize.masks import Mask, load_mask, save_mask
from tests.core.localize.small import small_layout

LAYOUT = small_layout(6, 4, 5, inputs=[4, 8, 3])
A, B, C = (module.tensor for module in LAYOUT.modules)


def a_mask() -> Mask:
    selected = np.zeros(LAYOUT.total, dtype=np.bool_)
    selected[[0, 5, 6, 9]] = True
    columns = {B: np.array([1, 7]), C: np.array([], dtype=np.int64)}
    facts = {"scorer": "matched", "budget": "share 0.3", "note": "Größe"}
    return Mask(LAYOUT, selected, columns, facts)


def test_a_mask_comes_back_whole(tmp_path: Path) -> None:
    mask = a_mask()
    path = tmp_path / "masks" / "german.safetensors"

    save_mask(mask, path)
    loaded = load_mask(path, LAYOUT)

    np.testing.assert_array_equal(loaded.selected, mask.selected)
    assert loaded.selected.dtype == np.bool_
    assert {t: c.tolist() for t, c in loaded.columns.items()} == {B: [1, 7], C: []}
    assert loaded.columns[B].dtype == np.int64
    assert loaded.facts == mask.facts
    assert [p.name for p in path.parent.iterdir()] == ["german.safetensors"]


def test_the_file_is_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_mask(a_mask(), path)

    tensors = load_file(path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()

    assert {name: values.tolist() for name, values in tensors.items()} == {
        A: [0, 5],
        B: [0, 3],
        f"{B}|columns": [1, 7],
        f"{C}|columns": [],
    }
    assert all(values.dtype == np.int32 for values in tensors.values())
    assert metadata["format"] == "act-mask-1"
    assert metadata["scorer"] == "matched"
    assert metadata["budget"] == "share 0.3"
    assert metadata["layout"] == LAYOUT.fingerprint()
    assert float(metadata["share"]) == 4 / 15
    assert json.loads(metadata["facts"])["note"] == "Größe"


@pytest.mark.parametrize("value", [False, True])
def test_empty_and_full_masks_come_back(tmp_path: Path, value: bool) -> None:
    mask = Mask(LAYOUT, np.full(LAYOUT.total, value))
    save_mask(mask, tmp_path / "m.safetensors")

    loaded = load_mask(tmp_path / "m.safetensors", LAYOUT)

    assert loaded.selected.tolist() == [value] * LAYOUT.total
    assert loaded.counts().tolist() == ([6, 4, 5] if value else [0, 0, 0])


def test_a_mask_that_exists_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_mask(Mask(LAYOUT, np.ones(LAYOUT.total, dtype=np.bool_)), path)

    save_mask(a_mask(), path)

    assert load_mask(path, LAYOUT).count == 4


def test_a_mask_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "masks").write_text("a file where the folder should be")

    with pytest.raises(OutputError):
        save_mask(a_mask(), tmp_path / "masks" / "m.safetensors")


def test_a_mask_of_another_model_is_refused(tmp_path: Path) -> None:
    save_mask(a_mask(), tmp_path / "m.safetensors")

    with pytest.raises(MaskError, match=r"another form.*Localize again"):
        load_mask(tmp_path / "m.safetensors", small_layout(6, 4, 6, inputs=[4, 8, 3]))


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (A, np.array([0, 6], dtype=np.int32), "outside 0 to 5"),
        (A, np.array([-1, 0], dtype=np.int32), "outside 0 to 5"),
        (A, np.array([5, 0], dtype=np.int32), "unsorted"),
        (A, np.array([5, 5], dtype=np.int32), "unsorted"),
        # Every difference is positive in 32 bits, and both ends are inside.
        (A, np.array([0, 2**31 - 1, -(2**31), -1, 5], dtype=np.int32), "unsorted"),
        (A, np.array([[0, 5]], dtype=np.int32), "not as a vector"),
        (A, np.array(3, dtype=np.int32), "not as a vector"),
        (A, np.array([0, 5], dtype=np.int64), "I64 instead of I32"),
        (A, np.array([0, 5], dtype=np.float32), "F32 instead of I32"),
        (A, np.array([0, 4, 5], dtype=np.int32), "names 5 channels, its header 4"),
        (f"{B}|columns", np.array([0, 8], dtype=np.int32), "outside 0 to 7"),
        (f"{B}|columns", np.array([3, 2], dtype=np.int32), "unsorted"),
        ("layers.9.a.weight", np.array([0], dtype=np.int32), "does not have"),
        ("layers.9.a.weight|columns", np.array([0], dtype=np.int32), "does not have"),
        (f"{A}|rows", np.array([0], dtype=np.int32), "does not have"),
    ],
)
def test_wrong_vectors_are_refused(
    tmp_path: Path, name: str, values: np.ndarray[Any, Any], message: str
) -> None:
    path = tmp_path / "m.safetensors"
    save_mask(a_mask(), path)
    metadata = metadata_of(path)
    save_file({**load_file(path), name: values}, path, metadata)

    with pytest.raises(MaskError, match=message):
        load_mask(path, LAYOUT)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", "act-profile-1", "no mask"),
        ("facts", "{", "unreadable facts"),
        ("facts", "[" * 100_000, "unreadable facts"),
        ("facts", "[1]", "no mapping"),
        ("facts", '{"a": 1}', "no mapping"),
        ("channels", "5", "header 5"),
    ],
)
def test_wrong_metadata_is_refused(tmp_path: Path, key: str, value: str, message: str) -> None:
    path = tmp_path / "m.safetensors"
    save_mask(a_mask(), path)
    save_file(load_file(path), path, {**metadata_of(path), key: value})

    with pytest.raises(MaskError, match=message):
        load_mask(path, LAYOUT)


def test_a_vector_that_is_lost_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_mask(a_mask(), path)
    metadata = metadata_of(path)
    tensors = load_file(path)
    del tensors[A]
    save_file(tensors, path, metadata)

    with pytest.raises(MaskError, match="names 2 channels, its header 4"):
        load_mask(path, LAYOUT)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole, _end: whole[:-3], id="cut in the data"),
        pytest.param(lambda whole, end: whole[: end - 5], id="cut in the header"),
        pytest.param(lambda whole, _end: whole[:5], id="cut in the length"),
        pytest.param(lambda _whole, _end: b"", id="empty"),
        pytest.param(lambda whole, _end: whole + b"\0", id="longer"),
        pytest.param(lambda whole, end: whole[:8] + b"\xff" * (end - 8), id="header no JSON"),
        pytest.param(lambda whole, _end: b"\xff" * 7 + b"\0" + whole[8:], id="endless header"),
        pytest.param(lambda _whole, _end: b"PK\x03\x04" * 20, id="no safetensors"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, damage: Callable[[bytes, int], bytes]) -> None:
    path = tmp_path / "m.safetensors"
    save_mask(a_mask(), path)
    whole = path.read_bytes()
    path.write_bytes(damage(whole, 8 + int.from_bytes(whole[:8], "little")))

    with pytest.raises(MaskError, match="localize again"):
        load_mask(path, LAYOUT)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="does not exist"):
        load_mask(tmp_path / "absent.safetensors", LAYOUT)
    with pytest.raises(MaskError, match="cannot be read"):
        load_mask(tmp_path, LAYOUT)


def metadata_of(path: Path) -> dict[str, str]:
    with safe_open(path, framework="numpy") as file:
        return dict(file.metadata())

"""What a plan says and what it refuses before anything is written."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from act_core.errors import (
    IncompatibleModelsError,
    MaskError,
    OutputError,
    UnsupportedModelError,
)
from act_core.models.reference import Model, resolve
from act_core.recipe import Transfer
from act_core.transfer.edits import Edit, mask_edits, whole_edits
from act_core.transfer.moves import Move
from act_core.transfer.plan import plan_transfer
from tests.core.tiny import write_specialist, write_tiny
from tests.core.transfer.setting import (
    carry_out,
    contents,
    expected_weights,
    planned,
    some_channels,
    two_models,
)

Q = "model.layers.0.self_attn.q_proj.weight"


def test_the_plan_counts_what_the_transfer_changes(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, shards=2)
    mask = some_channels(target)
    plan = planned(target, specialist, tmp_path / "out", Transfer(norms="move"), mask=mask)

    ours, result = (
        {n: t for path in folder.glob("*.safetensors") for n, t in load_file(path).items()}
        for folder in (target.folder, carry_out(plan))
    )

    changed = sum(int((ours[name] != result[name]).sum()) for name in ours)
    total = sum(tensor.numel() for tensor in ours.values())
    assert plan.parameters == changed
    assert plan.share == changed / total
    assert plan.rows == mask.count
    assert plan.columns == 0
    assert plan.whole_tensors == 5
    assert plan.write_bytes == plan.read_bytes == 4 * changed
    assert plan.copy_bytes == sum(map(len, contents(target.folder).values()))
    assert plan.verify_bytes == 2 * plan.copy_bytes + plan.read_bytes
    assert plan.free_bytes > plan.copy_bytes
    assert plan.seconds > 0


def test_planning_writes_nothing(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    planned(target, specialist, tmp_path / "deep" / "out")

    assert sorted(tmp_path.rglob("*")) == before


def test_missing_folders_above_the_output_are_made(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)

    assert carry_out(planned(target, specialist, tmp_path / "deep" / "er" / "out")).is_dir()


@pytest.mark.parametrize("place", ["target", "target/out", "specialist/a/b", ".", "link"])
def test_an_output_in_or_around_a_model_is_refused(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    target, specialist = two_models(folder)
    (folder / "link").symlink_to("target")

    with pytest.raises(OutputError, match="lie in each other"):
        planned(target, specialist, folder / place, overwrite=True)


def test_only_model_folders_are_overwritten(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("thesis")

    for name, reason in (("thesis", "no model folder"), ("file", "no folder"), ("link", "no fold")):
        with pytest.raises(OutputError, match=reason):
            planned(target, specialist, tmp_path / name, overwrite=True)


def test_a_model_that_was_not_exported_is_not_overwritten(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    own = write_tiny(tmp_path / "own", "llama", seed=9)
    before = contents(own)

    with pytest.raises(OutputError, match="not overwritten"):
        planned(target, specialist, own, overwrite=True)

    assert contents(own) == before


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="not a folder that can be written"):
        planned(target, specialist, tmp_path / "file" / "out")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)

    with pytest.raises(OutputError, match="not a folder that can be written"):
        planned(target, specialist, locked / "out")


def test_a_specialist_of_another_shape_is_refused(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    path = specialist.folder / "model.safetensors"
    tensors = load_file(path)
    tensors["model.embed_tokens.weight"] = torch.zeros(100, 32)
    save_file(tensors, path)
    specialist = resolve(specialist.folder)

    assert planned(target, specialist, tmp_path / "out").parameters
    with pytest.raises(IncompatibleModelsError, match=r"\[100, 32\].*\[128, 32\]"):
        planned(target, specialist, tmp_path / "out", Transfer(embeddings="move"))


def test_tensors_that_are_not_floats_are_refused(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    for model in (target, specialist):
        path = model.folder / "model.safetensors"
        counter = {"model.counter": torch.tensor([3], dtype=torch.int64)}
        save_file(load_file(path) | counter, path)
    target, specialist = resolve(target.folder), resolve(specialist.folder)

    with pytest.raises(UnsupportedModelError, match="I64"):
        planned(target, specialist, tmp_path / "out", edits=whole_edits(target, 0.5))
    assert carry_out(planned(target, specialist, tmp_path / "out")).is_dir()


@pytest.mark.parametrize("rows", [[-1, 3], [3, 32], [5, 4], [4, 4]])
def test_indices_that_do_not_fit_are_refused(tmp_path: Path, rows: list[int]) -> None:
    target, specialist = two_models(tmp_path)

    with pytest.raises(MaskError, match="do not fit"):
        planned(target, specialist, tmp_path / "out", edits=(Edit(Q, 1.0, np.array(rows)),))


def two_moves(target: Model, first: Model, second: Model, *edits: Edit) -> list[Move]:
    return [Move("first", first, edits[:1]), Move("second", second, edits[1:])]


@pytest.mark.parametrize(
    "edits",
    [
        (Edit(Q, 1.0, np.array([1, 2])), Edit(Q, 1.0, np.array([2, 3]))),
        (Edit(Q, 1.0), Edit(Q, 1.0, np.array([0]))),
        (Edit(Q, 1.0, np.array([1])), Edit(Q, 1.0, None, np.array([7]))),
    ],
)
def test_contested_entries_are_refused(tmp_path: Path, edits: tuple[Edit, ...]) -> None:
    target, specialist = two_models(tmp_path)
    moves = two_moves(target, specialist, specialist, *edits)

    with pytest.raises(MaskError, match="first and second both claim"):
        plan_transfer(target, moves, tmp_path / "out")


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_two_specialists_give_disjoint_rows_of_the_same_tensors(
    tmp_path: Path, share: float
) -> None:
    target, first = two_models(tmp_path, dtype="bfloat16", shards=2)
    second = resolve(write_specialist(tmp_path / "second", target.folder, seed=9, scale=0.5))
    mask = some_channels(target, share)
    rest = dataclasses.replace(mask, selected=~mask.selected)
    one = (*mask_edits(target, mask, 0.5), Edit(target.family.embeddings[0], 1.0))
    two = mask_edits(target, rest, 0.9)
    moves = [Move("first", first, one), Move("second", second, two)]

    out = carry_out(plan_transfer(target, moves, tmp_path / "out"))

    half_way = tmp_path / "half-way"
    half_way.mkdir()
    for name, data in expected_weights(target.folder, first.folder, one).items():
        (half_way / name).write_bytes(data)
    for name, data in expected_weights(half_way, second.folder, two).items():
        assert (out / name).read_bytes() == data

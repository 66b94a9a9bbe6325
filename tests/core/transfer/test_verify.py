"""Verification finds every kind of damage, and names the check that failed first."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from act_core.cancel import CancelToken
from act_core.errors import (
    CancelledByPersonError,
    RecipeError,
    ReferenceNotFoundError,
    VerificationError,
)
from act_core.events import Event, Progress
from act_core.localize.masks import save_mask
from act_core.models.headers import read_folder
from act_core.models.places import remember_place
from act_core.models.reference import Model
from act_core.recipe import Transfer
from act_core.transfer.export import transfer
from act_core.transfer.plan import TransferPlan
from act_core.transfer.provenance import Gift, provenance_files, provenance_of, read_provenance
from act_core.transfer.verify import verify, verify_folder
from tests.core.tiny import FAMILY_NAMES
from tests.core.transfer.setting import (
    NAME,
    carry_out,
    contents,
    planned,
    some_channels,
    two_models,
)

Q = "model.layers.0.self_attn.q_proj.weight"


def offset_of(path: Path, tensor: str) -> int:
    """Where a tensor begins in a file."""
    raw = path.read_bytes()
    header_bytes = int.from_bytes(raw[:8], "little")
    begin: int = json.loads(raw[8 : 8 + header_bytes])[tensor]["data_offsets"][0]
    return 8 + header_bytes + begin


def overwrite(path: Path, at_bytes: int, data: bytes) -> None:
    """Change a few bytes of a file."""
    with path.open("r+b") as stream:
        stream.seek(at_bytes)
        stream.write(data)


def flip(path: Path, at_bytes: int) -> None:
    """Change the lowest bit of one byte."""
    overwrite(path, at_bytes, bytes([path.read_bytes()[at_bytes] ^ 1]))


@pytest.fixture
def plan(tmp_path: Path) -> TransferPlan:
    """A transfer that has been carried out; row 0 of each module moved, row 1 of q did not."""
    target, specialist = two_models(tmp_path, dtype="bfloat16", shards=2)
    mask = some_channels(target)
    selected = mask.selected.copy()
    selected[1] = False
    mask = dataclasses.replace(mask, selected=selected)
    made = planned(target, specialist, tmp_path / "out", Transfer(strength=0.8), mask=mask)
    carry_out(made)
    return made


def shard_of(plan: TransferPlan, tensor: str = Q) -> Path:
    return plan.out / plan.work.headers[tensor].file.name


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_sound_export_passes_loads_and_answers(tmp_path: Path, family: str) -> None:
    target, specialist = two_models(tmp_path, family, dtype="bfloat16")
    plan = planned(target, specialist, tmp_path / "out")

    report = transfer(plan, lambda _: {})

    assert report.passed
    counts = {check.name: check.count for check in report.checks}
    weights = sum(file.size_bytes for file in plan.work.files if file.weights)
    assert counts["names, shapes and dtypes"] == len(read_folder(target.folder))
    assert counts["rows inside the mask"] == plan.parameters
    assert counts["bytes outside the mask"] == weights - 2 * plan.parameters
    assert counts["side files"] == sum(not file.weights for file in plan.work.files)
    assert report.checks[-1].name == "loads with transformers and answers"
    assert verify(plan.out, plan.work).checks == report.checks


def test_a_flipped_bit_outside_the_mask_is_found(plan: TransferPlan) -> None:
    for at_bytes in (64, 10, 65):  # row 1 of q has 64 bytes; the header; an odd place
        path = shard_of(plan)
        place = at_bytes if at_bytes == 10 else offset_of(path, Q) + at_bytes
        flip(path, place)
        with pytest.raises(VerificationError, match=r"bytes outside|names, shapes"):
            verify(plan.out, plan.work, answer=False)
        flip(path, place)

    assert verify(plan.out, plan.work, answer=False).passed


def test_the_last_byte_of_a_file_counts(plan: TransferPlan) -> None:
    for file in plan.work.files:
        path = plan.out / file.name
        flip(path, file.size_bytes - 1)
        with pytest.raises(VerificationError):
            verify(plan.out, plan.work, answer=False)
        flip(path, file.size_bytes - 1)


def test_a_flipped_bit_inside_the_mask_is_found(plan: TransferPlan) -> None:
    path = shard_of(plan)
    flip(path, offset_of(path, Q))

    with pytest.raises(VerificationError, match=f"rows inside the mask: {Q}"):
        verify(plan.out, plan.work, answer=False)


def test_a_row_left_as_the_target_had_it_is_found(plan: TransferPlan) -> None:
    path = shard_of(plan)
    begin = offset_of(path, Q)
    overwrite(path, begin, (plan.work.target.folder / path.name).read_bytes()[begin : begin + 64])

    with pytest.raises(VerificationError, match="rows inside the mask"):
        verify(plan.out, plan.work, answer=False)


@pytest.mark.parametrize("bits", [0x7FC0, 0x7F80, 0xFF80])
def test_nan_and_inf_among_the_moved_entries_are_found(plan: TransferPlan, bits: int) -> None:
    path = shard_of(plan)
    overwrite(path, offset_of(path, Q), bits.to_bytes(2, "little"))

    with pytest.raises(VerificationError, match="finite numbers"):
        verify(plan.out, plan.work, answer=False)


def rewrite(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[TransferPlan], None]:
    """Damage that saves a shard again with other tensors."""

    def damage(plan: TransferPlan) -> None:
        path = shard_of(plan)
        tensors = load_file(path)
        change(tensors)
        save_file(tensors, path, {"format": "pt"})

    return damage


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        (rewrite(lambda tensors: tensors.pop(Q)), "names, shapes and dtypes"),
        (
            rewrite(lambda tensors: tensors.update({Q: tensors[Q].float()})),
            "names, shapes and dtypes",
        ),
        (
            rewrite(lambda tensors: tensors.update({Q: tensors[Q].reshape(16, 64)})),
            "names, shapes and dtypes",
        ),
        (lambda plan: shard_of(plan).unlink(), "names, shapes and dtypes"),
        (lambda plan: (plan.out / "tokenizer.json").unlink(), "readable files: .*tokenizer.json"),
        (lambda plan: flip(plan.out / "config.json", 30), "side files: .*config.json"),
        (
            lambda plan: (plan.out / "chat_template.jinja").write_text("cut"),
            "sizes of files: chat_template.jinja",
        ),
    ],
)
def test_missing_and_changed_files_are_found(
    plan: TransferPlan, damage: Callable[[TransferPlan], object], check: str
) -> None:
    damage(plan)

    with pytest.raises(VerificationError, match=check):
        verify(plan.out, plan.work, answer=False)


def test_an_export_that_does_not_load_or_lacks_finite_logits_fails(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    path = target.folder / "model.safetensors"
    tensors = load_file(path)
    tensors["model.norm.weight"][0] = float("nan")
    save_file(tensors, path, {"format": "pt"})
    plan = planned(target, specialist, tmp_path / "out")

    with pytest.raises(VerificationError, match=r"answers a prompt: .*NaN"):
        transfer(plan, lambda _: {})

    config = json.loads((target.folder / "config.json").read_text())
    (target.folder / "config.json").write_text(json.dumps(config | {"hidden_size": 40}))
    plan = planned(target, specialist, tmp_path / "out")
    with pytest.raises(VerificationError, match="loads with transformers"):
        transfer(plan, lambda _: {})
    assert not plan.out.exists()


def test_verification_tells_its_progress_and_can_be_cancelled(plan: TransferPlan) -> None:
    events: list[Event] = []
    verify(plan.out, plan.work, answer=False, emit=events.append)
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.done == last.total == plan.copy_bytes

    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledByPersonError):
        verify(plan.out, plan.work, answer=False, cancel=token)


def exported(folder: Path, target: Model, specialist: Model) -> Path:
    """An export with its recipe and mask beside the weights."""
    mask = some_channels(target)
    downs = [m for m in mask.layout.modules if m.kind == "down"]
    mask = dataclasses.replace(mask, columns={downs[0].tensor: np.array([0, 5])})
    save_mask(mask, folder / "mask.safetensors")
    choices = Transfer(strength=0.7, norms="move")
    gifts = {NAME: Gift(specialist, mask, folder / "mask.safetensors")}
    record = provenance_of(target, gifts, choices, recipe={"seed": 1})
    plan = planned(target, specialist, folder / "out", choices, mask=mask)
    transfer(plan, lambda _: provenance_files(record, gifts), answer=False)
    return plan.out


def test_an_export_is_checked_again_from_its_folder_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    two_models(tmp_path)
    relative = two_models(tmp_path / "again")
    out = exported(tmp_path, *relative)
    monkeypatch.chdir("/")

    report = verify_folder(out)

    assert report.passed
    assert report.checks[0].name == "models and masks"
    record = read_provenance(out)
    assert record.specialists[NAME].mask.scorer == "random"
    assert record.recipe == {"seed": 1}


def test_checking_again_finds_what_changed_since(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    out = exported(tmp_path, target, specialist)
    weights = out / "model.safetensors"
    pairs = [
        (weights, offset_of(weights, Q), "mask"),
        (out / "act_mask.safetensors", (out / "act_mask.safetensors").stat().st_size - 1, "masks"),
        (specialist.folder / "model.safetensors", 5000, "models: german"),
        (target.folder / "model.safetensors", 5000, "models: target"),
    ]
    for path, at_bytes, check in pairs:
        flip(path, at_bytes)
        with pytest.raises(VerificationError, match=check):
            verify_folder(out, answer=False)
        flip(path, at_bytes)

    assert verify_folder(out, answer=False).passed


def test_a_bit_that_the_disk_lost_is_found_though_size_and_time_are_as_they_were(
    tmp_path: Path,
) -> None:
    out = exported(tmp_path, *two_models(tmp_path))
    mask = out / "act_mask.safetensors"
    assert verify_folder(out, answer=False).passed
    facts = mask.stat()

    flip(mask, mask.read_bytes().index(b"random"))  # of what no weight hangs on
    os.utime(mask, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    with pytest.raises(VerificationError, match="masks"):
        verify_folder(out, answer=False)


@pytest.mark.parametrize("name", ["adapter_config.json", "added_tokens.json"])
def test_a_file_that_changes_what_is_loaded_is_no_part_of_an_export(
    tmp_path: Path, name: str
) -> None:
    target, specialist = two_models(tmp_path)
    out = exported(tmp_path, target, specialist)
    (out / "notes.md").write_text("mine", "utf-8")
    assert verify_folder(out, answer=False).passed

    (out / name).write_text('{"base_model_name_or_path": "elsewhere"}', "utf-8")

    with pytest.raises(VerificationError, match=rf"side files.*{name}"):
        verify_folder(out, answer=False)


def test_an_adapter_beside_the_target_does_not_come_along(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    (target.folder / "adapter_config.json").write_text('{"peft_type": "LORA"}', "utf-8")
    out = exported(tmp_path, target, specialist)
    assert not (out / "adapter_config.json").exists()
    assert verify_folder(out).passed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace("act: 1", "act: 2"), "act"),
        (lambda text: text + "surprise: 1\n", "surprise"),
        (lambda text: text.replace("file: act_mask", "file: ../act_mask"), "mask.file"),
        (lambda text: "{", "not valid YAML"),
        (lambda text: "!!python/object/apply:os.system [true]", "not valid YAML"),
        (lambda text: "[]", "dictionary"),
        (lambda text: "x" * 5_000_000, "too large"),
    ],
)
def test_a_damaged_recipe_is_refused(
    tmp_path: Path, change: Callable[[str], str], reason: str
) -> None:
    target, specialist = two_models(tmp_path)
    out = exported(tmp_path, target, specialist)
    path = out / "act_recipe.yaml"
    path.write_text(change(path.read_text("utf-8")), "utf-8")

    with pytest.raises(RecipeError, match=reason):
        verify_folder(out, answer=False)


def test_a_folder_without_recipe_or_without_its_models_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, specialist = two_models(tmp_path)
    with pytest.raises(RecipeError, match="a transfer has written"):
        verify_folder(target.folder)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    out = exported(tmp_path, target, specialist)
    specialist.folder.rename(tmp_path / "moved")
    before = contents(out)
    with pytest.raises(ReferenceNotFoundError, match="specialist"):
        verify_folder(out)
    assert contents(out) == before
    assert verify_folder(out, models={NAME: str(tmp_path / "moved")}, answer=False).passed


def test_an_export_names_no_path_and_is_found_out_by_what_its_models_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    target, specialist = two_models(tmp_path)
    out = exported(tmp_path, target, specialist)
    assert str(tmp_path) not in (out / "act_recipe.yaml").read_text()
    record = read_provenance(out)
    assert record.target.reference == target.folder.name
    copy = tmp_path / "copy"
    shutil.copytree(specialist.folder, copy)
    remember_place(record.specialists[NAME].fingerprint, str(copy))
    shutil.rmtree(copy)
    assert verify_folder(out, answer=False).passed
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another computer"))
    with pytest.raises(ReferenceNotFoundError, match="--model target=PATH"):
        verify_folder(out)

"""What is written, held byte for byte against a plain account of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from act_core.errors import NotFiniteError
from act_core.localize.masks import Mask
from act_core.models.channels import layout_of
from act_core.models.reference import Model, resolve
from act_core.recipe import Transfer
from act_core.transfer import work
from act_core.transfer.edits import mask_edits, whole_edits
from tests.core.tiny import FAMILY_NAMES, write_tiny
from tests.core.transfer.setting import (
    carry_out,
    contents,
    expected_weights,
    planned,
    some_channels,
    two_models,
)


def assert_as_expected(target: Model, specialist: Model, out: Path, plan: work.Work) -> None:
    """All weights as the plain account has them, all other files as the target has them."""
    edits = tuple(part.edit for patch in plan.all_patches for part in patch.parts)
    expected = contents(target.folder)
    expected |= expected_weights(target.folder, specialist.folder, edits)
    expected["README.md"] = b"card\n"
    assert contents(out) == expected
    assert edits


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("strength", [1.0, 0.7])
@pytest.mark.parametrize("shards", [None, 3])
def test_rows_are_written_and_nothing_else(
    tmp_path: Path, dtype: str, strength: float, shards: int | None
) -> None:
    target, specialist = two_models(tmp_path, dtype=dtype, shards=shards)
    plan = planned(target, specialist, tmp_path / "out", Transfer(strength=strength))

    carry_out(plan)

    assert_as_expected(target, specialist, plan.out, plan.work)


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_every_family_with_embeddings_norms_and_head(tmp_path: Path, family: str) -> None:
    target, specialist = two_models(tmp_path, family, dtype="bfloat16")
    choices = Transfer(strength=0.6, embeddings=0.5, norms="move", head=0.25, router=0.5)
    plan = planned(target, specialist, tmp_path / "out", choices)

    carry_out(plan)

    assert_as_expected(target, specialist, plan.out, plan.work)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
@pytest.mark.parametrize("strength", [1.0, 0.3])
def test_entries_in_a_row_and_a_column_move_once(
    tmp_path: Path, family: str, strength: float
) -> None:
    target, specialist = two_models(tmp_path, family, dtype="bfloat16")
    mask = some_channels(target)
    downs = [m for m in mask.layout.modules if m.kind == "down"]
    columns = {m.tensor: np.arange(1, m.inputs, 3) for m in downs[:1]}
    columns[downs[1].tensor] = np.empty(0, dtype=np.int64)
    mask = dataclasses.replace(mask, columns=columns)
    plan = planned(target, specialist, tmp_path / "out", Transfer(strength=strength), mask=mask)

    carry_out(plan)

    assert_as_expected(target, specialist, plan.out, plan.work)


@pytest.mark.parametrize("piece_bytes", [1, 200, 1000])
def test_pieces_of_any_size_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece_bytes: int
) -> None:
    """Blocks of a single row, of a few and of many; rows longer than a piece as well."""
    monkeypatch.setattr("act_core.transfer.work.PIECE_BYTES", piece_bytes)
    monkeypatch.setattr("act_core.transfer.compare.PIECE_BYTES", piece_bytes)
    target, specialist = two_models(tmp_path, dtype="bfloat16", shards=2)
    choices = Transfer(strength=0.5, embeddings=0.5, norms=0.5)
    plan = planned(target, specialist, tmp_path / "out", choices)

    carry_out(plan)

    assert_as_expected(target, specialist, plan.out, plan.work)


def test_wide_rows_few_of_them_are_written_run_by_run(tmp_path: Path) -> None:
    """Rows of 768 bytes, one in twelve: single rows, neighbours, first and last."""
    folder = write_tiny(tmp_path / "target", "llama", seed=1)
    config = json.loads((folder / "config.json").read_text())
    config.update(hidden_size=192, head_dim=48)
    tensors = {}
    generator = torch.Generator().manual_seed(5)
    for name, tensor in load_file(folder / "model.safetensors").items():
        shape = [{32: 192, 16: 96}.get(size, size) for size in tensor.shape]
        tensors[name] = torch.randn(shape, generator=generator)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))
    other = tmp_path / "specialist"
    other.mkdir()
    (other / "config.json").write_text(json.dumps(config))
    save_file({n: t + 1 for n, t in tensors.items()}, other / "model.safetensors")
    target, specialist = resolve(folder), resolve(other)
    layout = layout_of(target)
    selected = np.zeros(layout.total, dtype=np.bool_)
    for begin, end in zip(layout.starts[:-1], layout.starts[1:], strict=True):
        selected[[begin, begin + 7, begin + 8, end - 1]] = True

    plan = planned(
        target, specialist, tmp_path / "out", Transfer(strength=0.5), mask=Mask(layout, selected)
    )
    carry_out(plan)

    assert_as_expected(target, specialist, plan.out, plan.work)


def test_nothing_moved_gives_the_target(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, dtype="bfloat16", shards=2)
    plan = planned(target, specialist, tmp_path / "out", edits=())

    carry_out(plan)

    assert contents(plan.out) == contents(target.folder) | {"README.md": b"card\n"}
    assert plan.parameters == 0


@pytest.mark.parametrize("family", ["llama", "qwen2", "gpt2"])
def test_everything_moved_gives_the_specialist(tmp_path: Path, family: str) -> None:
    target, specialist = two_models(tmp_path, family, dtype="bfloat16")
    layout = layout_of(target)
    everything = Mask(layout, np.ones(layout.total, dtype=np.bool_))
    choices = Transfer(embeddings="move", norms="move", head="move")
    by_mask = planned(target, specialist, tmp_path / "a", choices, mask=everything)
    by_whole = planned(target, specialist, tmp_path / "b", edits=whole_edits(target, 1.0))

    for plan in (by_mask, by_whole):
        carry_out(plan)
        for name, data in contents(specialist.folder).items():
            assert contents(plan.out)[name] == data
        assert plan.share == 1


def test_the_target_dtype_stays_where_the_specialist_has_another(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, dtype="float32")
    halved = {
        name: tensor.bfloat16()
        for name, tensor in load_file(target.folder / "model.safetensors").items()
    }
    save_file(halved, target.folder / "model.safetensors", {"format": "pt"})
    target = resolve(target.folder)
    plan = planned(target, specialist, tmp_path / "out", Transfer(strength=0.9, norms="move"))

    carry_out(plan)

    assert_as_expected(target, specialist, plan.out, plan.work)
    assert {facts.dtype for facts in resolve(plan.out).facts.values()} == {"BF16"}


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_an_adapter_serves_as_specialist(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    target = resolve(write_tiny(tmp_path / "target", "llama", seed=1))
    torch.manual_seed(0)
    module = AutoModelForCausalLM.from_pretrained(target.folder)
    adapted = get_peft_model(
        module, LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False)
    )
    adapted.save_pretrained(tmp_path / "adapter")
    merged = adapted.merge_and_unload().state_dict()
    specialist = resolve(f"{target.folder}+{tmp_path / 'adapter'}")
    mask = some_channels(target)

    plan = planned(target, specialist, tmp_path / "out", mask=mask)
    result = load_file(carry_out(plan) / "model.safetensors")

    ours = load_file(target.folder / "model.safetensors")
    for index, channels in enumerate(mask.layout.modules):
        rows = mask.rows(index)
        expected = ours[channels.tensor].clone()
        expected[rows] = merged[channels.tensor][rows]
        torch.testing.assert_close(result[channels.tensor], expected, rtol=0, atol=1e-6)
        rest = np.setdiff1d(np.arange(channels.width), rows)
        assert torch.equal(result[channels.tensor][rest], ours[channels.tensor][rest])


def test_a_head_stored_beside_its_tied_embedding_stays_equal_to_it(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, "qwen2", dtype="bfloat16")
    path = target.folder / "model.safetensors"
    tensors = load_file(path)
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
    save_file(tensors, path, {"format": "pt"})
    target = resolve(target.folder)
    plan = planned(target, specialist, tmp_path / "out", Transfer(embeddings=0.5, head="move"))

    result = load_file(carry_out(plan) / "model.safetensors")

    assert torch.equal(result["lm_head.weight"], result["model.embed_tokens.weight"])
    assert not torch.equal(result["lm_head.weight"], tensors["lm_head.weight"])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_values_that_are_not_finite_are_refused_where_they_would_move(
    tmp_path: Path, value: float, strength: float
) -> None:
    target, specialist = two_models(tmp_path)
    mask = some_channels(target)
    edits = mask_edits(target, mask, strength)
    path = specialist.folder / "model.safetensors"
    tensors = load_file(path)
    rows = edits[0].rows
    assert rows is not None
    still = np.setdiff1d(np.arange(mask.layout.modules[0].width), rows)
    tensors[edits[0].tensor][still[0], 1] = value
    save_file(tensors, path)
    carry_out(planned(target, resolve(specialist.folder), tmp_path / "well", edits=edits))

    tensors[edits[0].tensor][rows[0], 1] = value
    save_file(tensors, path)
    plan = planned(target, resolve(specialist.folder), tmp_path / "out", edits=edits)
    with pytest.raises(NotFiniteError, match=edits[0].tensor):
        carry_out(plan)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["specialist", "target", "well"]


def test_a_blend_that_leaves_the_range_of_the_dtype_is_refused(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, dtype="float16")
    path = specialist.folder / "model.safetensors"
    tensors = {name: torch.full_like(t, 6e4) for name, t in load_file(path).items()}
    save_file(tensors, path)

    plan = planned(target, resolve(specialist.folder), tmp_path / "out", Transfer(strength=1.5))
    with pytest.raises(NotFiniteError, match="F16"):
        carry_out(plan)

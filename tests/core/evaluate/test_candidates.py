"""A candidate computes what its merged checkpoint does, and leaves the target as it was."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, PreTrainedModel

from act_core.errors import IncompatibleModelsError
from act_core.evaluate.candidates import Candidate, applied, specialist_candidate
from act_core.models.channels import layout_of
from act_core.models.reference import Model, resolve
from act_core.models.resident import load_resident
from act_core.recipe import Transfer
from act_core.transfer.edits import Edit, whole_edits
from act_core.transfer.moves import Move
from tests.core.tiny import VOCABULARY, write_specialist, write_tiny
from tests.core.transfer.setting import carry_out, planned, two_models

CPU = torch.device("cpu")
FAMILIES = ("llama", "qwen2", "gemma2", "gpt2", "gpt_neox", "phi3")


def logits(module: PreTrainedModel) -> torch.Tensor:
    ids = torch.randint(4, VOCABULARY, (2, 10), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        result: torch.Tensor = module(input_ids=ids).logits
    return result


def some_edits(model: Model) -> tuple[Edit, ...]:
    """Rows, columns, both, biases, whole tensors; several strengths."""
    random = np.random.default_rng(4)
    edits = []
    for number, module in enumerate(layout_of(model).modules):
        rows, columns = (
            np.flatnonzero(random.random(size) < 0.3) for size in model.facts[module.tensor].shape
        )
        strength = (1.0, 0.4)[number % 2]
        kind = number % 3
        edits.append(
            Edit(
                module.tensor,
                strength,
                rows if kind in (0, 2) else None,
                columns if kind in (1, 2) else None,
            )
        )
        if module.bias is not None:
            biased = np.flatnonzero(random.random(model.facts[module.bias].shape[0]) < 0.3)
            edits.append(Edit(module.bias, strength, biased))
    edits.append(Edit(model.family.embeddings[0], 0.3))
    edits += [Edit(name, 0.7) for name in model.facts if model.family.is_norm(name)]
    return tuple(edits)


def merge_by_hand(
    target: Path, specialist: Path, goal: Path, edits: tuple[Edit, ...], model: Model
) -> Path:
    """The checkpoint of a transfer by the formula of design.md, entry by entry."""
    shutil.copytree(target, goal)
    ours, theirs = (load_file(path / "model.safetensors") for path in (target, specialist))
    stored = {name.removeprefix(model.family.base_prefix): name for name in ours}
    for edit in edits:
        name = edit.tensor if edit.tensor in ours else stored[edit.tensor.removeprefix(
            model.family.base_prefix
        )]  # fmt: skip
        before, brought = ours[name], theirs[name]
        moves = torch.zeros(before.shape, dtype=torch.bool)
        if edit.rows is not None:
            moves[torch.from_numpy(edit.rows)] = True
        if edit.columns is not None:
            moves[:, torch.from_numpy(edit.columns)] = True
        if edit.rows is None and edit.columns is None:
            moves[...] = True
        mixed = before.float() + edit.strength * (brought.float() - before.float())
        mixed = mixed.to(before.dtype) if edit.strength != 1 else brought
        ours[name] = torch.where(moves, mixed, before)
    save_file(ours, goal / "model.safetensors", {"format": "pt"})
    return goal


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_candidate_is_its_checkpoint_and_leaves_no_trace(
    family: str, dtype: str, tmp_path: Path
) -> None:
    target_folder = write_tiny(tmp_path / "t", family, seed=1, dtype=dtype)
    specialist_folder = write_specialist(tmp_path / "s", target_folder, seed=2, scale=0.3)
    target, specialist = resolve(target_folder), resolve(specialist_folder)
    edits = some_edits(target)
    merged = merge_by_hand(target_folder, specialist_folder, tmp_path / "m", edits, target)
    module = load_resident(target, CPU, torch.float32)
    before = logits(module)

    with applied(module, target, Candidate("c", (Move("s", specialist, edits),))):
        during = logits(module)

    oracle = AutoModelForCausalLM.from_pretrained(merged, dtype=torch.float32)
    assert during.equal(logits(oracle))
    assert not during.equal(before)
    assert logits(module).equal(before)
    fresh = load_resident(target, CPU, torch.float32).state_dict()
    assert all(value.equal(fresh[name]) for name, value in module.state_dict().items())


def test_specialist_candidate_is_the_specialist(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "t", "qwen2", seed=1)
    other = write_specialist(tmp_path / "s", folder, seed=2, scale=0.3)
    target, specialist = resolve(folder), resolve(other)
    module = load_resident(target, CPU, torch.float32)
    with applied(module, target, specialist_candidate("s", target, specialist)):
        found = logits(module)
    assert found.equal(logits(load_resident(specialist, CPU, torch.float32)))


def test_a_specialist_of_another_vocabulary_keeps_the_targets_embeddings(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "t", "llama", seed=1)
    other = write_specialist(tmp_path / "s", folder, seed=2, scale=0.3)
    path, ours = other / "model.safetensors", load_file(folder / "model.safetensors")
    theirs = load_file(path)
    outer = ("model.embed_tokens.weight", "lm_head.weight")
    padded = {name: torch.cat([theirs[name], theirs[name][:8]]) for name in outer}
    save_file({**theirs, **padded}, path)
    target, specialist = resolve(folder), resolve(other)
    oracle = {**theirs, **{name: ours[name] for name in outer}}

    module = load_resident(target, CPU, torch.float32)
    with applied(module, target, specialist_candidate("s", target, specialist)):
        found = module.state_dict()
        assert all(found[name].equal(value) for name, value in oracle.items())


def test_two_moves_on_one_tensor_both_count(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "t", "llama", seed=1)
    target = resolve(folder)
    name = layout_of(target).modules[0].tensor
    moves = []
    for seed, rows in ((2, [0, 5]), (3, [1, 2])):
        other = write_specialist(tmp_path / f"s{seed}", folder, seed=seed, scale=0.3)
        edit = Edit(name, 0.5, np.array(rows))
        moves.append(Move(f"s{seed}", resolve(other), (edit,)))
    module = load_resident(target, CPU, torch.float32)
    before = module.state_dict()[name].clone()
    with applied(module, target, Candidate("c", tuple(moves))):
        changed = (module.state_dict()[name] != before).any(dim=1)
    assert np.flatnonzero(changed).tolist() == [0, 1, 2, 5]
    assert module.state_dict()[name].equal(before)


def test_target_comes_back_after_an_exception(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "t", "llama", seed=1)
    other = write_specialist(tmp_path / "s", folder, seed=2, scale=0.3)
    target = resolve(folder)
    module = load_resident(target, CPU, torch.float32)
    before = logits(module)
    candidate = Candidate("c", (Move("s", resolve(other), whole_edits(target, 0.5)),))
    with pytest.raises(IndexError), applied(module, target, candidate):
        module(input_ids=torch.tensor([[VOCABULARY + 9]]))
    assert logits(module).equal(before)


def test_target_comes_back_when_a_specialist_breaks_half_way(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "t", "llama", seed=1)
    other = write_specialist(tmp_path / "s", folder, seed=2, scale=0.3)
    target, specialist = resolve(folder), resolve(other)
    module = load_resident(target, CPU, torch.float32)
    before = logits(module)
    weights = other / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    candidate = Candidate("c", (Move("s", specialist, whole_edits(target, 0.5)),))
    with (
        pytest.raises(Exception, match="ended inside"),
        applied(module, target, candidate),
    ):
        pytest.fail("a broken specialist was applied")
    assert logits(module).equal(before)


def test_specialist_of_another_shape_is_refused_untouched(tmp_path: Path) -> None:
    target = resolve(write_tiny(tmp_path / "t", "llama", seed=1))
    other = resolve(write_tiny(tmp_path / "s", "llama", seed=2, layers=1))
    module = load_resident(target, CPU, torch.float32)
    candidate = Candidate("c", (Move("s", other, whole_edits(target, 0.5)),))
    with pytest.raises(IncompatibleModelsError), applied(module, target, candidate):
        pytest.fail("another shape was applied")


def test_head_stored_beside_its_tied_embedding_follows_it(tmp_path: Path) -> None:
    """Some checkpoints hold both; transformers ties them, so an edit must reach both."""
    folder = write_tiny(tmp_path / "t", "qwen2", seed=1)
    other = write_specialist(tmp_path / "s", folder, seed=2, scale=0.3)
    for path in (folder, other):
        tensors = load_file(path / "model.safetensors")
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
        save_file(tensors, path / "model.safetensors", {"format": "pt"})
        assert json.loads((path / "config.json").read_text("utf-8"))["tie_word_embeddings"]
    target = resolve(folder)
    module = load_resident(target, CPU, torch.float32)
    before = logits(module)
    edit = Edit("model.embed_tokens.weight", 0.5, np.arange(0, VOCABULARY, 3))
    merged = merge_by_hand(folder, other, tmp_path / "m", (edit,), target)
    tensors = load_file(merged / "model.safetensors")
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
    save_file(tensors, merged / "model.safetensors", {"format": "pt"})
    own = dataclasses.replace(edit, tensor="lm_head.weight", strength=1.0)
    candidate = Candidate("c", (Move("s", resolve(other), (edit, own)),))

    with applied(module, target, candidate):
        during = logits(module)

    oracle = AutoModelForCausalLM.from_pretrained(merged, dtype=torch.float32)
    assert during.equal(logits(oracle))
    assert logits(module).equal(before)


@pytest.mark.parametrize("family", ["mixtral", "granitemoe", "qwen3_next"])
def test_candidate_of_a_model_with_experts_is_its_export(family: str, tmp_path: Path) -> None:
    """Experts' rows go into transformers' packed parameters and out again."""
    target, specialist = two_models(tmp_path, family)
    choices = Transfer(strength=0.7, norms="move", router=0.5)
    plan = planned(target, specialist, tmp_path / "out", choices)
    carry_out(plan)
    module = load_resident(target, CPU, torch.float32)
    before = logits(module)

    with applied(module, target, Candidate("c", plan.moves)):
        during = logits(module)

    assert during.equal(logits(AutoModelForCausalLM.from_pretrained(plan.out)))
    assert not during.equal(before)
    assert logits(module).equal(before)

"""LoRA and rsLoRA on the fly against peft's own merge."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from act_core.errors import (
    ActError,
    CorruptCheckpointError,
    IncompatibleModelsError,
    ReferenceNotFoundError,
    UnsafeFileError,
    UnsupportedModelError,
)
from act_core.models.reference import resolve
from tests.core.tiny import write_tiny

# peft asks transformers by a name that transformers has since deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`:UserWarning"),
    pytest.mark.filterwarnings("ignore:Input and output embeddings are no longer:UserWarning"),
    pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers`:UserWarning"),
]

LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def write_adapter(
    folder: Path, base: Path, *, seed: int, **options: Any
) -> dict[str, torch.Tensor]:
    """A random adapter by peft; what peft's own merge makes of the base with it."""
    options = {"r": 4, "lora_alpha": 12, "target_modules": LINEARS, **options}
    whole = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    tuned = get_peft_model(whole, LoraConfig(task_type="CAUSAL_LM", **options))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in tuned.parameters():
            if parameter.requires_grad:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    tuned.save_pretrained(folder)
    merged = tuned.merge_and_unload().state_dict()
    return {name: tensor.clone() for name, tensor in merged.items()}


def assert_equal_to(reference: str, merged: dict[str, torch.Tensor]) -> None:
    model = resolve(reference)
    rows = np.array([3, 4, 5, 11, 0], dtype=np.int64)
    for name in model.facts:
        ours = model.weights.read(name)
        torch.testing.assert_close(ours.float(), merged[name], rtol=1e-5, atol=1e-6)
        assert model.facts[name].shape == tuple(ours.shape)
        if ours.dim() == 2:
            chosen = model.weights.read_rows(name, rows)
            torch.testing.assert_close(chosen, ours[rows], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_rslora": True},
        {"rank_pattern": {"q_proj": 8}, "alpha_pattern": {"layers.1.mlp.up_proj": 2}},
        {"target_modules": ["q_proj", "lm_head"]},
        {"target_modules": ["v_proj"], "modules_to_save": ["lm_head"]},
    ],
    ids=["lora", "rslora", "patterns", "head", "modules_to_save"],
)
def test_equals_pefts_merge(tmp_path: Path, options: dict[str, Any]) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    merged = write_adapter(tmp_path / "ad", base, seed=2, **options)
    before = resolve(base)
    assert any(not torch.equal(before.weights.read(n), merged[n]) for n in before.facts)
    assert_equal_to(f"{base}+{tmp_path / 'ad'}", merged)


def test_conv1d_base(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "gpt2", seed=1)
    options = {"target_modules": ["c_attn", "c_proj", "c_fc"], "fan_in_fan_out": True}
    merged = write_adapter(tmp_path / "ad", base, seed=2, **options)
    assert_equal_to(f"{base}+{tmp_path / 'ad'}", merged)


def test_stack_applies_in_order(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    first = write_adapter(tmp_path / "a", base, seed=2)
    middle = tmp_path / "middle"
    whole = AutoModelForCausalLM.from_pretrained(base)
    whole.load_state_dict(first)
    whole.save_pretrained(middle)
    both = write_adapter(tmp_path / "b", middle, seed=3)
    assert_equal_to(f"{base}+{tmp_path / 'a'}+{tmp_path / 'b'}", both)


def test_untouched_tensors_keep_their_dtype(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1, dtype="bfloat16")
    write_adapter(tmp_path / "ad", base, seed=2, target_modules=["q_proj"])
    model = resolve(f"{base}+{tmp_path / 'ad'}")
    dtypes = {name: facts.dtype for name, facts in model.facts.items()}
    assert {n for n, d in dtypes.items() if d == "F32"} == {n for n in dtypes if "q_proj" in n}
    assert set(dtypes.values()) == {"F32", "BF16"}
    name = "model.layers.0.mlp.up_proj.weight"
    assert torch.equal(model.weights.read(name), resolve(base).weights.read(name))


def test_alone_on_the_base_its_config_names(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    merged = write_adapter(tmp_path / "ad", base, seed=2)
    assert_equal_to(str(tmp_path / "ad"), merged)
    config = tmp_path / "ad" / "adapter_config.json"
    values = json.loads(config.read_text("utf-8"))
    config.write_text(json.dumps({**values, "base_model_name_or_path": "org/model"}), "utf-8")
    with pytest.raises(ReferenceNotFoundError, match="org/model"):
        resolve(tmp_path / "ad")
    name = "model.layers.0.self_attn.q_proj.weight"
    alone = resolve(tmp_path / "ad", base=str(base))
    torch.testing.assert_close(alone.weights.read(name), merged[name])


def test_plus_in_a_path_is_no_separator(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "a+b" / "base+1", "llama", seed=1)
    merged = write_adapter(tmp_path / "a+b" / "ad+2", base, seed=2)
    assert resolve(base).source == "folder"
    assert_equal_to(f"{base}+{tmp_path / 'a+b' / 'ad+2'}", merged)


def test_fingerprint_covers_base_weights_scale(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    write_adapter(tmp_path / "a", base, seed=2)
    write_adapter(tmp_path / "b", base, seed=3)
    write_adapter(tmp_path / "c", base, seed=2, lora_alpha=13)
    other = write_tiny(tmp_path / "other", "llama", seed=9)
    references = [str(base), f"{other}+{tmp_path / 'a'}"]
    references += [f"{base}+{tmp_path / name}" for name in "abc"]
    assert len({resolve(reference).fingerprint() for reference in references}) == 5


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"use_dora": True}, UnsupportedModelError),
        ({"peft_type": "IA3"}, UnsupportedModelError),
        ({"layer_replication": [[0, 1], [0, 2]]}, UnsupportedModelError),
        ({"target_parameters": ["mlp.experts"]}, UnsupportedModelError),
        ({"trainable_token_indices": [1]}, UnsupportedModelError),
        ({"lora_bias": True}, UnsupportedModelError),
        ({"bias": "all"}, UnsupportedModelError),
        ({"r": 8}, IncompatibleModelsError),
        ({"r": 0}, CorruptCheckpointError),
        ({"lora_alpha": "NaN"}, CorruptCheckpointError),
        ({"alpha_pattern": {"(": 3}}, CorruptCheckpointError),
        ({"rank_pattern": {"(": 3}}, CorruptCheckpointError),
    ],
)
def test_config_that_changes_the_formula_is_refused(
    tmp_path: Path, changes: dict[str, Any], error: type[ActError]
) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    write_adapter(tmp_path / "ad", base, seed=2)
    config = tmp_path / "ad" / "adapter_config.json"
    values = json.loads(config.read_text("utf-8"))
    config.write_text(json.dumps({**values, **changes}), "utf-8")
    with pytest.raises(error) as caught:
        resolve(f"{base}+{tmp_path / 'ad'}")
    assert caught.value.remedy


def test_adapter_of_another_base_is_refused(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    other = write_tiny(tmp_path / "gpt2", "gpt2", seed=1)
    short = write_tiny(tmp_path / "short", "llama", seed=1, layers=1)
    write_adapter(tmp_path / "ad", base, seed=2)
    for wrong in (other, short):
        with pytest.raises(IncompatibleModelsError):
            resolve(f"{wrong}+{tmp_path / 'ad'}")


def test_unknown_and_lonely_tensors_are_refused(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    write_adapter(tmp_path / "ad", base, seed=2)
    file = tmp_path / "ad" / "adapter_model.safetensors"
    tensors = load_file(file)
    save_file({**tensors, "base_model.model.model.norm.gain": torch.ones(32)}, file)
    with pytest.raises(UnsupportedModelError, match=r"model\.norm\.gain"):
        resolve(f"{base}+{tmp_path / 'ad'}")
    lonely = next(name for name in tensors if "lora_B" in name)
    save_file({name: t for name, t in tensors.items() if name != lonely}, file)
    with pytest.raises(IncompatibleModelsError):
        resolve(f"{base}+{tmp_path / 'ad'}")


def test_saved_embeddings_of_a_tied_base_are_refused(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "qwen2", seed=1)
    options = {"target_modules": ["q_proj"], "modules_to_save": ["embed_tokens"]}
    write_adapter(tmp_path / "ad", base, seed=2, **options)
    with pytest.raises(UnsupportedModelError, match="embed_tokens"):
        resolve(f"{base}+{tmp_path / 'ad'}")


def test_embedding_adapter_is_refused(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    write_adapter(tmp_path / "ad", base, seed=2, target_modules=["embed_tokens"])
    with pytest.raises(UnsupportedModelError, match="embed_tokens"):
        resolve(f"{base}+{tmp_path / 'ad'}")


def test_pickled_adapter_is_refused(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    write_adapter(tmp_path / "ad", base, seed=2)
    file = tmp_path / "ad" / "adapter_model.safetensors"
    torch.save(load_file(file), tmp_path / "ad" / "adapter_model.bin")
    file.unlink()
    with pytest.raises(UnsafeFileError):
        resolve(f"{base}+{tmp_path / 'ad'}")


def test_missing_adapter_is_named(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base", "llama", seed=1)
    with pytest.raises(ReferenceNotFoundError, match="nowhere"):
        resolve(f"{base}+{tmp_path / 'nowhere'}")


SMOL = Path(os.environ.get("ACT_SMOL_FOLDER", "missing"))
SPECIALISTS = Path(os.environ.get("ACT_SPECIALISTS_FOLDER", "missing"))


@pytest.mark.skipif(
    not (SMOL / "german").is_dir() or not (SPECIALISTS / "german").is_dir(),
    reason="ACT_SMOL_FOLDER and ACT_SPECIALISTS_FOLDER name no SmolLM2 models and adapters",
)
def test_real_adapter_equals_its_merged_folder() -> None:
    """The folder was merged in float32 and rounded, the base was rounded before: 2 roundings."""
    base = resolve(SMOL / "base")
    ours = resolve(f"{SMOL / 'base'}+{SPECIALISTS / 'german'}")
    merged = resolve(SMOL / "german")
    for name in merged.facts:
        want, before = merged.weights.read(name).float(), base.weights.read(name).float()
        bound = (want.abs() + before.abs()) * 2**-8
        assert ((ours.weights.read(name).float() - want).abs() <= bound * 1.01).all()

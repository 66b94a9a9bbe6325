"""The card of a model, and memory estimates against what is really allocated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from gguf import GGMLQuantizationType
from transformers import AutoModelForCausalLM

from act_core.models.describe import describe
from act_core.models.memory import profile_memory, resident_memory, transfer_memory
from act_core.models.reference import Model, resolve
from tests.core.models.test_adapter import write_adapter
from tests.core.models.test_gguf import write_gguf
from tests.core.tiny import FAMILY_NAMES, VOCABULARY, write_tiny

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")

README = """---
license: apache-2.0
base_model:
- some/parent
---
# A model
"""


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_card_equals_the_loaded_model(tmp_path: Path, name: str) -> None:
    folder = write_tiny(tmp_path / "m", name, seed=1, dtype="bfloat16", shards=2)
    card = describe(resolve(folder))
    whole = AutoModelForCausalLM.from_pretrained(folder)
    assert card.parameters == sum(p.numel() for p in whole.parameters())
    assert card.tied is whole.config.tie_word_embeddings
    assert card.dtypes == {"BF16": len(resolve(folder).facts)}
    assert card.size_bytes == sum(f.stat().st_size for f in folder.glob("*.safetensors"))
    assert (card.layers, card.hidden, card.vocabulary, card.context) == (2, 32, VOCABULARY, 128)
    assert card.special_tokens == {
        "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>",
    }  # fmt: skip
    assert card.chat_template
    assert (card.inferred, card.notes) == (False, ())


def test_readme_gives_licence_and_base(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    assert (describe(resolve(folder)).licence, describe(resolve(folder)).base_model) == (None, None)
    (folder / "README.md").write_text(README, "utf-8")
    card = describe(resolve(folder))
    assert (card.licence, card.base_model) == ("apache-2.0", "some/parent")


@pytest.mark.parametrize("text", ["", "---\n: [\n---\n", "---\n- a\n---\n", "no front matter"])
def test_odd_readmes_leave_the_card_whole(tmp_path: Path, text: str) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    (folder / "README.md").write_text(text, "utf-8")
    (folder / "tokenizer_config.json").write_text("[", "utf-8")
    card = describe(resolve(folder))
    assert (card.licence, card.special_tokens, card.layers) == (None, {}, 2)


def test_special_tokens_written_as_objects(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    path = folder / "tokenizer_config.json"
    values = json.loads(path.read_text("utf-8"))
    values["eos_token"] = {"content": "<|end|>", "lstrip": False}
    path.write_text(json.dumps(values), "utf-8")
    assert describe(resolve(folder)).special_tokens["eos_token"] == "<|end|>"


def test_how_it_is_read_is_said(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    write_adapter(tmp_path / "ad", folder, seed=2)
    file = write_gguf(tmp_path / "m.gguf", folder, "llama", GGMLQuantizationType.Q8_0)
    unknown = write_tiny(tmp_path / "u", "stablelm", seed=1)
    (dequantised,) = describe(resolve(file)).notes
    assert "dequantised" in dequantised
    assert "Q8_0" in dequantised
    card = describe(resolve(file))
    assert card.special_tokens == {"bos_token": "<bos>", "eos_token": "<eos>"}
    assert not card.chat_template
    (applied,) = describe(resolve(f"{folder}+{tmp_path / 'ad'}")).notes
    assert "on the fly" in applied
    assert len(describe(resolve(f"{file}+{tmp_path / 'ad'}")).notes) == 2
    card = describe(resolve(unknown))
    assert card.inferred
    assert "read off" in card.notes[0]


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return resolve(write_tiny(tmp_path / "m", "llama", seed=1, layers=6))


def test_resident_covers_all_weights(model: Model) -> None:
    weights = sum(model.weights.read(name).nbytes for name in model.facts)
    small = resident_memory(model, dtype="F32", batch_tokens=1).size_bytes
    half = resident_memory(model, dtype="BF16", batch_tokens=1).size_bytes
    assert weights <= small < 1.1 * weights
    assert weights // 2 <= half < small


def test_profile_grows_with_what_it_holds(model: Model) -> None:
    def size(count: int = 1, tokens: int = 1000, backward: bool = False) -> int:
        estimate = profile_memory(
            model, [model] * count, tokens=tokens, batch_tokens=64, dtype="F32", backward=backward
        )
        assert estimate.assumptions
        return estimate.size_bytes

    layer = sum(
        model.weights.read(n).nbytes for n in model.facts if n.startswith("model.layers.0.")
    )
    state = torch.empty(1000, model.shape.hidden).nbytes
    assert size(count=2) - size(count=1) == 2 * layer
    assert size(tokens=2000) - size(tokens=1000) == state
    assert size(backward=True) - size() >= model.shape.layers * state


def test_transfer_covers_the_largest_tensor(model: Model) -> None:
    largest = max(model.weights.read(name).nbytes for name in model.facts)
    assert transfer_memory(model).size_bytes >= 3 * largest

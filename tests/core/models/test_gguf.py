"""GGUF files written by the gguf package against transformers' own loading of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter
from transformers import AutoModelForCausalLM

from act_core.errors import ActError, CorruptCheckpointError, UnsupportedModelError
from act_core.models.pair import check_pair
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from act_core.models.tokenizer import load_tokenizer
from tests.core.gguf_files import write_gguf
from tests.core.tiny import CHARACTERS, SPECIALS, write_tiny


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "m", "llama", seed=1)


@pytest.mark.parametrize("quantised", ["F32", "F16", "BF16", "Q8_0", "Q4_0"])
def test_equals_transformers(tmp_path: Path, folder: Path, quantised: str) -> None:
    file = write_gguf(tmp_path / "m.gguf", folder, "llama", GGMLQuantizationType[quantised])
    model = resolve(file)
    assert (model.source, model.family.name) == ("gguf", "llama")
    whole = AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file=file.name, dtype=torch.float32)
    state = whole.state_dict()
    assert set(model.facts) == set(state)
    for name, facts in model.facts.items():
        ours = model.weights.read(name)
        assert torch.equal(ours, state[name])
        assert (tuple(ours.shape), facts.dtype) == (facts.shape, "F32")
        rows = np.array([4, 5, 1], dtype=np.int64)
        assert torch.equal(model.weights.read_rows(name, rows), ours[rows])
    ours = load_resident(model, torch.device("cpu"), torch.float32)
    ids = torch.arange(4, 20)[None]
    with torch.no_grad():
        assert torch.equal(ours(input_ids=ids).logits, whole.eval()(input_ids=ids).logits)


def test_unquantised_file_equals_the_folder_it_was_made_of(tmp_path: Path, folder: Path) -> None:
    file = write_gguf(tmp_path / "m.gguf", folder, "llama", GGMLQuantizationType.F32)
    ours, origin = resolve(file), resolve(folder)
    assert set(ours.facts) == set(origin.facts)
    for name in ours.facts:
        assert torch.equal(ours.weights.read(name), origin.weights.read(name))


def test_other_architecture_keeps_its_rows(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "qwen2", seed=1)
    file = write_gguf(tmp_path / "m.gguf", folder, "qwen2", GGMLQuantizationType.F32)
    ours, origin = resolve(file), resolve(folder)
    assert (ours.family.name, ours.tied) == ("qwen2", True)
    for name in origin.facts:
        assert torch.equal(ours.weights.read(name), origin.weights.read(name))


def test_reading_one_tensor_dequantises_no_other(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gguf

    file = write_gguf(tmp_path / "m.gguf", folder, "llama", GGMLQuantizationType.Q8_0)
    sizes = []
    real = gguf.dequantize

    def counted(data: np.ndarray, kind: GGMLQuantizationType) -> np.ndarray:
        values = real(data, kind)
        sizes.append(values.size)
        return values

    monkeypatch.setattr(gguf, "dequantize", counted)
    name = "model.layers.1.mlp.up_proj.weight"
    model = resolve(file)
    assert sizes == []
    model.weights.read(name)
    assert sizes == [int(np.prod(model.facts[name].shape))]


def test_tokenizer_comes_from_the_file(tmp_path: Path, folder: Path) -> None:
    file = write_gguf(tmp_path / "m.gguf", folder, "llama", GGMLQuantizationType.F32)
    tokenizer = load_tokenizer(resolve(file))
    ids = tokenizer("acb d", add_special_tokens=False)["input_ids"]
    assert ids == [len(SPECIALS) + CHARACTERS.index(c) for c in "acb d"]
    assert tokenizer.eos_token_id == 2


@pytest.mark.parametrize("keep", [3, 20, 400, -1, -400])
def test_cut_file_is_damaged(tmp_path: Path, folder: Path, keep: int) -> None:
    file = write_gguf(tmp_path / "m.gguf", folder, "llama", GGMLQuantizationType.F32)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(CorruptCheckpointError) as caught:
        resolve(file)
    assert caught.value.remedy


def test_no_gguf_inside(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"\x80\x04pickle")
    with pytest.raises(CorruptCheckpointError):
        resolve(tmp_path / "m.gguf")


def test_unknown_architecture_is_refused(tmp_path: Path) -> None:
    writer = GGUFWriter(tmp_path / "m.gguf", "rwkv6")
    writer.add_tensor("token_embd.weight", np.zeros((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(UnsupportedModelError, match="rwkv6"):
        resolve(tmp_path / "m.gguf")


def test_experts_are_refused(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    file = write_gguf(tmp_path / "m.gguf", folder, "qwen3moe", GGMLQuantizationType.F32)
    with pytest.raises(UnsupportedModelError, match="with experts"):
        resolve(file)


def test_missing_tensor_is_named(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1, layers=1)
    file = write_gguf(tmp_path / "m.gguf", folder, "llama", GGMLQuantizationType.F32)
    with pytest.raises(ActError, match=r"model\.layers\.1\.self_attn\.q_proj\.weight"):
        resolve(file)


def test_pair_with_the_folder_it_was_made_of(tmp_path: Path, folder: Path) -> None:
    """Settings that the file holds in float32 are the same; the quantisation error is said."""
    file = write_gguf(tmp_path / "m.gguf", folder, "llama", GGMLQuantizationType.Q8_0)
    model = resolve(file)
    found = {finding.title: finding for finding in check_pair(resolve(folder), model)}
    assert "Different settings" not in found
    assert found["The specialist is dequantised"].severity == "warns"
    assert found["Same lineage"].severity == "informs"
    assert model.fingerprint() == resolve(file).fingerprint() != resolve(folder).fingerprint()

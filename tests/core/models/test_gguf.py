"""GGUF files written by the gguf package against transformers' own loading of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter, quantize
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from act_core.errors import ActError, CorruptCheckpointError, UnsupportedModelError
from act_core.models.pair import check_pair
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from act_core.models.tokenizer import load_tokenizer
from tests.core.tiny import CHARACTERS, SPECIALS, VOCABULARY, write_tiny

NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "model.layers": "blk",
}  # fmt: skip


def permuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp's order of rotary rows (convert_hf_to_gguf.py, LlamaModel.permute)."""
    parts = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return parts.swapaxes(1, 2).reshape(weight.shape)


def write_gguf(
    path: Path, folder: Path, arch: str, quantised: GGMLQuantizationType, *, tokenizer: bool = True
) -> Path:
    """A tiny folder as llama.cpp would store it: matrices quantised, norms in float32."""
    writer = GGUFWriter(path, arch)
    writer.add_context_length(128)
    writer.add_embedding_length(32)
    writer.add_block_count(2)
    writer.add_feed_forward_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(VOCABULARY)
    if tokenizer:
        words = [*SPECIALS, *("Ċ" if c == "\n" else "Ġ" if c == " " else c for c in CHARACTERS)]
        words += ["ab"]
        words += [f"<extra_{i}>" for i in range(VOCABULARY - len(words))]
        writer.add_tokenizer_model("gpt2")
        writer.add_token_list(words)
        writer.add_token_merges(["a b"])
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
    for name, tensor in load_file(folder / "model.safetensors").items():
        values = tensor.float().numpy()
        if arch == "llama" and "q_proj" in name:
            values = permuted(values, 4)
        if arch == "llama" and "k_proj" in name:
            values = permuted(values, 2)
        for ours, theirs in NAMES.items():
            name = name.replace(ours, theirs)
        stored = quantised if values.ndim > 1 else GGMLQuantizationType.F32
        writer.add_tensor(name, quantize(values, stored), raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


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

"""Untrusted files: each lie is met with a clear error before a weight byte is used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from act_core.errors import (
    ActError,
    CorruptCheckpointError,
    QuantisedModelError,
    ReferenceNotFoundError,
    UnsafeFileError,
    UnsupportedModelError,
)
from act_core.models.headers import read_header, read_metadata
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from tests.core.tiny import write_tiny


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "m", "llama", seed=1)


def refused(reference: str | Path, error: type[ActError], match: str | None = None) -> ActError:
    with pytest.raises(error, match=match) as caught:
        resolve(reference)
    assert caught.value.title
    assert caught.value.remedy
    return caught.value


def rewrite_header(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    raw = file.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + length :])


def change_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def test_header_equals_safetensors(folder: Path) -> None:
    file = folder / "model.safetensors"
    tensors = load_file(file)
    headers = read_header(file)
    raw = file.read_bytes()
    assert set(headers) == set(tensors)
    for name, header in headers.items():
        assert header.shape == tuple(tensors[name].shape)
        piece = raw[header.begin_bytes : header.begin_bytes + header.size_bytes]
        assert piece == tensors[name].numpy().tobytes()
    assert read_metadata(file) == {"format": "pt"}


@pytest.mark.parametrize("keep", [0, 7, 8, 100, -1, -1000])
def test_truncated_file(folder: Path, keep: int) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    refused(folder, CorruptCheckpointError)


def test_trailing_bytes(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes() + b"\0")
    refused(folder, CorruptCheckpointError)


@pytest.mark.parametrize("length", [2**63, 200_000_000, 2**32])
def test_huge_header(folder: Path, length: int) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(length.to_bytes(8, "little") + file.read_bytes()[8:])
    refused(folder, CorruptCheckpointError, "truncated")


NAME = "model.norm.weight"


@pytest.mark.parametrize(
    "lie",
    [
        {"data_offsets": [0, 128]},
        {"data_offsets": [-128, 0]},
        {"data_offsets": [128, 0]},
        {"data_offsets": [0.0, 128.0]},
        {"data_offsets": [0]},
        {"data_offsets": None},
        {"data_offsets": [10**15, 10**15 + 128]},
        {"shape": [33]},
        {"shape": [-32]},
        {"shape": [*[1] * 8, 32]},
        {"shape": "32"},
        {"shape": [True] * 2},
        {"dtype": "F64"},
        {"dtype": "Q4"},
        {"dtype": None},
    ],
    ids=str,
)
def test_header_lies(folder: Path, lie: dict[str, Any]) -> None:
    file = folder / "model.safetensors"
    rewrite_header(file, lambda header: header[NAME].update(lie))
    refused(folder, CorruptCheckpointError)


@pytest.mark.parametrize("text", [b"not json", b"[]", b'{"a": 3}', b"\xff\xfe", b"[" * 50_000])
def test_header_is_no_object(folder: Path, text: bytes) -> None:
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)
    refused(folder, CorruptCheckpointError)


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "s", "llama", seed=1, shards=2)


@pytest.mark.parametrize(
    "outside",
    ["../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", "..\\x.safetensors", ""],
)
def test_index_naming_a_file_outside(sharded: Path, outside: str) -> None:
    (sharded.parent / "x.safetensors").write_bytes(
        (sharded / "model-00001-of-00002.safetensors").read_bytes()
    )
    index = sharded / "model.safetensors.index.json"
    values = json.loads(index.read_text("utf-8"))
    values["weight_map"][NAME] = outside
    index.write_text(json.dumps(values), "utf-8")
    refused(sharded, CorruptCheckpointError, "outside")


@pytest.mark.parametrize("name", ["NUL.safetensors", "a\n.safetensors", "a?.safetensors"])
def test_index_naming_a_file_that_not_every_computer_can_have(sharded: Path, name: str) -> None:
    index = sharded / "model.safetensors.index.json"
    values = json.loads(index.read_text("utf-8"))
    values["weight_map"][NAME] = name
    index.write_text(json.dumps(values), "utf-8")
    refused(sharded, CorruptCheckpointError, "names the file")


def test_index_naming_a_missing_file(sharded: Path) -> None:
    (sharded / "model-00002-of-00002.safetensors").unlink()
    refused(sharded, CorruptCheckpointError, "missing")


def test_index_naming_a_pickle(sharded: Path) -> None:
    index = sharded / "model.safetensors.index.json"
    values = json.loads(index.read_text("utf-8"))
    values["weight_map"][NAME] = "pytorch_model.bin"
    index.write_text(json.dumps(values), "utf-8")
    refused(sharded, UnsafeFileError)


def test_index_that_disagrees_with_the_files(sharded: Path) -> None:
    index = sharded / "model.safetensors.index.json"
    values = json.loads(index.read_text("utf-8"))
    del values["weight_map"][NAME]
    index.write_text(json.dumps(values), "utf-8")
    refused(sharded, CorruptCheckpointError, NAME)
    values["weight_map"][NAME] = "model-00002-of-00002.safetensors"
    values["weight_map"]["no.such.tensor"] = "model-00002-of-00002.safetensors"
    index.write_text(json.dumps(values), "utf-8")
    refused(sharded, CorruptCheckpointError, r"no\.such\.tensor")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": {}}', '{"weight_map": 3}'])
def test_index_that_says_nothing(sharded: Path, text: str) -> None:
    (sharded / "model.safetensors.index.json").write_text(text, "utf-8")
    refused(sharded, CorruptCheckpointError)


def test_pickles_are_refused(folder: Path) -> None:
    file = folder / "model.safetensors"
    torch.save(load_file(file), folder / "pytorch_model.bin")
    file.unlink()
    refused(folder, UnsafeFileError, "pickle")
    refused(folder / "pytorch_model.bin", UnsafeFileError, "pickle")


def test_single_file_reads_as_its_folder(folder: Path) -> None:
    single, whole = resolve(folder / "model.safetensors"), resolve(folder)
    assert single.source == "file"
    assert single.facts == whole.facts
    assert single.fingerprint() == whole.fingerprint()


@pytest.mark.parametrize("method", ["gptq", "bitsandbytes", "fp8"])
def test_quantised_config(folder: Path, method: str) -> None:
    change_config(folder, quantization_config={"quant_method": method, "bits": 4})
    refused(folder, QuantisedModelError, method)


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.float8_e4m3fn])
def test_weights_that_are_no_floats(folder: Path, dtype: torch.dtype) -> None:
    file = folder / "model.safetensors"
    tensors = load_file(file)
    name = "model.layers.1.mlp.down_proj.weight"
    save_file({**tensors, name: tensors[name].to(dtype)}, file)
    refused(folder, QuantisedModelError, name)


def test_missing_layer(folder: Path) -> None:
    file = folder / "model.safetensors"
    kept = {n: t for n, t in load_file(file).items() if not n.startswith("model.layers.1.")}
    save_file(kept, file)
    refused(folder, CorruptCheckpointError, r"model\.layers\.1\.self_attn\.q_proj\.weight")


@pytest.mark.parametrize("layers", [0, None, 10**12])
def test_config_that_lies_about_layers(folder: Path, layers: int | None) -> None:
    change_config(folder, num_hidden_layers=layers)
    refused(folder, CorruptCheckpointError, "layers")


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff\xfe\x00", b"[" * 50_000])
def test_damaged_config(folder: Path, text: bytes) -> None:
    (folder / "config.json").write_bytes(text)
    refused(folder, CorruptCheckpointError, r"config\.json")


def test_missing_config_and_weights(folder: Path, tmp_path: Path) -> None:
    (folder / "config.json").unlink()
    refused(folder, ReferenceNotFoundError, r"config\.json")
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(empty, ReferenceNotFoundError)
    refused(tmp_path / "nowhere", ReferenceNotFoundError, "nowhere")
    other = tmp_path / "notes.txt"
    other.write_text("hello", "utf-8")
    refused(other, UnsupportedModelError, "notes")


def test_unreadable_tensor_shapes_are_an_error_of_the_tree(folder: Path) -> None:
    """Shapes that disagree with the config come to light when transformers' skeleton is filled."""
    change_config(folder, vocab_size=77)
    with pytest.raises(CorruptCheckpointError, match="shapes"):
        load_resident(resolve(folder), torch.device("cpu"), torch.float32)


def test_missing_norm_is_named_when_loading(folder: Path) -> None:
    file = folder / "model.safetensors"
    save_file({n: t for n, t in load_file(file).items() if n != NAME}, file)
    with pytest.raises(CorruptCheckpointError, match=r"model\.norm\.weight"):
        load_resident(resolve(folder), torch.device("cpu"), torch.float32)


def test_file_that_shrinks_while_in_use(folder: Path) -> None:
    model = resolve(folder)
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(CorruptCheckpointError, match="ended inside"):
        model.weights.read("model.norm.weight")


def test_stored_head_of_a_tied_config(tmp_path: Path) -> None:
    """Where config says tied but a head is stored, transformers computes with what is stored."""
    from transformers import AutoModelForCausalLM

    folder = write_tiny(tmp_path / "q", "qwen2", seed=1)
    file = folder / "model.safetensors"
    tensors = load_file(file)
    head = tensors["model.embed_tokens.weight"].flip(0).contiguous()
    save_file({**tensors, "lm_head.weight": head}, file, {"format": "pt"})
    model = resolve(folder)
    assert not model.tied
    ids = torch.arange(4, 14)[None]
    expected = AutoModelForCausalLM.from_pretrained(folder).eval()
    ours = load_resident(model, torch.device("cpu"), torch.float32)
    with torch.no_grad():
        assert torch.equal(ours(input_ids=ids).logits, expected(input_ids=ids).logits)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_share_of_rotary_positions_that_is_no_number_is_left_alone(
    folder: Path, value: float
) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, "rotary_pct": value}), "utf-8")
    shape = resolve(folder).shape
    assert shape.rotary_dim == shape.head_dim


def test_embeddings_in_eight_bits_are_refused_before_they_are_read(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    name = "model.embed_tokens.weight"
    tensors[name] = tensors[name].to(torch.float8_e4m3fn)
    save_file(tensors, path)
    refused(folder, QuantisedModelError, f"{name}.*F8_E4M3")

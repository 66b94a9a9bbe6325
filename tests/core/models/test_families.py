"""Every described family: our readers feed transformers' skeleton to the very same logits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file, save_model
from transformers import AutoModelForCausalLM

from act_core.errors import CorruptCheckpointError
from act_core.models.channels import layout_of
from act_core.models.families import FAMILIES
from act_core.models.reference import resolve
from act_core.models.resident import live_tensors, load_resident
from tests.core.tiny import FAMILY_NAMES, VOCABULARY, write_tiny

CPU = torch.device("cpu")


def padded_batch() -> tuple[torch.Tensor, torch.Tensor]:
    """Two sequences of 12 and 8 tokens, padded on the right; longer than the tiny windows."""
    ids = torch.randint(4, VOCABULARY, (2, 12), generator=torch.Generator().manual_seed(5))
    attention = torch.ones_like(ids)
    attention[1, 8:] = 0
    return ids, attention


def experts_of(
    state: dict[str, torch.Tensor],
) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    """Shapes of every expert's matrices by their own names, and channels of all experts."""
    shapes: dict[str, tuple[int, ...]] = {}
    widths: dict[str, int] = {}
    for name, tensor in state.items():
        prefix, _, leaf = name.rpartition(".")
        parts = {"gate_up_proj": ("gate_proj", "up_proj"), "down_proj": ("down_proj",)}.get(leaf)
        if tensor.dim() != 3 or parts is None:
            continue
        experts, rows, inputs = tensor.shape
        for part in parts:
            widths[f"{prefix}.*.{part}.weight"] = experts * rows // len(parts)
            for expert in range(experts):
                shapes[f"{prefix}.{expert}.{part}.weight"] = (rows // len(parts), inputs)
    return shapes, widths


def test_every_described_family_is_tested() -> None:
    assert {family.name for family in FAMILIES} == set(FAMILY_NAMES)


@pytest.mark.parametrize("name", FAMILY_NAMES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_logits_equal_transformers(tmp_path: Path, name: str, dtype: str) -> None:
    folder = write_tiny(tmp_path / "m", name, seed=1, dtype=dtype)
    expected = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
    ours = load_resident(resolve(folder), CPU, getattr(torch, dtype))
    ids, attention = padded_batch()
    with torch.no_grad():
        want = expected(input_ids=ids, attention_mask=attention).logits
        got = ours(input_ids=ids, attention_mask=attention).logits
    assert want.float().std() > 0.1
    assert torch.equal(got, want)


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_names_and_channels_are_those_of_transformers(tmp_path: Path, name: str) -> None:
    folder = write_tiny(tmp_path / "m", name, seed=1, shards=3)
    model = resolve(folder)
    whole = AutoModelForCausalLM.from_pretrained(folder)
    state = whole.state_dict()
    expected, widths = experts_of(state)
    expected |= {n: tuple(t.shape) for n, t in state.items() if t.dim() < 3 or "conv1d" in n}
    if model.tied:
        del expected[model.family.head]
    assert {n: f.shape for n, f in model.facts.items()} == expected
    assert whole.config.tie_word_embeddings is model.tied
    for prefix, module in whole.named_modules():
        others = prefix == "lm_head" or model.family.is_router(f"{prefix}.weight")
        if isinstance(module, torch.nn.Linear) and not others:
            widths[f"{prefix}.weight"] = module.out_features
        elif type(module).__name__ == "Conv1D":
            widths[f"{prefix}.weight"] = module.nf
    layout = layout_of(model)
    assert {m.tensor: m.width for m in layout.modules} == widths
    assert {n for m in layout.modules for n in m.tensors} <= set(model.facts)
    biases = {m.bias for m in layout.modules if m.bias is not None}
    assert biases == {f"{n[:-7]}.bias" for n in widths if f"{n[:-7]}.bias" in state}


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_every_tensor_has_one_role(tmp_path: Path, name: str) -> None:
    model = resolve(write_tiny(tmp_path / "m", name, seed=1))
    layout = layout_of(model)
    linear = {n for m in layout.modules for n in m.tensors}
    linear |= {m.bias for m in layout.modules if m.bias}
    norms = {tensor for tensor in model.facts if model.family.is_norm(tensor)}
    routers = {tensor for tensor in model.facts if model.family.is_router(tensor)}
    assert bool(routers) is bool(model.family.packs)
    rest = set(model.facts) - linear - norms - routers
    assert len(linear | norms | routers) == len(linear) + len(norms) + len(routers)
    assert rest == {*model.family.embeddings, model.family.head} - (
        {model.family.head} if model.tied else set()
    )


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_shape_equals_transformers_config(tmp_path: Path, name: str) -> None:
    folder = write_tiny(tmp_path / "m", name, seed=1, layers=2)
    shape = resolve(folder).shape
    whole = AutoModelForCausalLM.from_pretrained(folder)
    frequencies = [b for n, b in whole.named_buffers() if n.endswith("inv_freq")]
    assert (shape.layers, shape.hidden, shape.vocabulary) == (2, 32, VOCABULARY)
    assert (shape.heads, shape.context) == (4, 128)
    assert shape.intermediate == (128 if name == "bloom" else 64)  # always 4 x hidden there
    own_name = "num_kv_heads" if name == "falcon" else "num_key_value_heads"
    assert shape.kv_heads == getattr(whole.config, own_name, 4)
    assert {2 * len(buffer) for buffer in frequencies} <= {shape.rotary_dim}
    assert bool(frequencies) is (resolve(folder).family.rotary != "none")


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_rows_are_read_as_the_whole_tensor(tmp_path: Path, name: str) -> None:
    model = resolve(write_tiny(tmp_path / "m", name, seed=1, dtype="bfloat16", shards=2))
    rows = np.array([0, 1, 2, 7, 5, 31], dtype=np.int64)
    for tensor in model.facts:
        whole = model.weights.read(tensor)
        if len(whole) > 31:
            assert torch.equal(model.weights.read_rows(tensor, rows), whole[rows])


def test_bare_gpt2_names_get_their_prefix(tmp_path: Path) -> None:
    """The GPT-2 checkpoints of 2019 say `h.0.attn...` and hold the causal mask as a buffer."""
    folder = write_tiny(tmp_path / "m", "gpt2", seed=1)
    file = folder / "model.safetensors"
    named = resolve(folder)
    whole = {name: named.weights.read(name) for name in named.facts}
    tensors = {name.removeprefix("transformer."): t for name, t in load_file(file).items()}
    save_file({**tensors, "h.0.attn.bias": torch.ones(1, 1, 128, 128)}, file, {"format": "pt"})
    bare = resolve(folder)
    assert set(bare.facts) == set(whole)
    assert all(torch.equal(bare.weights.read(name), whole[name]) for name in whole)


def test_pythia_head_keeps_its_stored_name(tmp_path: Path) -> None:
    """transformers calls it `lm_head`, checkpoints `embed_out`; both must read alike."""
    folder = write_tiny(tmp_path / "m", "gpt_neox", seed=1)
    file = folder / "model.safetensors"
    head = resolve(folder).weights.read("lm_head.weight")
    tensors = {
        "embed_out.weight" if name == "lm_head.weight" else name: tensor
        for name, tensor in load_file(file).items()
    }
    save_file(tensors, file, {"format": "pt"})
    assert torch.equal(resolve(folder).weights.read("lm_head.weight"), head)


@pytest.mark.parametrize("name", ["qwen2", "gpt2"])
def test_tied_checkpoint_that_keeps_the_head(tmp_path: Path, name: str) -> None:
    """`safetensors.torch.save_model` drops the embedding and keeps `lm_head.weight`."""
    folder = write_tiny(tmp_path / "m", name, seed=1)
    model = resolve(folder)
    embedding = model.family.embeddings[0]
    expected = model.weights.read(embedding)
    whole = AutoModelForCausalLM.from_pretrained(folder)
    save_model(whole, str(folder / "model.safetensors"))
    assert embedding not in load_file(folder / "model.safetensors")
    again = resolve(folder)
    assert again.tied
    assert set(again.facts) == set(model.facts)
    assert torch.equal(again.weights.read(embedding), expected)
    ids, _ = padded_batch()
    with torch.no_grad():
        got = load_resident(again, CPU, torch.float32)(input_ids=ids).logits
        assert torch.equal(got, whole.eval()(input_ids=ids).logits)


def packed_experts(folder: Path) -> Path:
    """The same model with its experts packed, as transformers holds them in memory."""
    whole = AutoModelForCausalLM.from_pretrained(folder)
    whole.save_pretrained(folder.with_name("packed"), save_original_format=False)
    return folder.with_name("packed")


@pytest.mark.parametrize("name", ["mixtral", "qwen2_moe", "granitemoe"])
def test_packed_and_apart_experts_read_alike(tmp_path: Path, name: str) -> None:
    apart = resolve(write_tiny(tmp_path / "m", name, seed=1))
    packed = resolve(packed_experts(apart.folder))
    file = load_file(packed.folder / "model.safetensors")
    assert any(tensor.dim() == 3 for tensor in file.values())
    assert apart.facts == packed.facts
    assert layout_of(apart).fingerprint() == layout_of(packed).fingerprint()
    rows = np.array([1, 2, 9], dtype=np.int64)
    for tensor in apart.facts:
        whole = apart.weights.read(tensor)
        assert torch.equal(packed.weights.read(tensor), whole)
        if len(whole) > 9:
            assert torch.equal(packed.weights.read_rows(tensor, rows), whole[rows])


def test_damaged_experts_are_refused(tmp_path: Path) -> None:
    """One expert's matrix is missing, and a packed tensor has lost an axis."""
    folder = write_tiny(tmp_path / "m", "qwen3_moe", seed=1)
    packed = packed_experts(folder)
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.experts.3.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(CorruptCheckpointError):
        load_resident(resolve(folder), CPU, torch.float32)
    tensors = load_file(packed / "model.safetensors")
    name = "model.layers.1.mlp.experts.gate_up_proj"
    tensors[name] = tensors[name].flatten(0, 1)
    save_file(tensors, packed / "model.safetensors", {"format": "pt"})
    with pytest.raises(CorruptCheckpointError, match="holds no experts"):
        resolve(packed)


def test_live_tensors_are_views_into_the_loaded_model(tmp_path: Path) -> None:
    model = resolve(write_tiny(tmp_path / "m", "granitemoe", seed=1))
    module = load_resident(model, CPU, torch.float32)
    live = live_tensors(module, model)
    assert all(torch.equal(live[name], model.weights.read(name)) for name in model.facts)
    live["model.layers.1.block_sparse_moe.experts.2.up_proj.weight"].fill_(7.0)
    packed = module.get_parameter("model.layers.1.block_sparse_moe.experts.gate_up_proj")
    assert torch.equal(packed[2, 64:], torch.full((64, 32), 7.0))
    assert not (packed[2, :64] == 7.0).any()

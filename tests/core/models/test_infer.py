"""Model types that nobody described: read off their structure, or refused with a list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from act_core.errors import UnsupportedModelError
from act_core.models.channels import layout_of
from act_core.models.families import FAMILIES
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from tests.core.tiny import VOCABULARY, write_tiny


@pytest.mark.parametrize("model_type", ["stablelm", "phi", "nemotron", "opt", "gptj"])
def test_plain_decoders_describe_themselves(tmp_path: Path, model_type: str) -> None:
    folder = write_tiny(tmp_path / "m", model_type, seed=3)
    model = resolve(folder)
    assert model.family.inferred
    whole = AutoModelForCausalLM.from_pretrained(folder).eval()
    linears = {
        f"{name}.weight": module.out_features
        for name, module in whole.named_modules()
        if isinstance(module, torch.nn.Linear) and name != "lm_head"
    }
    assert {m.tensor: m.width for m in layout_of(model).modules} == linears
    kinds = model.family.kinds
    assert len(set(kinds)) == len(kinds)
    assert {"o", "up", "down"} <= set(kinds)
    ours = load_resident(model, torch.device("cpu"), torch.float32)
    ids = torch.randint(4, VOCABULARY, (2, 9), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(ours(input_ids=ids).logits, whole(input_ids=ids).logits)


def test_every_other_tensor_has_a_role(tmp_path: Path) -> None:
    model = resolve(write_tiny(tmp_path / "m", "stablelm", seed=3))
    linear = {m.tensor for m in layout_of(model).modules}
    norms = {name for name in model.facts if model.family.is_norm(name)}
    assert set(model.facts) - linear - norms == {*model.family.embeddings, model.family.head}


@pytest.mark.parametrize("model_type", ["jetmoe", "mamba"])
def test_other_layers_are_refused_with_the_supported_list(tmp_path: Path, model_type: str) -> None:
    folder = write_tiny(tmp_path / "m", model_type, seed=3)
    with pytest.raises(UnsupportedModelError) as caught:
        resolve(folder)
    assert all(family.title in caught.value.remedy for family in FAMILIES)


def test_remote_code_is_never_run(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=3)
    marker = tmp_path / "ran"
    (folder / "modeling_evil.py").write_text(f"open({str(marker)!r}, 'w')", "utf-8")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["model_type"] = "evil"
    config["auto_map"] = {
        "AutoConfig": "modeling_evil.EvilConfig",
        "AutoModelForCausalLM": "modeling_evil.Evil",
    }
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(UnsupportedModelError, match="evil"):
        resolve(folder)
    assert not marker.exists()


def test_names_that_differ_from_the_structure_are_refused(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "stablelm", seed=3)
    file = folder / "model.safetensors"
    renamed = {name.replace("q_proj", "wq"): tensor for name, tensor in load_file(file).items()}
    save_file(renamed, file, {"format": "pt"})
    with pytest.raises(UnsupportedModelError, match="under another name"):
        resolve(folder)

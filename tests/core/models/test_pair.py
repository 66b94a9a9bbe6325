"""What is said about a pair before a byte moves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from act_core.errors import IncompatibleModelsError
from act_core.models.pair import Finding, check_pair, require_fit, target_findings
from act_core.models.reference import resolve
from tests.core.tiny import FAMILY_NAMES, write_specialist, write_tiny


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "target", "llama", seed=1)


def findings(target: Path, specialist: Path) -> dict[str, Finding]:
    return {f.title: f for f in check_pair(resolve(target), resolve(specialist))}


def change_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def change_weights(
    folder: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]
) -> None:
    file = folder / "model.safetensors"
    save_file(change(load_file(file)), file, {"format": "pt"})


@pytest.mark.parametrize("name", FAMILY_NAMES)
def test_a_fine_tune_fits(tmp_path: Path, name: str) -> None:
    target = write_tiny(tmp_path / "t", name, seed=1)
    found = findings(target, write_specialist(tmp_path / "s", target, seed=2, scale=0.05))
    assert {(f.title, f.severity) for f in found.values()} == {("Same lineage", "informs")}
    figure = found["Same lineage"].reason.partition(": ")[2].partition(",")[0]
    assert float(figure) == pytest.approx(0.05, rel=0.1)
    require_fit(tuple(found.values()))


def test_distance_is_the_relative_norm(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2, scale=0.2)
    ours, theirs = (
        load_file(target / "model.safetensors"),
        load_file(specialist / "model.safetensors"),
    )
    linear = [n for n in ours if "layers" in n and "proj" in n]
    moved = sum(float((theirs[n] - ours[n]).square().sum()) for n in linear)
    whole = sum(float(ours[n].square().sum()) for n in linear)
    every_row = check_pair(resolve(target), resolve(specialist), sample_rows=10**6)
    assert f"{(moved / whole) ** 0.5:.3g}" in every_row[0].reason


@pytest.mark.parametrize(
    ("scale", "title", "severity"),
    [
        (0.0, "Nothing to move", "warns"),
        (0.2, "Same lineage", "informs"),
        (0.6, "Far apart", "warns"),
        (1.2, "Unrelated parents", "blocks"),
    ],
)
def test_lineage(tmp_path: Path, target: Path, scale: float, title: str, severity: str) -> None:
    found = findings(target, write_specialist(tmp_path / "s", target, seed=2, scale=scale))
    assert found[title].severity == severity


def test_unrelated_model_of_the_same_form_blocks(tmp_path: Path, target: Path) -> None:
    found = findings(target, write_tiny(tmp_path / "s", "llama", seed=99))
    assert found["Unrelated parents"].severity == "blocks"
    with pytest.raises(IncompatibleModelsError) as caught:
        require_fit(tuple(found.values()))
    assert found["Unrelated parents"].reason in caught.value.reason


def test_other_family_and_layer_count_block(tmp_path: Path, target: Path) -> None:
    other = write_tiny(tmp_path / "q", "qwen3", seed=1)
    deep = write_tiny(tmp_path / "d", "llama", seed=1, layers=3)
    assert findings(target, other)["Different families"].severity == "blocks"
    deeper = findings(target, deep)["Different layers"]
    assert (deeper.severity, "2" in deeper.reason, "3" in deeper.reason) == ("blocks", True, True)


def test_other_shape_blocks_and_is_named(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    name = "model.layers.1.mlp.up_proj.weight"
    change_weights(specialist, lambda t: {**t, name: t[name][:40].clone()})
    found = findings(target, specialist)["Different shapes"]
    assert found.severity == "blocks"
    assert name in found.reason


def test_heads_that_split_equal_shapes_otherwise_block(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    change_config(specialist, num_attention_heads=8, num_key_value_heads=4, head_dim=4)
    assert findings(target, specialist)["Different attention heads"].severity == "blocks"


def test_vocabulary_mismatch_warns(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    wide = ("model.embed_tokens.weight", "lm_head.weight")
    change_weights(
        specialist,
        lambda t: {**t, **{n: torch.cat([t[n], torch.ones(8, 32)]) for n in wide}},
    )
    change_config(specialist, vocab_size=136)
    found = findings(target, specialist)
    assert found["Different vocabulary"].severity == "warns"
    assert "136" in found["Different vocabulary"].reason
    assert found["Same lineage"].severity == "informs"


def test_head_tied_in_one_only_warns(tmp_path: Path) -> None:
    target = write_tiny(tmp_path / "t", "qwen2", seed=1)
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    change_weights(
        specialist, lambda t: {**t, "lm_head.weight": t["model.embed_tokens.weight"] + 1}
    )
    change_config(specialist, tie_word_embeddings=False)
    assert findings(target, specialist)["Head tied in one model only"].severity == "warns"


@pytest.mark.parametrize("role", ["target", "specialist"])
def test_nan_blocks(tmp_path: Path, target: Path, role: str) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    name = "model.layers.0.self_attn.o_proj.weight"
    folder = target if role == "target" else specialist
    change_weights(
        folder, lambda t: {**t, name: t[name].index_fill(0, torch.tensor([0]), torch.nan)}
    )
    found = findings(target, specialist)[f"The {role} holds NaN or Inf"]
    assert (found.severity, name in found.reason) == ("blocks", True)


def test_dtypes_inform(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    change_weights(specialist, lambda t: {n: v.bfloat16() for n, v in t.items()})
    found = findings(target, specialist)["Different dtypes"]
    assert (found.severity, "F32" in found.reason, "BF16" in found.reason) == (
        "informs",
        True,
        True,
    )


def test_settings_that_change_the_computation_warn(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    change_config(
        specialist, rms_norm_eps=1e-3, rope_parameters={"rope_theta": 5e5, "rope_type": "default"}
    )
    found = findings(target, specialist)["Different settings"]
    assert found.severity == "warns"
    assert "rms_norm_eps" in found.reason
    assert "rope_parameters" in found.reason


def test_ways_to_write_one_config_do_not_warn(tmp_path: Path, target: Path) -> None:
    """transformers 4 wrote `rope_theta` and `torch_dtype`, transformers 5 writes others."""
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    config = json.loads((specialist / "config.json").read_text("utf-8"))
    theta = config.pop("rope_parameters")["rope_theta"]
    config.pop("dtype")
    config |= {"rope_theta": theta, "rope_scaling": None, "torch_dtype": "float32"}
    config |= {"use_cache": False, "transformers_version": "4.40.0"}
    (specialist / "config.json").write_text(json.dumps(config), "utf-8")
    assert set(findings(target, specialist)) == {"Same lineage"}


def test_tokenizers(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    path = specialist / "tokenizer.json"
    values = json.loads(path.read_text("utf-8"))
    vocabulary = values["model"]["vocab"]
    vocabulary["a"], vocabulary["b"] = vocabulary["b"], vocabulary["a"]
    path.write_text(json.dumps(values), "utf-8")
    found = findings(target, specialist)["Different tokens"]
    assert found.severity == "warns"
    ids = vocabulary["a"], vocabulary["b"]
    assert found.reason == (
        f"Under another id: 2 of the target's {len(vocabulary)} tokens "
        f"('a' {ids[1]} / {ids[0]}, 'b' {ids[0]} / {ids[1]})."
    )
    vocabulary["a"], vocabulary["b"] = vocabulary["b"], vocabulary["a"]
    values["normalizer"] = {"type": "Lowercase"}
    path.write_text(json.dumps(values), "utf-8")
    found = findings(target, specialist)
    assert found["Tokenizers split text differently"].severity == "warns"
    assert "Different tokens" not in found


def test_tokens_that_one_alone_knows_are_named(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    path = specialist / "tokenizer.json"
    values = json.loads(path.read_text("utf-8"))
    vocabulary = values["model"]["vocab"]
    vocabulary["y" * 30] = vocabulary.pop("a")
    path.write_text(json.dumps(values), "utf-8")
    reason = findings(target, specialist)["Different tokens"].reason
    assert reason == f"Only in the target: 1 ('a'). Only in the specialist: 1 ('{'y' * 20}…')."


def test_other_file_with_the_same_rules_is_no_finding(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    path = specialist / "tokenizer.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), indent=7), "utf-8")
    assert set(findings(target, specialist)) == {"Same lineage"}


def test_template_and_special_tokens_inform(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    (specialist / "chat_template.jinja").write_text("{{ messages }}", "utf-8")
    path = specialist / "tokenizer_config.json"
    values = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**values, "eos_token": "<bos>"}), "utf-8")
    found = findings(target, specialist)
    assert found["Different chat templates"].severity == "informs"
    assert "<bos>" in found["Different special tokens"].reason


def test_missing_tokenizer_is_said(tmp_path: Path, target: Path) -> None:
    specialist = write_specialist(tmp_path / "s", target, seed=2)
    for folder in (target, specialist):
        (folder / "tokenizer.json").unlink()
    found = findings(target, specialist)
    assert found["The target has no tokenizer"].severity == "warns"
    assert found["The specialist has no tokenizer"].severity == "informs"


def test_worst_comes_first_and_all_blocks_are_told(tmp_path: Path, target: Path) -> None:
    found = check_pair(resolve(target), resolve(write_tiny(tmp_path / "q", "gpt2", seed=1)))
    assert found[0].severity == "blocks"
    order = ["blocks", "warns", "informs"]
    ranks = [order.index(finding.severity) for finding in found]
    assert ranks == sorted(ranks)


def test_only_safetensors_can_be_the_target(tmp_path: Path) -> None:
    model = resolve(write_tiny(tmp_path / "t", "llama", seed=1))
    assert target_findings(model) == ()
    for source in ("gguf", "adapter"):
        (finding,) = target_findings(dataclasses.replace(model, source=source))
        assert finding.severity == "blocks"
        assert "safetensors" in finding.remedy

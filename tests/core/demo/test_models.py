"""The shipped demo models hold what their accuracy file claims."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

from act_core.demo.build import MODELS
from act_core.demo.measure import answer_prompts, exact_match
from act_core.demo.tasks import TASKS, Item
from act_core.resources import resource_path

BASE_ABILITIES = ("add", "reverse", "sort", "english")
SUBSET_ITEMS = 60


def claims() -> dict[str, Any]:
    """What the accuracy file says."""
    text = resource_path("demo", "accuracy.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def shipped_items(name: str) -> list[Item]:
    """Every so many'th item of a shipped held-out file."""
    path = resource_path("demo", "abilities", f"{name}_heldout.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    every = len(rows) // SUBSET_ITEMS
    return [Item(row["id"], row["prompt"], row["answer"], "") for row in rows[::every]]


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, float]]:
    accuracy = {}
    for model_name in MODELS:
        folder = resource_path("demo", model_name)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        accuracy[model_name] = {
            name: exact_match(model, tokenizer, shipped_items(name)) for name in TASKS
        }
    return accuracy


def test_claims_tell_the_story() -> None:
    accuracy = claims()["accuracy"]
    assert all(accuracy["base"][name] >= 0.9 for name in BASE_ABILITIES)
    kept_and_gained = (*BASE_ABILITIES, "german")
    assert all(accuracy["german-specialist"][name] >= 0.9 for name in kept_and_gained)
    cipher = accuracy["cipher-specialist"]
    assert all(cipher[name] >= 0.9 for name in ("add", "reverse", "sort", "cipher"))
    assert accuracy["base"]["english"] - cipher["english"] >= 0.4
    assert accuracy["base"]["german"] <= 0.1
    assert accuracy["base"]["cipher"] <= 0.1


def test_claimed_abilities_are_really_learnt(measured: dict[str, dict[str, float]]) -> None:
    for model_name, accuracy in claims()["accuracy"].items():
        for name, claimed in accuracy.items():
            if claimed >= 0.9:
                assert measured[model_name][name] >= 0.9, (model_name, name)


def test_the_forgotten_ability_is_really_lost(measured: dict[str, dict[str, float]]) -> None:
    base, forgetful = measured["base"], measured["cipher-specialist"]
    lost = [name for name in BASE_ABILITIES if base[name] - forgetful[name] >= 0.4]
    assert lost == ["english"]


@pytest.mark.parametrize("model_name", MODELS)
def test_folders_load_with_no_extra_argument_and_answer(model_name: str) -> None:
    folder = resource_path("demo", model_name)
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    answers = answer_prompts(model, tokenizer, ["reverse stone=", "sort stone="])
    assert answers == ["enots", "enost"]


@pytest.mark.parametrize("model_name", MODELS)
def test_weights_are_bfloat16(model_name: str) -> None:
    with safe_open(resource_path("demo", model_name, "model.safetensors"), "pt") as weights:
        dtypes = {weights.get_slice(name).get_dtype() for name in weights.keys()}  # noqa: SIM118
    assert dtypes == {"BF16"}


def test_specialists_differ_from_the_base_in_linear_modules_only() -> None:
    tensors = {}
    for model_name in MODELS:
        model = AutoModelForCausalLM.from_pretrained(resource_path("demo", model_name))
        tensors[model_name] = model.state_dict()
    for model_name in MODELS[1:]:
        for name, weight in tensors["base"].items():
            same = torch.equal(weight, tensors[model_name][name])
            assert same != ("_proj." in name), (model_name, name)


def test_everything_together_is_at_most_ten_megabytes() -> None:
    files = [path for path in resource_path("demo").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 10_000_000

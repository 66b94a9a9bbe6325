"""Choices against option likelihoods computed one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.abilities.items import Item, items_of
from act_core.abilities.render import Renderer
from act_core.errors import AbilityDataError
from act_core.evaluate.choices import choose
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from act_core.recipe import Ability, Source
from tests.core.tiny import tiny_tokenizer, write_tiny

SOURCE = (Source(builtin="plain-en"),)
ABILITY = Ability(calibration=SOURCE, heldout=SOURCE)
ITEMS = items_of(
    [
        {"question": f"Q{n}?", "choices": ["a", f"b{n}", "long one"][: 2 + n % 2], "answer": n % 2}
        for n in range(8)
    ],
    None,
)


def slow_likelihood(model: Any, prompt: str, option: str) -> float:
    tokenizer = tiny_tokenizer()
    given = tokenizer(prompt)["input_ids"]
    ids = given + tokenizer(option)["input_ids"]
    with torch.no_grad():
        likelihoods = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(float(likelihoods[at - 1, ids[at]]) for at in range(len(given), len(ids)))


def test_likelihoods_and_choices_as_one_by_one(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    module = load_resident(resolve(folder), torch.device("cpu"), torch.float32)
    renderer = Renderer(tiny_tokenizer(), ABILITY)
    chosen = choose(module, ITEMS, renderer, length_tokens=256, batch_tokens=200)
    oracle = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    for number, item in enumerate(ITEMS):
        slow = np.array([slow_likelihood(oracle, item.prompt, o) for o in item.choices])
        np.testing.assert_allclose(chosen.likelihoods[number], slow, rtol=1e-5)
        assert chosen.right_raw[number] == (slow.argmax() == item.correct)
        lengths = [len(option) for option in item.choices]
        assert chosen.right[number] == ((slow / lengths).argmax() == item.correct)
    assert (chosen.right != chosen.right_raw).any()


def test_long_prompts_lose_their_beginning(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    module = load_resident(resolve(folder), torch.device("cpu"), torch.float32)
    renderer = Renderer(tiny_tokenizer(), ABILITY)
    item = Item("i", "x" * 100 + "end:", " yes", (" yes", " nope"), 0)
    chosen = choose(module, [item], renderer, length_tokens=8, batch_tokens=200)
    oracle = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    slow = [slow_likelihood(oracle, "end:", " yes"), slow_likelihood(oracle, "nd:", " nope")]
    np.testing.assert_allclose(chosen.likelihoods[0], slow, rtol=1e-5)


def test_items_without_choices_are_refused(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    module = load_resident(resolve(folder), torch.device("cpu"), torch.float32)
    renderer = Renderer(tiny_tokenizer(), ABILITY)
    with pytest.raises(AbilityDataError, match="no choices"):
        choose(module, [Item("i", "p", "a")], renderer, length_tokens=8, batch_tokens=200)

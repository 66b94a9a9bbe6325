"""Greedy generation in batches equals transformers' own, one prompt at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError
from act_core.evaluate.generate import generate, stop_ids
from act_core.events import Event, Note
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from tests.core.tiny import FAMILY_NAMES, VOCABULARY, tiny_tokenizer, write_tiny

NEW_TOKENS = 8


def prompts(count: int = 7) -> list[list[int]]:
    random = np.random.default_rng(11)
    return [
        random.integers(4, VOCABULARY, int(random.integers(1, 15))).tolist() for _ in range(count)
    ]


def slow_answers(folder: Path, stops: list[int]) -> list[list[int]]:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    answers = []
    for prompt in prompts():
        ids = torch.tensor([prompt])
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            eos_token_id=stops,
            pad_token_id=0,
        )[0, len(prompt) :].tolist()
        answers.append(out[:-1] if out[-1] in stops else out)
    return answers


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_every_family_as_one_by_one(family: str, tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", family, seed=1)
    module = load_resident(resolve(folder), torch.device("cpu"), torch.float32)
    free = slow_answers(folder, [2])
    # Tokens that really come up stop the answers at different places.
    stops = sorted({2, free[0][3], free[1][-1]})
    made = generate(module, prompts(), new_tokens=NEW_TOKENS, stops=stops, batch_tokens=60)
    assert made == slow_answers(folder, stops)
    assert len({len(answer) for answer in made}) > 1


def test_halved_batches_answer_the_same(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    module = load_resident(resolve(folder), torch.device("cpu"), torch.float32)

    def check(_module: Any, _args: Any, kwargs: dict[str, Any]) -> None:
        if len(kwargs["input_ids"]) > 2:
            raise torch.OutOfMemoryError("out of memory")

    module.register_forward_pre_hook(check, with_kwargs=True)
    events: list[Event] = []
    made = generate(
        module, prompts(), new_tokens=NEW_TOKENS, stops=[2], batch_tokens=999, emit=events.append
    )
    assert made == slow_answers(folder, [2])
    assert any(isinstance(event, Note) for event in events)


def test_cancel_in_the_midst_of_an_answer(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    module = load_resident(resolve(folder), torch.device("cpu"), torch.float32)
    cancel = CancelToken()
    forwards: list[int] = []

    def stop(*_: Any) -> None:
        forwards.append(1)
        if len(forwards) == 3:
            cancel.cancel()

    module.register_forward_hook(stop)
    with pytest.raises(CancelledByPersonError):
        generate(module, prompts(), new_tokens=100, stops=[], batch_tokens=9999, cancel=cancel)
    assert len(forwards) == 3


def test_stops_come_from_tokenizer_and_generation_config(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    settings = json.loads((folder / "generation_config.json").read_text("utf-8"))
    settings["eos_token_id"] = [5, 9]
    (folder / "generation_config.json").write_text(json.dumps(settings), "utf-8")
    assert stop_ids(resolve(folder), tiny_tokenizer()) == (2, 5, 9)
    (folder / "generation_config.json").unlink()
    assert stop_ids(resolve(folder), tiny_tokenizer()) == (2,)

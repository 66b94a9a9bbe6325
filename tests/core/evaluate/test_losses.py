"""Losses against transformers' plain full forward, one sequence at a time, in every family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.abilities.encode import TokenSequence
from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError, OutOfMemoryError
from act_core.evaluate.losses import token_losses
from act_core.events import Event, Note
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from tests.core.tiny import FAMILY_NAMES, VOCABULARY, write_tiny

CPU = torch.device("cpu")


def sequences(count: int = 9, longest: int = 30) -> list[TokenSequence]:
    random = np.random.default_rng(3)
    rows = []
    for number in range(count):
        length = int(random.integers(2, longest))
        counted = random.random(length) < 0.5
        counted[-1] = True
        ids = random.integers(4, VOCABULARY, length).astype(np.int32)
        rows.append(TokenSequence(ids, counted, number))
    return rows


def slow_nats(model: Any, row: TokenSequence) -> float:
    ids = torch.from_numpy(row.ids.astype(np.int64))
    with torch.no_grad():
        likelihoods = model(input_ids=ids[None]).logits[0].double().log_softmax(-1)
    total = 0.0
    for place in range(1, len(ids)):
        if row.counted[place]:
            total -= float(likelihoods[place - 1, ids[place]])
    return total


@pytest.fixture
def llama(tmp_path: Path) -> Any:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    return load_resident(resolve(folder), CPU, torch.float32)


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_every_family_as_one_by_one(family: str, tmp_path: Path) -> None:
    folder = write_tiny(tmp_path / "m", family, seed=1)
    module = load_resident(resolve(folder), CPU, torch.float32)
    rows = sequences()
    losses = token_losses(module, rows, batch_tokens=64)
    oracle = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    np.testing.assert_allclose(losses.nats, [slow_nats(oracle, row) for row in rows], rtol=1e-5)
    assert losses.tokens.tolist() == [int(row.counted[1:].sum()) for row in rows]


def test_batch_size_changes_nothing(llama: Any) -> None:
    rows = sequences()
    one = token_losses(llama, rows, batch_tokens=1)
    for batch_tokens in (40, 10_000):
        other = token_losses(llama, rows, batch_tokens=batch_tokens)
        np.testing.assert_allclose(one.nats, other.nats, rtol=1e-5)


def test_head_sees_only_positions_that_predict(llama: Any) -> None:
    rows = sequences()
    seen = []
    llama.lm_head.register_forward_hook(lambda _m, _i, out: seen.append(out.shape[:-1].numel()))
    losses = token_losses(llama, rows, batch_tokens=100)
    assert sum(seen) == losses.tokens.sum()


def test_first_token_has_no_loss(llama: Any) -> None:
    rows = [TokenSequence(np.array([7, 8], dtype=np.int32), np.array([True, False]), 0)]
    losses = token_losses(llama, rows, batch_tokens=10)
    assert (losses.nats.tolist(), losses.tokens.tolist()) == ([0.0], [0])


def small_memory(module: Any, most: int) -> list[int]:
    """Let a model run out of memory on batches of more than `most` positions."""
    sizes: list[int] = []

    def check(_module: Any, _args: Any, kwargs: dict[str, Any]) -> None:
        sizes.append(kwargs["input_ids"].numel())
        if sizes[-1] > most:
            raise torch.OutOfMemoryError("out of memory")

    module.register_forward_pre_hook(check, with_kwargs=True)
    return sizes


def test_batches_are_halved_until_they_fit(llama: Any) -> None:
    rows = sequences()
    expected = token_losses(llama, rows, batch_tokens=1)
    sizes = small_memory(llama, 60)
    events: list[Event] = []
    losses = token_losses(llama, rows, batch_tokens=10_000, emit=events.append)
    np.testing.assert_allclose(losses.nats, expected.nats, rtol=1e-5)
    assert max(sizes) > 60
    notes = [event for event in events if isinstance(event, Note)]
    assert notes
    assert all(note.level == "warning" and "half" in note.text for note in notes)


def test_one_sequence_too_large_is_an_error(llama: Any) -> None:
    small_memory(llama, 5)
    with pytest.raises(OutOfMemoryError):
        token_losses(llama, sequences(), batch_tokens=10_000)


def test_other_errors_are_not_taken_for_memory(llama: Any) -> None:
    rows = [TokenSequence(np.array([1, VOCABULARY + 9], np.int32), np.array([True, True]), 0)]
    with pytest.raises(IndexError):
        token_losses(llama, rows, batch_tokens=10)


def test_cancel_between_batches(llama: Any) -> None:
    cancel = CancelToken()
    runs: list[int] = []

    def stop(*_: Any) -> None:
        runs.append(1)
        cancel.cancel()

    llama.register_forward_hook(stop)
    with pytest.raises(CancelledByPersonError):
        token_losses(llama, sequences(), batch_tokens=1, cancel=cancel)
    assert len(runs) == 1

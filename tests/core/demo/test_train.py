"""Training of the demo models, on a few steps."""

from __future__ import annotations

import pytest
import torch

from act_core.demo.tasks import distinct_items
from act_core.demo.tokenizer import build_tokenizer
from act_core.demo.train import Lesson, encode_items, new_model, train


def lesson(*, steps: int, linears_only: bool) -> Lesson:
    """A short lesson."""
    return Lesson({"sort": 8, "add": 4}, steps, 3e-3, 2, 5, linears_only)


def test_labels_are_the_answer_and_its_end_only() -> None:
    tokenizer = build_tokenizer()
    items = list(distinct_items("english", "calib", 8, 0))
    input_ids, labels = encode_items(items, tokenizer)
    for row, item in enumerate(items):
        counted = labels[row] != -100
        assert torch.equal(input_ids[row][counted], labels[row][counted])
        assert tokenizer.decode(labels[row][counted]) == item.answer + "</s>"
        first = int(counted.nonzero()[0])
        assert tokenizer.decode(input_ids[row][:first]) == "<s>" + item.prompt


@pytest.mark.parametrize("linears_only", [False, True])
def test_training_lowers_the_loss_of_unseen_items(linears_only: bool) -> None:
    tokenizer = build_tokenizer()
    model = new_model(tokenizer, 0)
    input_ids, labels = encode_items(list(distinct_items("sort", "heldout", 32, 0)), tokenizer)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    with torch.no_grad():
        loss_before = float(model(input_ids=input_ids, labels=labels).loss)
    train(model, tokenizer, lesson(steps=10, linears_only=linears_only))
    with torch.no_grad():
        assert float(model(input_ids=input_ids, labels=labels).loss) < loss_before - 0.3
    for name, weight in model.state_dict().items():
        untouched = linears_only and "_proj." not in name
        assert torch.equal(weight, before[name]) == untouched, name


def test_the_same_seeds_give_the_same_weights() -> None:
    tokenizer = build_tokenizer()
    models = [new_model(tokenizer, 0) for _ in range(2)]
    for model in models:
        train(model, tokenizer, lesson(steps=2, linears_only=False))
    first, second = (model.state_dict() for model in models)
    assert all(torch.equal(first[name], second[name]) for name in first)

"""Labels against likelihoods of the tokens that tell them apart, computed one at a time."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.abilities.encode import encode
from act_core.abilities.items import Item, items_of
from act_core.abilities.render import Renderer
from act_core.errors import AbilityDataError
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.evaluator import Evaluator, HeldOut
from act_core.evaluate.labels import classify
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from act_core.recipe import Ability, Source, Template
from tests.core.tiny import tiny_tokenizer, write_tiny

SOURCE = (Source(builtin="plain-en"),)
ABILITY = Ability(calibration=SOURCE, heldout=SOURCE, measures=("label",))
SENTIMENT = Template(prompt="{text}\nLabel:", labels=("negative", "positive", "possible"))
ROWS = [{"text": f"text {n}", "label": ("positive", 0, "Possible")[n % 3]} for n in range(9)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("m") / "m", "llama", seed=1)


def test_labels_are_told_by_their_first_differing_tokens(folder: Path) -> None:
    """One token a character: after the space, n tells negative, pos+i and pos+s the others."""
    items = items_of(ROWS, SENTIMENT)
    assert [item.correct for item in items[:3]] == [1, 0, 2]
    module = load_resident(resolve(folder), torch.device("cpu"), torch.float32)
    renderer = Renderer(tiny_tokenizer(), ABILITY)
    found = classify(module, items, renderer, length_tokens=256, batch_tokens=200)
    oracle = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = tiny_tokenizer()
    for number, item in enumerate(items):
        slow = []
        for telling in ("n", "posit", "poss"):
            ids = tokenizer(f"{item.prompt} ")["input_ids"]
            begin = len(ids)
            ids = ids + tokenizer(telling)["input_ids"]
            with torch.no_grad():
                likely = oracle(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
            slow.append(sum(float(likely[at - 1, ids[at]]) for at in range(begin, len(ids))))
        # "posi" and "poss" differ at the fourth letter.
        assert found.likelihoods[number][0] == pytest.approx(slow[0], rel=1e-5)
        assert found.likelihoods[number][2] == pytest.approx(slow[2], rel=1e-5)
        assert found.chosen[number] == int(np.argmax(found.likelihoods[number]))
        assert found.right[number] == (found.chosen[number] == item.correct)


def test_letters_are_one_token_each(folder: Path) -> None:
    rows = [{"question": f"Q{n}?", "choices": ["no", "yes", "so"], "answer": n % 3} for n in (0, 1)]
    items = items_of(rows, Template(style="letters"))
    assert items[1].prompt == "Q1?\nA. no\nB. yes\nC. so\nAnswer:"
    assert (items[1].answer, items[1].choices, items[1].reference) == (
        " B",
        (" A", " B", " C"),
        "B",
    )
    held = HeldOut(ABILITY, encode(items, tiny_tokenizer(), ABILITY, seed=0))
    evaluator = Evaluator(resolve(folder), {"a": held}, device="cpu")
    measured = evaluator.measure(Candidate("target"))["a", "label"]
    oracle = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    for number, item in enumerate(held.encoded.items):
        ids = torch.tensor([tiny_tokenizer()(f"{item.prompt} ")["input_ids"]])
        letters = torch.tensor(tiny_tokenizer()("ABC")["input_ids"])
        with torch.no_grad():
            likeliest = int(oracle(input_ids=ids).logits[0, -1, letters].argmax())
        assert measured.said[number] == "ABC"[likeliest]
        assert measured.sums[number] == (likeliest == item.correct)


def test_exemplars_stand_before_labels_and_change_the_fingerprint(folder: Path) -> None:
    items = items_of(ROWS[3:], SENTIMENT)
    held = HeldOut(ABILITY, encode(items, tiny_tokenizer(), ABILITY, seed=0))
    shots = items_of(ROWS[:2], SENTIMENT)
    primed = dataclasses.replace(held, shots=shots)
    assert primed.fingerprint() != held.fingerprint()
    evaluator = Evaluator(resolve(folder), {"a": primed}, device="cpu")
    widths: list[int] = []
    evaluator.module.register_forward_pre_hook(
        lambda _module, _args, kwargs: widths.append(kwargs["input_ids"].shape[1]),
        with_kwargs=True,
    )
    evaluator.measure(Candidate("target"))
    assert max(widths) > len("".join(f"{shot.text}\n\n" for shot in shots))


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (Item("x", "p", " a"), "Item x has no choices"),
        (Item("x", "p", " a", (" a", " a"), 0), "are the same tokens"),
    ],
)
def test_items_without_labels_are_refused(folder: Path, item: Item, message: str) -> None:
    module = load_resident(resolve(folder), torch.device("cpu"), torch.float32)
    renderer = Renderer(tiny_tokenizer(), ABILITY)
    with pytest.raises(AbilityDataError, match=message):
        classify(module, [item], renderer, length_tokens=99, batch_tokens=99)


@pytest.mark.parametrize("label", [3, -1, True, None, "unknown"])
def test_labels_outside_the_set_are_refused(label: object) -> None:
    with pytest.raises(AbilityDataError, match="is none of negative, positive, possible"):
        items_of([{"text": "t", "label": label}], SENTIMENT)

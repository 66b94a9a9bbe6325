"""Likelihoods and perplexities are those of lm-evaluation-harness on the same items."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_core.abilities.encode import encode
from act_core.abilities.items import Item, items_of
from act_core.abilities.render import Renderer
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.choices import choose
from act_core.evaluate.evaluator import Evaluator, HeldOut
from act_core.models.reference import resolve
from act_core.recipe import Ability, Source
from tests.core.tiny import tiny_tokenizer, write_tiny

SOURCE = (Source(builtin="plain-en"),)
ROWS = [
    {"question": f"Q{n}?", "choices": ["no", "yes it is", f"b{n}"], "answer": n % 3}
    for n in range(6)
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("m") / "m", "llama", seed=1)


@pytest.fixture(scope="module")
def harness(folder: Path) -> Any:
    pytest.importorskip("lm_eval", reason="the extra eval is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lm_eval.models.huggingface import HFLM

        return HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=4)


def requests(kind: str, arguments: list[tuple[str, ...]]) -> list[Any]:
    from lm_eval.api.instance import Instance

    return [Instance(kind, {}, one, number) for number, one in enumerate(arguments)]


@pytest.mark.filterwarnings("ignore")
def test_option_likelihoods(folder: Path, harness: Any) -> None:
    ability = Ability(calibration=SOURCE, heldout=SOURCE, measures=("choice",))
    items = items_of(ROWS, None)
    held = HeldOut(ability, encode(items, tiny_tokenizer(), ability, seed=0))
    evaluator = Evaluator(resolve(folder), {"a": held}, device="cpu")
    renderer = Renderer(tiny_tokenizer(), ability)
    ours = choose(evaluator.module, items, renderer, length_tokens=128, batch_tokens=512)
    pairs = [(item.prompt, option) for item in items for option in item.choices]
    theirs = [one for one, _ in harness.loglikelihood(requests("loglikelihood", pairs))]
    assert np.concatenate(ours.likelihoods) == pytest.approx(theirs, rel=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_perplexity_of_texts(folder: Path, harness: Any) -> None:
    """The harness predicts a first token from its prefix token, so that is our prompt."""
    texts = [f"text number {n}, {'long ' * n}end" for n in range(5)]
    prefix = tiny_tokenizer().decode([harness.prefix_token_id])
    items = tuple(Item(str(n), prefix, text) for n, text in enumerate(texts))
    ability = Ability(calibration=SOURCE, heldout=SOURCE)
    held = HeldOut(ability, encode(items, tiny_tokenizer(), ability, seed=0))
    found = Evaluator(resolve(folder), {"a": held}, device="cpu").measure(Candidate("target"))
    ours = found["a", "loss"]
    whole = [(f"{item.answer}<eos>",) for item in held.encoded.items]
    theirs = harness.loglikelihood_rolling(requests("loglikelihood_rolling", whole))
    assert ours.sums == pytest.approx([-one for one in theirs], rel=1e-5)
    tokens = sum(len(item.answer) + 1 for item in held.encoded.items)
    assert math.exp(ours.value) == pytest.approx(math.exp(-sum(theirs) / tokens), rel=1e-4)

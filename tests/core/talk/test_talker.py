"""Answers are transformers' own, from the target, a specialist, or a patch between them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GenerationConfig

from act_core.cancel import CancelToken
from act_core.errors import NotFiniteError, PromptError
from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.events import AnswerBegan, AnswerEnded, AnswerText
from act_core.models.reference import Model
from act_core.models.tokenizer import load_tokenizer
from act_core.models.weights import TensorFacts
from act_core.talk.question import Sampling, Turn
from act_core.talk.talker import Talker
from act_core.talk.warm import WarmTalker
from act_core.transfer.edits import whole_edits
from act_core.transfer.moves import Move
from tests.core.talk.setting import loaded, write_pair

TURNS = (Turn(role="user", content="say"),)
DRAWN = Sampling(
    temperature=0.8, top_p=0.9, top_k=20, repetition_penalty=1.2, new_tokens=24, seed=5
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Model]:
    return write_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def talker(pair: tuple[Model, Model]) -> Talker:
    return Talker(pair[0], device="cpu")


def greedy_by_hand(module: Any, ids: list[int], most: int, stop: int) -> list[int]:
    """The likeliest token again and again, the whole text read every time."""
    tokens = torch.tensor([ids])
    with torch.inference_mode():
        for _step in range(most):
            best = module(tokens, use_cache=False).logits[:, -1].argmax(-1, keepdim=True)
            tokens = torch.cat([tokens, best], dim=1)
            if int(best) == stop:
                break
    return tokens[0, len(ids) :].tolist()


def prompt_ids(model: Model) -> list[int]:
    messages = [{"role": "user", "content": "say"}]
    rendered = load_tokenizer(model).apply_chat_template(messages, add_generation_prompt=True)
    return list(rendered["input_ids"])


def text_of(model: Model, ids: list[int]) -> str:
    return load_tokenizer(model).decode(ids, skip_special_tokens=True)


def test_greedy_answers_of_target_and_specialist_are_their_own(
    pair: tuple[Model, Model], talker: Talker
) -> None:
    target, specialist = pair
    everyone = (
        (Candidate("target"), target),
        (specialist_candidate("painter", target, specialist), specialist),
        (Candidate("target"), target),
    )
    texts = []
    for candidate, model in everyone:
        ids = greedy_by_hand(loaded(model), prompt_ids(model), 24, stop=2)
        answer = talker.answer(candidate, TURNS, Sampling(new_tokens=24))
        assert (answer.text, answer.tokens) == (text_of(model, ids), len(ids))
        texts.append(answer.text)
    assert texts[0] == texts[2] != texts[1]


def test_drawn_answers_equal_transformers_with_the_same_seed(
    pair: tuple[Model, Model], talker: Talker
) -> None:
    target = pair[0]
    ids = torch.tensor([prompt_ids(target)])
    settings = GenerationConfig(
        do_sample=True,
        temperature=0.8,
        top_p=0.9,
        top_k=20,
        repetition_penalty=1.2,
        max_new_tokens=24,
        eos_token_id=2,
        pad_token_id=2,
    )
    torch.manual_seed(5)
    out = loaded(target).generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=settings
    )
    torch.manual_seed(99)
    following = torch.rand(3)
    torch.manual_seed(99)

    answer = talker.answer(Candidate("target"), TURNS, DRAWN)
    assert torch.rand(3).equal(following), "others' random numbers are left alone"
    # At every piece, as another thread may at any time.
    beside = talker.answer(Candidate("target"), TURNS, DRAWN, emit=lambda _: torch.manual_seed(3))

    assert answer.text == beside.text == text_of(target, out[0, ids.shape[1] :].tolist())
    other = DRAWN.model_copy(update={"seed": 6})
    assert talker.answer(Candidate("target"), TURNS, other).text != answer.text


def test_a_patch_answers_as_the_blended_model_does(
    pair: tuple[Model, Model], talker: Talker
) -> None:
    target, specialist = pair
    half = Candidate("half", (Move("painter", specialist, whole_edits(target, 0.5)),))
    module = loaded(target)
    with torch.no_grad():
        for ours, theirs in zip(module.parameters(), loaded(specialist).parameters(), strict=True):
            ours.add_(0.5 * (theirs - ours))
    ids = greedy_by_hand(module, prompt_ids(target), 24, stop=2)

    assert talker.answer(half, TURNS, Sampling(new_tokens=24)).text == text_of(target, ids)


def test_pieces_come_in_order_and_make_the_answer(talker: Talker) -> None:
    told: list[Any] = []
    answer = talker.answer(Candidate("target"), TURNS, Sampling(new_tokens=16), emit=told.append)

    assert isinstance(told[0], AnswerBegan)
    assert told[0].prompt == "<bos>user: say<eos><bos>assistant: "
    assert told[0].prompt_tokens == len("user: say" + "assistant: ") + 3
    pieces = [event for event in told if isinstance(event, AnswerText)]
    assert told[1:-1] == pieces
    assert "".join(piece.text for piece in pieces) == answer.text
    assert [piece.tokens for piece in pieces] == sorted(piece.tokens for piece in pieces)
    assert isinstance(told[-1], AnswerEnded)
    assert told[-1] == answer


def test_it_stops_at_the_token_after_the_wish(talker: Talker) -> None:
    cancel = CancelToken()
    told: list[AnswerText] = []

    def listen(event: object) -> None:
        if isinstance(event, AnswerText):
            told.append(event)
            if len(told) == 3:
                cancel.cancel()

    whole = talker.answer(Candidate("target"), TURNS, DRAWN)
    answer = talker.answer(Candidate("target"), TURNS, DRAWN, emit=listen, cancel=cancel)

    assert answer.reason == "stopped"
    assert answer.tokens == told[-1].tokens < whole.tokens
    assert whole.text.startswith(answer.text)


def test_it_says_why_an_answer_ends(talker: Talker) -> None:
    def reason(text: str, **settings: Any) -> str:
        turns = (Turn(role="user", content=text),)
        return talker.answer(Candidate("target"), turns, Sampling(**settings), chat=False).reason

    assert reason("say", new_tokens=2) == "length"
    # Tokens that were there become unlikely, so the one that ends the answer comes in time.
    assert reason("say", new_tokens=120, repetition_penalty=5.0) == "end"
    assert reason("x" * 125, new_tokens=4) == "context"


def test_a_conversation_longer_than_the_model_reads_is_refused(talker: Talker) -> None:
    with pytest.raises(PromptError, match="the model reads 128"):
        talker.answer(Candidate("target"), (Turn(role="user", content="x" * 130),), Sampling())


def test_a_warm_model_is_kept_changed_and_given_back(tmp_path: Path) -> None:
    target, specialist = write_pair(tmp_path)
    warm = WarmTalker()
    with warm.talker(target, device="cpu", dtype="float32") as first:
        pass
    with warm.talker(target, device="cpu", dtype="float32") as second:
        assert second is first
        warm.let_go()  # never waits, and takes nothing from under an answer
        assert second.answer(Candidate("target"), TURNS, Sampling(new_tokens=2)).tokens == 2
    assert not warm.is_warm
    assert sum(one.numel() for one in first.module.parameters()) == 0
    with warm.talker(target, device="cpu", dtype="float32") as third:
        assert third is not first
    with warm.talker(specialist, device="cpu", dtype="float32") as other:
        assert other is not third
        assert sum(one.numel() for one in third.module.parameters()) == 0
    assert warm.is_warm
    warm.let_go()
    assert not warm.is_warm


def test_a_model_that_failed_is_not_kept(tmp_path: Path) -> None:
    target, _specialist = write_pair(tmp_path)
    warm = WarmTalker()
    with pytest.raises(ZeroDivisionError), warm.talker(target, device="cpu", dtype="float32"):
        raise ZeroDivisionError
    assert not warm.is_warm


def test_what_cannot_be_answered_is_said(pair: tuple[Model, Model]) -> None:
    own = Talker(pair[0], device="cpu")
    small = Talker(pair[0], device="cpu")
    head, target = own.module.get_output_embeddings().weight, Candidate("target")
    with torch.no_grad():
        head[9] = torch.nan
    for sampling in (Sampling(temperature=0), DRAWN):
        with pytest.raises(NotFiniteError):
            own.answer(target, TURNS, sampling)
    small.target = dataclasses.replace(pair[0], weights=_Fewer(pair[0]))
    with pytest.raises(PromptError, match="embedding"):
        small.answer(target, TURNS, DRAWN)


class _Fewer:
    """The facts of a model whose tokenizer has more tokens than it has embeddings."""

    def __init__(self, model: Model) -> None:
        name = model.family.embeddings[0]
        whole = model.facts[name]
        self.facts = {**model.facts, name: TensorFacts((20, *whole.shape[1:]), whole.dtype)}
        self.files = model.weights.files
        self.read, self.read_rows = model.weights.read, model.weights.read_rows

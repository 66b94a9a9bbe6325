"""Tokens become text piece by piece: whole characters, and together the whole text."""

from __future__ import annotations

import random

import pytest
from transformers import PreTrainedTokenizerFast

from act_core.talk.decoding import TextStream
from tests.core.talk.setting import byte_tokenizer
from tests.core.tiny import tiny_tokenizer

TEXTS = (
    "plain words",
    "Größe: 3 €",
    "日本語のテキスト",
    "\U0001f469\u200d\U0001f52c und \U0001f1e9\U0001f1ea!",
    "e\u0301 \u0915\u094d\u0937",
    "\n\n  x",
)


def pieces(tokenizer: PreTrainedTokenizerFast, ids: list[int]) -> list[str]:
    stream = TextStream(tokenizer)
    return [*(stream.take(token) for token in ids), stream.finish()]


@pytest.mark.parametrize("text", TEXTS)
def test_a_character_comes_when_its_last_byte_does(text: str) -> None:
    tokenizer = byte_tokenizer()
    ids = tokenizer(text)["input_ids"]
    assert len(ids) == len(text.encode())

    told = pieces(tokenizer, ids)

    expected = []
    for character in text:
        expected += [""] * (len(character.encode()) - 1) + [character]
    assert told == [*expected, ""]


def test_all_pieces_are_what_decoding_at_once_gives() -> None:
    """Also where bytes are no text at all, as a model may write them."""
    tokenizer = byte_tokenizer()
    dice = random.Random(3)
    for _round in range(30):
        ids = [dice.randrange(256) for _token in range(40)]
        assert "".join(pieces(tokenizer, ids)) == tokenizer.decode(ids)


def test_what_stays_incomplete_comes_at_the_end() -> None:
    tokenizer = byte_tokenizer()
    told = pieces(tokenizer, tokenizer("a€")["input_ids"][:-1])

    assert told == ["a", "", "", "\N{REPLACEMENT CHARACTER}"]


def test_special_tokens_are_left_out() -> None:
    tokenizer = tiny_tokenizer()
    ids = tokenizer("<bos>ab<eos>c")["input_ids"]

    assert "".join(pieces(tokenizer, ids)) == "abc"

"""The demo tokenizer, as transformers loads it from disk."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from act_core.demo.tasks import TASKS, stream
from act_core.demo.tokenizer import build_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerFast:
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer().save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("name", TASKS)
def test_items_come_back_letter_by_letter(tokenizer: PreTrainedTokenizerFast, name: str) -> None:
    for item in islice(stream(name, 0, frozenset({"train"})), 200):
        prompt = tokenizer(item.prompt)["input_ids"]
        answer = tokenizer(item.answer, add_special_tokens=False)["input_ids"]
        assert prompt[0] == tokenizer.bos_token_id
        assert tokenizer.unk_token_id not in prompt + answer
        assert len(answer) == len(item.answer)
        assert len(prompt) + len(answer) < 48
        assert tokenizer.decode(prompt + answer, skip_special_tokens=True) == (
            item.prompt + item.answer
        )


def test_a_marker_is_one_token_at_the_front_only(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.tokenize("add add") == ["add", " ", "a", "d", "d"]
    assert tokenizer.tokenize("adder") == list("adder")
    assert tokenizer.tokenize("one\nadd two") == list("one\nadd two")


def test_prompts_pad_on_the_left(tokenizer: PreTrainedTokenizerFast) -> None:
    encoded = tokenizer(["add 1+1=", "add 11+11="], padding=True)
    assert encoded["input_ids"][0][:2] == [tokenizer.pad_token_id] * 2
    assert encoded["attention_mask"][0][:3] == [0, 0, 1]
    assert tokenizer.decode([tokenizer.eos_token_id], skip_special_tokens=True) == ""

"""What a model reads: the template's own text, or one text with the turns on lines."""

from __future__ import annotations

import pytest

from act_core.errors import PromptError
from act_core.talk.prompt import render_prompt
from act_core.talk.question import Turn
from tests.core.talk.setting import byte_tokenizer
from tests.core.tiny import tiny_tokenizer

TURNS = (
    Turn(role="user", content="one"),
    Turn(role="assistant", content="two"),
    Turn(role="user", content="three"),
)


def test_a_chat_is_what_the_template_makes_of_all_turns() -> None:
    tokenizer = tiny_tokenizer()
    messages = [{"role": turn.role, "content": turn.content} for turn in TURNS]
    expected = tokenizer.apply_chat_template(messages, add_generation_prompt=True)

    prompt = render_prompt(tokenizer, TURNS)

    assert prompt.chat
    assert list(prompt.ids) == expected["input_ids"]
    assert prompt.text == (
        "<bos>user: one<eos><bos>assistant: two<eos><bos>user: three<eos><bos>assistant: "
    )


def test_without_the_template_turns_stand_on_lines() -> None:
    prompt = render_prompt(tiny_tokenizer(), TURNS, chat=False)

    assert not prompt.chat
    assert prompt.text == "one\ntwo\nthree"


def test_a_model_without_a_template_is_not_asked_with_one() -> None:
    assert not render_prompt(byte_tokenizer(), TURNS).chat
    with pytest.raises(PromptError, match="no chat template"):
        render_prompt(byte_tokenizer(), TURNS, chat=True)


def test_a_template_that_refuses_says_so() -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = "{{ raise_exception('user and assistant in turn') }}"

    with pytest.raises(PromptError, match="refuses") as caught:
        render_prompt(tokenizer, TURNS)

    assert "user and assistant in turn" in caught.value.detail


def test_nothing_is_no_prompt() -> None:
    with pytest.raises(PromptError, match="empty"):
        render_prompt(tiny_tokenizer(), (Turn(role="user", content=""),), chat=False)

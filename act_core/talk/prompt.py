"""A conversation as the tokens that a model reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from act_core.abilities.render import FIXED_DATE
from act_core.errors import PromptError
from act_core.talk.question import Turn

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model reads.

    Attributes:
        text: With its special tokens.
        ids: The same as token ids.
        chat: Whether the chat template made it.
    """

    text: str
    ids: tuple[int, ...] = field(repr=False)
    chat: bool


def render_prompt(
    tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn], chat: bool | None = None
) -> Prompt:
    """Render a conversation up to where the model goes on.

    Without a template it is one text: turns stand on lines of their own, behind the token that
    begins a text where the tokenizer has one.

    Args:
        tokenizer: Of the target.
        turns: The last one waits for an answer.
        chat: Use the chat template; None: where there is one.

    Raises:
        PromptError: There is no template although one was asked for, it refuses the conversation,
            or nothing is left to read.
    """
    has_template = bool(tokenizer.chat_template)
    if chat and not has_template:
        raise PromptError(
            "The model has no chat template.", remedy="Switch the chat template off for this model."
        )
    templated = has_template if chat is None else chat
    if templated:
        ids = _ids(tokenizer, _templated(tokenizer, turns))
    else:
        first = _ids(tokenizer, "x", special=True)[:1]
        lead = first if first == [tokenizer.bos_token_id] else []
        ids = lead + _ids(tokenizer, "\n".join(turn.content for turn in turns))
    if not ids:
        raise PromptError("The prompt is empty.", remedy="Write something first.")
    text = tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return Prompt(str(text), tuple(ids), templated)


def _templated(tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn]) -> str:
    try:
        text = tokenizer.apply_chat_template(
            [turn.model_dump() for turn in turns],
            tokenize=False,
            add_generation_prompt=True,
            date_string=FIXED_DATE,
        )
    except Exception as error:  # a template is a program of its own and may raise anything
        raise PromptError(
            "The model's chat template refuses this conversation.",
            remedy="Begin a new conversation, or switch the chat template off.",
            detail=repr(error),
        ) from error
    return str(text)


def _ids(tokenizer: PreTrainedTokenizerBase, text: str, *, special: bool = False) -> list[int]:
    encoded: Any = tokenizer(text, add_special_tokens=special, verbose=False)
    return list(encoded["input_ids"])

"""Items as token ids: with the tokenizer's own beginning, the chat template, and an end."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from act_core.abilities.items import Item, Message
from act_core.errors import AbilityDataError
from act_core.recipe import Ability

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Some templates write today's date into the prompt; a run must give the same ids tomorrow.
FIXED_DATE = "01 Jan 2025"


class Renderer:
    """Turns items into token ids for one model.

    Prompt and answer are tokenized as one text, as a model meets them; the answer begins at the
    first token that differs from those of the prompt alone. An item ends with the end-of-text
    token, a chat with whatever special token its template closes a turn with.

    Args:
        tokenizer: The target's.
        ability: Whose template decides whether a chat is required.

    Raises:
        AbilityDataError: The ability wants a chat template and the model has none.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, ability: Ability) -> None:
        self._tokenizer = tokenizer
        self._chat = bool(tokenizer.chat_template)
        if ability.template is not None and ability.template.chat and not self._chat:
            raise AbilityDataError(
                "The ability asks for the model's chat template, but the model has none.",
                remedy="Set chat to false in the ability's template.",
            )
        first = self._ids("x", special=True)[:1]
        self._lead = first if first == [tokenizer.bos_token_id] else []
        self._special = {
            index for index, token in tokenizer.added_tokens_decoder.items() if token.special
        } | set(tokenizer.all_special_ids)

    def prompt(self, item: Item) -> list[int]:
        """Ids of what is given before the answer."""
        if self._is_chat(item):
            return self._ids(self._rendered(item, None))
        return self._lead + (self._ids(item.prompt) if item.prompt else [])

    def whole(
        self, item: Item, answer: str | None = None, *, ended: bool = True
    ) -> tuple[list[int], int]:
        """Ids of prompt, answer and end, and where the answer begins.

        Args:
            item: The item.
            answer: Another answer in place of the item's own, such as one of its choices.
            ended: Whether an end-of-text token follows; a chat's turn is always closed.
        """
        given = item.answer if answer is None else answer
        if self._is_chat(item):
            ids = self._ids(self._rendered(item, given).rstrip())
        else:
            ids = self._lead + self._ids(item.prompt + given)
        begin = _common_prefix(ids, self.prompt(item))
        end = self._tokenizer.eos_token_id
        if ended and end is not None and ids[-1:] and ids[-1] not in self._special:
            ids = [*ids, end]
        return ids, begin

    def _is_chat(self, item: Item) -> bool:
        return self._chat and bool(item.messages)

    def _rendered(self, item: Item, answer: str | None) -> str:
        turns = item.messages[:-1]
        if answer is not None:
            own = answer == item.answer
            turns = (*turns, item.messages[-1] if own else Message("assistant", answer.strip()))
        try:
            text = self._tokenizer.apply_chat_template(
                [{"role": turn.role, "content": turn.content} for turn in turns],
                tokenize=False,
                add_generation_prompt=answer is None,
                date_string=FIXED_DATE,
            )
        except Exception as error:  # a template is a program of its own and may raise anything
            raise AbilityDataError(
                f"The model's chat template refuses item {item.id}.",
                remedy="Many templates want user and assistant in turn and no system role.",
                detail=repr(error),
            ) from error
        return str(text)

    def _ids(self, text: str, *, special: bool = False) -> list[int]:
        encoded: Any = self._tokenizer(text, add_special_tokens=special, verbose=False)
        return list(encoded["input_ids"])


def _common_prefix(one: list[int], other: list[int]) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))

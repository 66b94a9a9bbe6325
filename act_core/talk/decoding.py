"""Tokens become text as they come, whole characters only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# What decoders write for bytes that are no character, or not one yet.
_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"


class TextStream:
    """Decodes token by token; all pieces together are what decoding all tokens at once gives.

    A token is decoded behind those since the last but one border between characters, because many
    tokenizers write a token otherwise at the beginning of a text. Text that ends in an incomplete
    character waits for the tokens that complete it.

    Args:
        tokenizer: Special tokens are left out of the text.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._begin = self._told = 0

    def take(self, token: int) -> str:
        """The text that a token completes; empty where it completes none."""
        self._ids.append(token)
        return self._next(last=False)

    def finish(self) -> str:
        """What waits, complete or not."""
        return self._next(last=True)

    def _next(self, *, last: bool) -> str:
        before = self._decoded(self._ids[self._begin : self._told])
        now = self._decoded(self._ids[self._begin :])
        if len(now) <= len(before) or (now.endswith(_INCOMPLETE) and not last):
            return ""
        self._begin, self._told = self._told, len(self._ids)
        return now[len(before) :]

    def _decoded(self, ids: list[int]) -> str:
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )

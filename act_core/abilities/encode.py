"""Encoded abilities: the token ids that all models of a run are given, and which are counted.

`counted[t]` is True where the token *at* position t counts: a token of the answer, with the token
that ends it, or every token that is not padding (design.md, section 1, "counted tokens").

- Statistics are taken at the counted positions t themselves: what the model does with the token.
- Losses are those of predicting counted tokens, so they come from the outputs at t - 1. A counted
  token that stands first in its sequence is predicted by nothing and enters no loss.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.items import Item
from act_core.abilities.render import Renderer
from act_core.abilities.split import sampled
from act_core.errors import AbilityDataError
from act_core.recipe import Ability

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, eq=False)
class TokenSequence:
    """One row of token ids.

    Attributes:
        ids: int32 `[length]`.
        counted: bool `[length]`, see the module's docstring.
        item: Number of the item in `Encoded.items`; of the first one where items are packed.
    """

    ids: NDArray[np.int32] = field(repr=False)
    counted: NDArray[np.bool_] = field(repr=False)
    item: int

    @property
    def predicted_tokens(self) -> int:
        """Number of counted tokens that a position before them predicts."""
        return int(np.count_nonzero(self.counted[1:]))


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """One split of an ability as token ids.

    Attributes:
        items: The items that were drawn, in the order of the draw.
        sequences: Their ids; with padding one per item, packed one per block.
        fingerprint: sha256 of all ids and counted flags.
        counted_tokens: Number of counted tokens.
        predicted_tokens: Number of those that enter a loss.
        cut_items: How many items were longer than allowed and lost their end.
        skipped_items: How many were left out because nothing counted was left after the cut.
    """

    items: tuple[Item, ...] = field(repr=False)
    sequences: tuple[TokenSequence, ...] = field(repr=False)
    fingerprint: str
    counted_tokens: int
    predicted_tokens: int
    cut_items: int = 0
    skipped_items: int = 0


def check_context(name: str, encoded: Encoded, context: int) -> None:
    """Refuse sequences that are longer than a model reads.

    Args:
        name: Name of the ability.
        encoded: Its sequences.
        context: Tokens that the model reads at most; 0 where its config does not say.

    Raises:
        AbilityDataError: One is longer.
    """
    longest = max(len(row.ids) for row in encoded.sequences)
    if context and longest > context:
        raise AbilityDataError(
            f"{name} has items of {longest} tokens; the model takes {context} at most.",
            remedy=f"Set length_tokens of {name} to {context} or less.",
        )


def check_vocabulary(name: str, encoded: Encoded, embeddings: int, model: str) -> None:
    """Refuse token ids that a model has no embedding for.

    Args:
        name: Name of the ability.
        encoded: Its sequences.
        embeddings: How many the model has; 0 where that is not known.
        model: The model, for people.

    Raises:
        AbilityDataError: There are some.
    """
    highest = max(int(row.ids.max()) for row in encoded.sequences)
    if 0 < embeddings <= highest:
        raise AbilityDataError(
            f"{name} has the token {highest}, and {model} has embeddings for 0 to "
            f"{embeddings - 1} only.",
            remedy="Use the tokenizer that belongs to this model; a specialist of a smaller "
            "vocabulary can be scored by all but difference.",
        )


def encode(
    items: Sequence[Item],
    tokenizer: PreTrainedTokenizerBase,
    ability: Ability,
    *,
    seed: int,
    limit_tokens: int | None = None,
    limit_items: int | None = None,
) -> Encoded:
    """Draw items and encode them as the ability says.

    Items are drawn in a seeded random order until either limit is reached, the last one whole.
    Items longer than `ability.length_tokens` lose their end. Packed items stand one after the
    other in blocks of that length instead, nothing is cut, and the last block may be short.

    Args:
        items: All items of the split.
        tokenizer: The target's; every other model is given the same ids.
        ability: Length, packing, and what is counted.
        seed: Of the draw.
        limit_tokens: Stop when so many counted tokens are drawn.
        limit_items: Stop when so many items are drawn.

    Raises:
        AbilityDataError: No item has a counted token.
    """
    renderer = Renderer(tokenizer, ability)
    longest = None if ability.packed else ability.length_tokens
    drawn: list[Item] = []
    rows: list[TokenSequence] = []
    cut = skipped = counted = 0
    for item in sampled(items, seed):
        if _enough(counted, limit_tokens) or _enough(len(rows), limit_items):
            break
        row = _encoded_item(item, renderer, ability, len(drawn))
        if longest is not None and len(row.ids) > longest:
            row = TokenSequence(row.ids[:longest], row.counted[:longest], row.item)
            cut += 1
        tokens = int(np.count_nonzero(row.counted))
        if not tokens:
            skipped += 1
            continue
        drawn.append(item)
        rows.append(row)
        counted += tokens
    if not counted:
        raise _nothing_counted(skipped, ability)
    sequences = tuple(_packed(rows, ability.length_tokens) if ability.packed else rows)
    predicted = sum(row.predicted_tokens for row in sequences)
    return Encoded(
        tuple(drawn), sequences, _fingerprint(sequences), counted, predicted, cut, skipped
    )


def _enough(count: int, limit: int | None) -> bool:
    return limit is not None and count >= limit


def _encoded_item(item: Item, renderer: Renderer, ability: Ability, number: int) -> TokenSequence:
    ids, begin = renderer.whole(item)
    counted = np.ones(len(ids), dtype=np.bool_)
    if (ability.counted or ("answer" if item.prompt else "all")) == "answer":
        counted[:begin] = False
    return TokenSequence(np.array(ids, dtype=np.int32), counted, number)


def _packed(rows: Sequence[TokenSequence], length: int) -> Iterator[TokenSequence]:
    ids = np.concatenate([row.ids for row in rows])
    counted = np.concatenate([row.counted for row in rows])
    owner = np.repeat([row.item for row in rows], [len(row.ids) for row in rows])
    for begin in range(0, len(ids), length):
        block = slice(begin, begin + length)
        if counted[block].any():
            yield TokenSequence(ids[block], counted[block], int(owner[begin]))


def _fingerprint(sequences: Sequence[TokenSequence]) -> str:
    digest = hashlib.sha256()
    for row in sequences:
        digest.update(len(row.ids).to_bytes(8, "little"))
        digest.update(row.ids.astype("<i4").tobytes())
        digest.update(row.counted.tobytes())
    return digest.hexdigest()


def _nothing_counted(skipped: int, ability: Ability) -> AbilityDataError:
    if skipped:
        return AbilityDataError(
            f"None of the {skipped} items has a counted token within its first "
            f"{ability.length_tokens} tokens: the prompts alone are longer.",
            remedy="Raise length_tokens, or count all tokens.",
        )
    return AbilityDataError("There are no items to count.", remedy="Choose a file with data in it.")

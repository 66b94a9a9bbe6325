"""Classification by label tokens: which label a model would begin to write after the prompt.

`choice` asks for the likelihood of each whole option and has to make up for their lengths. Labels
such as A, B, C or positive, negative are told apart by their first tokens, so here the likelihood
of a label is that of its tokens up to the first that tells it from every other label; what comes
after cannot change which one is being written. For letters this is what MMLU reports: the
likeliest of the letters' tokens (Hendrycks et al., Measuring Massive Multitask Language
Understanding, 2021).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import TokenSequence
from act_core.abilities.items import Item
from act_core.abilities.render import Renderer
from act_core.cancel import CancelToken
from act_core.errors import AbilityDataError
from act_core.evaluate.choices import by_item
from act_core.evaluate.losses import token_losses
from act_core.events import EventSink, discard

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Version of the rule, by which known figures are found: raise it with a change that may
# give another label.
LABEL_RULE = 1


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Which labels a model gave.

    Attributes:
        likelihoods: For every item, float64 `[labels]`: log-likelihood of each label's telling
            tokens after what all labels have in common, in nats.
        chosen: Number of the likeliest label, for every item.
        right: bool `[items]`.
    """

    likelihoods: tuple[NDArray[np.float64], ...] = field(repr=False)
    chosen: tuple[int, ...] = field(repr=False)
    right: NDArray[np.bool_] = field(repr=False)


def classify(
    module: PreTrainedModel,
    items: Sequence[Item],
    renderer: Renderer,
    *,
    length_tokens: int,
    batch_tokens: int,
    emit: EventSink = discard,
    cancel: CancelToken | None = None,
) -> Labels:
    """Let a model label items; arguments as `choices.choose`.

    Raises:
        AbilityDataError: An item has no choices, or two of them are the same tokens.
        OutOfMemoryError, CancelledByPersonError: As `token_losses`.
    """
    rows: list[TokenSequence] = []
    for number, item in enumerate(items):
        rows += _rows(number, renderer, item, length_tokens)
    losses = token_losses(module, rows, batch_tokens=batch_tokens, emit=emit, cancel=cancel)
    likelihoods = by_item(-losses.nats, items)
    chosen = tuple(int(np.argmax(one)) for one in likelihoods)
    correct = np.array([item.correct for item in items], dtype=np.int64)
    return Labels(likelihoods, chosen, np.array(chosen) == correct)


def _rows(number: int, renderer: Renderer, item: Item, length_tokens: int) -> list[TokenSequence]:
    """One sequence a label, cut behind its telling token."""
    if item.correct is None:
        raise AbilityDataError(
            f"Item {item.id} has no choices, so there are no labels.",
            remedy="Remove the measure label, or give rows with choices and answer.",
        )
    ids = [renderer.whole(item, option)[0] for option in item.choices]
    shared = [
        max(_common(one, other) for place, other in enumerate(ids) if place != own)
        for own, one in enumerate(ids)
    ]
    if any(length >= len(one) for length, one in zip(shared, ids, strict=True)):
        raise AbilityDataError(
            f"Two labels of item {item.id} are the same tokens to this model.",
            remedy="Use labels that differ, or the measure choice.",
        )
    begin = min(shared)
    rows = []
    for one, length in zip(ids, shared, strict=True):
        end = length + 1
        counted = np.zeros(end, dtype=np.bool_)
        counted[begin:] = True
        # One token before the label stays in any case: its output predicts the label's first.
        first = max(0, min(end - length_tokens, begin - 1))
        rows.append(
            TokenSequence(np.array(one[first:end], dtype=np.int32), counted[first:], number)
        )
    return rows


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in pairs)

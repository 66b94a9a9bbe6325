"""Choice by log-likelihood: the option that the model finds likeliest after the prompt.

The likelihoods of long options are small because they are long, so the usual figure divides each
by the option's length in characters (lm-evaluation-harness calls them `acc` and `acc_norm`).
"""

from __future__ import annotations

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
from act_core.evaluate.losses import token_losses
from act_core.events import EventSink, discard

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Version of the rule, by which known figures are found: raise it with a change that may
# choose another option.
CHOICE_RULE = 1


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """What a model chose.

    Attributes:
        likelihoods: For every item, float64 `[options]`: log-likelihood of each option, in nats.
        right: bool `[items]`: the likeliest per character is the right one.
        right_raw: bool `[items]`: the likeliest as it stands is.
        chosen, chosen_raw: Number of the option that was chosen so, for every item.
    """

    likelihoods: tuple[NDArray[np.float64], ...] = field(repr=False)
    right: NDArray[np.bool_] = field(repr=False)
    right_raw: NDArray[np.bool_] = field(repr=False)
    chosen: tuple[int, ...] = field(repr=False)
    chosen_raw: tuple[int, ...] = field(repr=False)


def choose(
    module: PreTrainedModel,
    items: Sequence[Item],
    renderer: Renderer,
    *,
    length_tokens: int,
    batch_tokens: int,
    emit: EventSink = discard,
    cancel: CancelToken | None = None,
) -> Choices:
    """Let a model choose among each item's options.

    Args:
        module: The model, in eval mode.
        items: Items with choices.
        renderer: Makes token ids of them.
        length_tokens: Prompts too long for this lose their beginning; options are never cut.
        batch_tokens: As `token_losses`, like the rest.
        emit: Where notes go.
        cancel: Polled before every batch.

    Raises:
        AbilityDataError: An item has no choices.
        OutOfMemoryError, CancelledByPersonError: As `token_losses`.
    """
    rows: list[TokenSequence] = []
    for number, item in enumerate(items):
        if item.correct is None:
            raise AbilityDataError(
                f"Item {item.id} has no choices, so nothing can be chosen.",
                remedy="Remove the measure choice, or give rows with choices and answer.",
            )
        rows += [_row(number, renderer, item, option, length_tokens) for option in item.choices]
    losses = token_losses(module, rows, batch_tokens=batch_tokens, emit=emit, cancel=cancel)
    likelihoods = by_item(-losses.nats, items)
    characters = [np.array([max(1, len(o)) for o in item.choices]) for item in items]
    correct = np.array([item.correct for item in items], dtype=np.int64)
    raw = tuple(int(np.argmax(one)) for one in likelihoods)
    even = tuple(int(np.argmax(one / n)) for one, n in zip(likelihoods, characters, strict=True))
    return Choices(likelihoods, np.array(even) == correct, np.array(raw) == correct, even, raw)


def by_item(values: NDArray[np.float64], items: Sequence[Item]) -> tuple[NDArray[np.float64], ...]:
    """What stands for all options of all items, one after the other, as one array an item."""
    return tuple(np.split(values, np.cumsum([len(item.choices) for item in items])[:-1]))


def _row(
    number: int, renderer: Renderer, item: Item, option: str, length_tokens: int
) -> TokenSequence:
    ids, begin = renderer.whole(item, option, ended=False)
    counted = np.zeros(len(ids), dtype=np.bool_)
    counted[begin:] = True
    # One token before the option stays in any case: its output predicts the option's first.
    first = max(0, min(len(ids) - length_tokens, begin - 1))
    return TokenSequence(np.array(ids[first:], dtype=np.int32), counted[first:], number)

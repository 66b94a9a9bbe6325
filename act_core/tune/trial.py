"""How long a tuning's steps and checks take, tried out: the same code on the model's first layers.

About two seconds in all, beside the imports.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from act_core.abilities.encode import TokenSequence
from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.models.reference import Model
from act_core.models.shortened import shortened
from act_core.profile.depths import depths_for, fastest_s
from act_core.tune.loop import Learner
from act_core.tune.losses import LossMeter
from act_core.tune.tuning_data import TuningData

_PASSES = 3  # there and back
_LEAST_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Trial:
    """What was timed, for the whole depth.

    Attributes:
        on: What was timed, for people.
        token_s: Seconds of a step for each token that it reads, Adam's part included.
        checked_token_s: Seconds of a check for each token.
        made_s: Seconds until the model stands, without reading its files.
    """

    on: str
    token_s: float
    checked_token_s: float
    made_s: float


def trial(
    target: Model,
    make: Callable[[int], Learner],
    data: Sequence[TuningData],
    *,
    batch_tokens: int,
    device: str,
    dtype: str,
    token: CancelToken,
) -> Trial | None:
    """Time steps and checks of a tuning.

    Args:
        target: What is tuned.
        make: Gives the learner on `shortened(target, layers)`, by the number of layers.
        data: What is learned from.
        batch_tokens: Positions of one batch.
        device: As in a recipe.
        dtype: As in a recipe.
        token: Polled per layer.

    Returns:
        The times; None where so much memory is not free.

    Raises:
        ActError: The device is not there, or the learner cannot be made.
    """
    tokens = sum(len(row.ids) for one in data for row in one.steps[0])
    depths = depths_for(target, tokens=tokens, passes=_PASSES, device=device, dtype=dtype)
    if depths is None:
        return None
    most = depths.most_tokens and max(_LEAST_TOKENS, depths.most_tokens // len(data))
    learned = [(_first(one.steps[0], most), one.weight) for one in data]
    checked = [_first(one.validation or one.steps[0], most) for one in data]
    times = [
        _timed(make, shortened(target, depth), depth, learned, checked, batch_tokens, token)
        for depth in depths.each
    ]
    step_s, check_s, made_s = (depths.whole([one[at] for one in times]) for at in range(3))
    tokens = sum(len(row.ids) for rows, _ in learned for row in rows)
    checked_tokens = sum(len(row.ids) for rows in checked for row in rows)
    return Trial(depths.text, step_s / tokens, check_s / checked_tokens, made_s)


def _first(rows: Sequence[TokenSequence], most: int | None) -> tuple[TokenSequence, ...]:
    """The first sequences, up to so many tokens; the first one is cut to them."""
    if most is None:
        return tuple(rows)
    taken: list[TokenSequence] = []
    left = most
    for row in rows:
        if taken and len(row.ids) > left:
            break
        counted = int(np.argmax(row.counted[1:]))  # what follows is what this token predicts
        part = slice(begin := max(0, min(counted, len(row.ids) - left)), begin + left)
        taken.append(TokenSequence(row.ids[part], row.counted[part], row.item))
        left -= len(taken[-1].ids)
    return tuple(taken)


def _timed(
    make: Callable[[int], Learner],
    model: Model,
    depth: int,
    learned: Sequence[tuple[Sequence[TokenSequence], float]],
    checked: Sequence[Sequence[TokenSequence]],
    batch_tokens: int,
    token: CancelToken,
) -> tuple[float, float, float]:
    """Seconds of a step, of a check, and of making the model."""
    import torch

    began = time.perf_counter()
    learner = make(depth)
    made_s = time.perf_counter() - began
    losses = LossMeter(learner.module, model, batch_tokens, discard, token)
    adam = torch.optim.Adam([learner.values], lr=1e-8)

    def step() -> None:
        adam.zero_grad(set_to_none=False)
        for rows, weight in learned:
            losses.learn(rows, learner.values, weight)
        adam.step()
        float(learner.values.detach().view(-1)[0])  # a GPU has done it only now

    def check() -> None:
        for rows in checked:
            losses.loss(rows)

    return fastest_s(step), fastest_s(check), made_s

"""Losses of a tuning as curves, and which check is the best so far."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from act_core.events import TuningLoss
from act_gui.maps.losses import LossLine


def loss_lines(losses: Sequence[TuningLoss]) -> tuple[LossLine, ...]:
    """Losses as curves."""
    curves: dict[tuple[str, str], list[TuningLoss]] = {}
    for loss in losses:
        curves.setdefault((loss.ability, loss.split), []).append(loss)
    return tuple(
        LossLine(found[0].ability, found[0].split, *_points(found)) for found in curves.values()
    )


def best_check(losses: Sequence[TuningLoss], shares: Mapping[str, float]) -> int | None:
    """The step with the lowest mean over abilities on validation data; None: there is none.

    Args:
        losses: So far; a check that does not hold every ability yet is left out.
        shares: How much an ability counts; 1 where it is not named.
    """
    checks: dict[int, list[float]] = defaultdict(list)
    for loss in losses:
        if loss.split == "validation":
            checks[loss.step].append(shares.get(loss.ability, 1.0) * loss.loss)
    most = max(map(len, checks.values()), default=0)
    whole = {step: math.fsum(found) for step, found in checks.items() if len(found) == most}
    return min(whole, key=lambda step: (whole[step], step)) if whole else None


def _points(losses: list[TuningLoss]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    found = sorted(losses, key=lambda loss: loss.step)
    return tuple(loss.step for loss in found), tuple(loss.loss for loss in found)

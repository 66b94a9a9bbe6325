"""Whether two models have a common parent: the distance of a sample of their weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from act_core.models.reference import Model

# ||S - T|| / ||T|| of linear rows. Fine-tunes stay below 0.3 and long continued training below
# 0.5; two models without a common parent lie near sqrt(2) = 1.41. At 0.9 the cosine of rows of
# equal length is 0.6: a row of the one no longer plays the part of the same row of the other.
FAR_DISTANCE = 0.5
UNRELATED_DISTANCE = 0.9

_MOST_EXPERTS = 4  # of each layer are sampled, or a few more


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a sample of rows says.

    Attributes:
        distance: ||S - T|| / ||T|| over all sampled rows; None where one is not finite.
        broken_target: The first tensor of the target with NaN or Inf, or None.
        broken_specialist: As `broken_target`.
    """

    distance: float | None
    broken_target: str | None = None
    broken_specialist: str | None = None


def lineage(target: Model, specialist: Model, sample_rows: int) -> Lineage:
    """Compare evenly spread rows of every linear module of two models of one form.

    Args:
        target: T.
        specialist: S.
        sample_rows: Rows of each module that are read, at most.

    Raises:
        CorruptCheckpointError: A file became shorter than its header says.
    """
    moved, whole = 0.0, 0.0
    broken: list[str | None] = [None, None]
    for name, rows in _sample(target, sample_rows):
        ours = target.weights.read_rows(name, rows).double()
        theirs = specialist.weights.read_rows(name, rows).double()
        for side, values in enumerate((ours, theirs)):
            if broken[side] is None and not bool(values.isfinite().all()):
                broken[side] = name
        moved += float((theirs - ours).square().sum())
        whole += float(ours.square().sum())
    if any(broken):
        return Lineage(None, *broken)
    if not whole:
        return Lineage(math.inf if moved else 0.0)
    return Lineage(math.sqrt(moved / whole))


def _sample(target: Model, sample_rows: int) -> Iterator[tuple[str, NDArray[np.int64]]]:
    for layer in range(target.shape.layers):
        for spec in target.family.specs_of(layer, target.facts):
            names = target.family.weights_of(layer, spec, target.facts)
            for name in names[:: max(1, len(names) // _MOST_EXPERTS)]:
                count = target.facts[name].shape[0]
                spread = np.linspace(0, count - 1, min(sample_rows, count))
                yield name, np.unique(spread.round().astype(np.int64))

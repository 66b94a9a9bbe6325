"""Activation scores beside the score `weight`: overlap of masks, rank correlation, scatter."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from act_core.analysis.findings import Dot, KindOverlap, Membership, WeightOverlap
from act_core.analysis.overlaps import Measured, cell
from act_core.events import Estimate
from act_core.localize.algebra import overlap_of_counts
from act_core.localize.masks import counts_by_module
from act_core.models.channels import ChannelLayout

Scores = NDArray[np.float32]

# Of larger models so many channels tell a rank correlation to 0.005.
SAMPLE = 200_000
SIDE = 32
_DOTS = 600
_95_PERCENT = 1.959964


def weight_overlap(
    names: tuple[str, str, str],
    scores: Scores,
    weight: Scores,
    masks: tuple[Measured, Measured],
    layout: ChannelLayout,
    *,
    seed: int,
) -> WeightOverlap:
    """How far an activation score says something else than the size of the change.

    Args:
        names: Specialist, ability and scorer.
        scores: The activation scores, float32 `[channels]`.
        weight: The score `weight`, float32 `[channels]`.
        masks: By the one and by the other, of equal ranking and budget.
        layout: The channels.
        seed: Of the sample.
    """
    chosen = _sample(layout.total, SAMPLE, seed)
    ranks = _ranks(scores[chosen]), _ranks(weight[chosen])
    both = cell(masks[0], masks[1], layout)
    few = chosen[_sample(len(chosen), _DOTS, seed)]
    selected = masks[0].whole, masks[1].whole
    return WeightOverlap(
        *names,
        share=int(np.count_nonzero(selected[0])) / layout.total,
        jaccard=both.value,
        chance=both.chance,
        correlation=with_interval(correlation(*ranks), len(chosen)),
        sampled=len(chosen),
        kinds=_kinds(ranks, chosen, selected, layout),
        density=_density(*ranks),
        dots=tuple(
            Dot(float(weight[i]), float(scores[i]), _membership(selected, i)) for i in few.tolist()
        ),
    )


def correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Pearson's correlation, of ranks Spearman's; 0 where one of the two does not vary."""
    first, second = one - one.mean(), other - other.mean()
    size = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / size if size else 0.0


def with_interval(found: float, count: int) -> Estimate:
    """A rank correlation with its 95 % interval.

    Fisher's transformation with variance (1 + r^2 / 2) / (n - 3) (Bonett and Wright, Psychometrika
    65, 2000).
    """
    if count <= 3:
        return Estimate(found, -1.0, 1.0)
    middle = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, found)))
    reach = _95_PERCENT * math.sqrt((1 + found * found / 2) / (count - 3))
    return Estimate(found, math.tanh(middle - reach), math.tanh(middle + reach))


def _sample(total: int, most: int, seed: int) -> NDArray[np.int64]:
    """Sorted numbers of about `most` channels, or of all where there are no more."""
    if total <= most:
        return np.arange(total, dtype=np.int64)
    return np.unique(np.random.default_rng(seed).integers(0, total, most))


def _ranks(values: Scores) -> NDArray[np.float64]:
    """Ranks from 0 on; equal values share their mean rank."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts + 1) / 2)[place], dtype=np.float64)


def _density(
    scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[tuple[int, ...], ...]:
    rows, columns = ((ranks * SIDE / len(ranks)).astype(np.int64) for ranks in (scores, weights))
    counts = np.bincount(rows * SIDE + columns, minlength=SIDE * SIDE)
    return tuple(map(tuple, counts.reshape(SIDE, SIDE).tolist()))


def _kinds(
    ranks: tuple[NDArray[np.float64], NDArray[np.float64]],
    chosen: NDArray[np.int64],
    selected: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    layout: ChannelLayout,
) -> tuple[KindOverlap, ...]:
    kinds = list(dict.fromkeys(module.kind for module in layout.modules))
    of_module = np.array([kinds.index(module.kind) for module in layout.modules])
    of_channel = of_module[np.searchsorted(layout.starts, chosen, side="right") - 1]
    first, second = (counts_by_module(mask, layout) for mask in selected)
    both = counts_by_module(selected[0] & selected[1], layout)
    widths = np.diff(layout.starts)
    found = []
    for number, kind in enumerate(kinds):
        here = of_module == number
        shared = overlap_of_counts(first[here], second[here], both[here], widths[here])
        inside = of_channel == number
        one, other = (_ranks(part[inside].astype(np.float32)) for part in ranks)
        found.append(KindOverlap(kind, shared.jaccard, shared.chance, correlation(one, other)))
    return tuple(found)


def _membership(selected: tuple[NDArray[np.bool_], NDArray[np.bool_]], channel: int) -> Membership:
    by_score, by_weight = (bool(mask[channel]) for mask in selected)
    if by_score and by_weight:
        return "both"
    if by_score:
        return "score"
    return "weight" if by_weight else "neither"

"""Successive halving: all candidates on few items, the better half on twice as many, and so on.

Jamieson and Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization,
AISTATS 2016, algorithm 1, with one change: what may yet win by a person's limit is not only who
leads by it on few items, but also who is on the front of recovered and lost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from act_core.evaluate.portions import PORTIONS

# With fewer candidates left than this a further halving saves little and may lose the best.
_FEWEST = 3
# On fewer items than this a figure says next to nothing.
_LEAST_ITEMS = 8


@dataclass(frozen=True, slots=True)
class Score:
    """One candidate on the items so far.

    Attributes:
        recovered: Mean share recovered.
        lost: Mean share lost.
        excess: By how much the ability that is worst off loses more than its limit, as a part of
            the limit: 0.5 is half as much again; below 0 where every limit is kept.
    """

    recovered: float
    lost: float
    excess: float


def rungs_of(candidates: int, items: int) -> tuple[int, ...]:
    """Portions that are measured at each rung, ending with all.

    Args:
        candidates: How many there are.
        items: Of the ability that has fewest.
    """
    most = int(math.log2(PORTIONS))
    by_candidates = int(math.log2(max(1.0, candidates / _FEWEST)))
    by_items = int(math.log2(max(1.0, items / _LEAST_ITEMS)))
    halvings = min(most, by_candidates, by_items)
    return tuple(PORTIONS >> (halvings - rung) for rung in range(halvings + 1))


def portions_of(candidates: int, rungs: Sequence[int]) -> int:
    """How many portions are measured in all, over all candidates."""
    total, before = 0, 0
    for portions in rungs:
        total += candidates * (portions - before)
        candidates, before = kept_of(candidates), portions
    return total


def kept_of(candidates: int) -> int:
    """How many go on after a rung."""
    return math.ceil(candidates / 2)


def survivors(scores: Mapping[str, Score]) -> tuple[str, ...]:
    """The half that goes on.

    Half of the places go to those that recover most within the limits. The others go to the front,
    those nearest to the limits first, for which side they end on is not known yet; and what the
    front leaves to those that recover most with up to twice the allowed loss.

    Args:
        scores: By name.
    """
    places = kept_of(len(scores))
    chosen = _best(scores, slack=0.0)[: math.ceil(places / 2)]
    near = sorted(_front(scores), key=lambda name: abs(scores[name].excess))
    for ranked in (near, _best(scores, slack=1.0)):
        chosen += [name for name in ranked if name not in chosen][: places - len(chosen)]
    return tuple(name for name in scores if name in chosen)


def _best(scores: Mapping[str, Score], slack: float) -> list[str]:
    """Who exceeds the limits by no more than this, by what they recover; then the rest."""

    def key(name: str) -> tuple[bool, float]:
        score = scores[name]
        exceeds = score.excess > slack
        return exceeds, score.excess if exceeds else -score.recovered

    return sorted(scores, key=key)


def _front(scores: Mapping[str, Score]) -> list[str]:
    """Who is beaten in both by no other."""
    front: list[str] = []
    highest = -math.inf
    for name in sorted(scores, key=lambda name: (scores[name].lost, -scores[name].recovered)):
        if scores[name].recovered > highest:
            front.append(name)
            highest = scores[name].recovered
    return front

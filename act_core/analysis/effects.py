"""Findings of what masks do: to abilities, on held-out items, beside random channels.

*Better* is always positive: a gain is nats per token less, or items right more, than without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from act_core.events import Estimate


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one ability.

    Attributes:
        ability: Which one.
        role: Whether it is to be brought over or to be kept.
        measure: Its first measure.
        gain: Better (positive) or worse than without.
        random: The same for random channels, as many in every module; mean over draws.
        over_random: `gain` minus `random`, paired.
        share: Gain over the gap between target and specialist: 1 is all of what is to be gained;
            on abilities to keep, loss over what is to be lost. None where the gap is not clear.
    """

    ability: str
    role: Literal["bring", "keep"]
    measure: str
    gain: Estimate
    random: Estimate
    over_random: Estimate
    share: Estimate | None


@dataclass(frozen=True, slots=True)
class CrossEffects:
    """Transferring the channels of one ability: what happens to every ability.

    Attributes:
        specialist: From whom.
        ability: Whose channels move.
        scorer: Of the mask.
        channels: Their number.
        draws: Random masks of equal size.
        effects: On every ability, itself among them.
    """

    specialist: str
    ability: str
    scorer: str
    channels: int
    draws: int
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Necessity:
    """What an ability loses when its channels get the other model's values.

    Attributes:
        specialist, ability: Whose mask.
        holder: `specialist`: its channels get the target's values, on an ability to bring;
            `target`: its channels get the specialist's, on an ability to keep.
        scorer: Of the mask.
        channels: Their number.
        share: Their share of all channels.
        draws: Random masks of equal size.
        effect: On this ability; negative gains are what the holder loses. `share` is the part of
            the gap between both models that is lost.
        random_share: The same part for random channels.
        weight: Gain with the weight mask of equal size instead.
    """

    specialist: str
    ability: str
    holder: Literal["specialist", "target"]
    scorer: str
    channels: int
    share: float
    draws: int
    effect: Effect
    random_share: Estimate | None
    weight: Estimate


@dataclass(frozen=True, slots=True)
class BudgetPoint:
    """One budget.

    Attributes:
        share: Budget as a share of all channels.
        gain: Better (positive) or worse than the target.
        over_random: `gain` minus that of random channels at the same budget, paired; None for
            random itself.
        gap: As `Effect.share`.
    """

    share: float
    gain: Estimate
    over_random: Estimate | None
    gap: Estimate | None


@dataclass(frozen=True, slots=True)
class BudgetCurve:
    """One scorer's masks of growing budget, on one ability."""

    scorer: str
    ability: str
    role: Literal["bring", "keep"]
    measure: str
    points: tuple[BudgetPoint, ...]


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """Held-out gain as the budget grows, by the recipe's scorer, weight and random.

    Attributes:
        scorer: The recipe's.
        strength: The recipe's.
        curves: By ability, then scorer: the recipe's, `weight`, `random`.
    """

    scorer: str
    strength: float
    curves: tuple[BudgetCurve, ...]

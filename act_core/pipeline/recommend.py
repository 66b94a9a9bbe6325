"""What a sweep recommends under a person's limits, and how far that stands above the baselines.

Choosing looks at validation items only; held-out items say what the chosen one is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from act_core.errors import RecipeError
from act_core.events import Estimate
from act_core.recipe import Draft
from act_core.report.numbers import MISSING, Scale, part
from act_core.report.table import Table
from act_core.report.verdict import listed

DEFAULT_LIMIT = 0.05
Keeps = Literal["surely", "likely", "no"]
_SHARE = Scale(100, 1, " %")
_POINTS = Scale(100, 1, " points", signed=True)


@dataclass(frozen=True, slots=True)
class Loss:
    """What a candidate takes from one ability to keep.

    Attributes:
        ability: Name of the ability.
        share: Of its gap to the specialist; where that is not clear, of the target's own figure.
        of_gap: Which of the two.
        limit: Most that may be lost.
    """

    ability: str
    share: Estimate
    of_gap: bool
    limit: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One candidate on one split.

    Attributes:
        candidate: Its name.
        recovered: Mean share over the abilities to bring; None where no gap is clear.
        losses: Of every ability to keep.
    """

    candidate: str
    recovered: Estimate | None
    losses: tuple[Loss, ...] = ()

    @property
    def keeps(self) -> Keeps:
        """Whether every limit is kept: with the whole interval, with its middle, or not."""
        if all(loss.share.high <= loss.limit for loss in self.losses):
            return "surely"
        return "likely" if all(loss.share.value <= loss.limit for loss in self.losses) else "no"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The outcome of a sweep.

    Attributes:
        candidate: What is recommended; empty where nothing recovers anything within the limits.
        is_baseline: A baseline is.
        keeps: Whether it keeps the limits on validation items.
        setting: What it is as a setting, as plain data (`pipeline.points`); empty where it is none.
        rival: The best that stands against it: of the baselines, or where a baseline is
            recommended of the points; empty where none recovers anything within the limits.
        ahead: What it recovers more than the rival on validation items, paired.
        ahead_heldout: The same on held-out items.
        bolder: A point that recovers more, but may not keep the limits; else empty.
        validation: The candidate, the rival and their like on validation items.
        heldout: The same on held-out items, with the controls of the candidate's size.
        sentences: All that in words.
    """

    candidate: str
    is_baseline: bool = False
    keeps: Keeps = "no"
    setting: Mapping[str, Any] = field(default_factory=dict)
    rival: str = ""
    ahead: Estimate | None = None
    ahead_heldout: Estimate | None = None
    bolder: str = ""
    validation: tuple[Judged, ...] = ()
    heldout: tuple[Judged, ...] = ()
    sentences: tuple[str, ...] = ()


def limits_of(recipe: Draft) -> dict[str, float]:
    """The limit of every ability to keep.

    Raises:
        RecipeError: One is given for something that is no ability to keep.
    """
    kept = recipe.with_role("keep")
    other = [name for name in recipe.evaluate.limits if name not in kept]
    if other:
        raise RecipeError(
            f"{listed(other)} {'is' if len(other) == 1 else 'are'} not among the abilities to "
            "keep, so there is nothing to limit.",
            remedy=f"Limit {listed(kept)}." if kept else "Add an ability to keep.",
        )
    return {name: recipe.evaluate.limits.get(name, DEFAULT_LIMIT) for name in kept}


def best_of(judged: Sequence[Judged]) -> Judged | None:
    """Who recovers most among those that surely keep the limits, else among those that likely do.

    None where nobody recovers anything within the limits.
    """
    for keeps in ("surely", "likely"):
        able = [
            (one.recovered.value, one)
            for one in judged
            if one.keeps == keeps and one.recovered is not None and one.recovered.value > 0
        ]
        if able:
            return max(able, key=lambda pair: pair[0])[1]
    return None


def better_of(one: Judged | None, other: Judged | None) -> Judged | None:
    """The better of two by the same rule; of equal ones the first."""
    return best_of([judged for judged in (one, other) if judged is not None])


def bolder_than(chosen: Judged | None, judged: Sequence[Judged]) -> Judged | None:
    """Who likely keeps the limits and recovers more than who surely does."""
    if chosen is None or chosen.recovered is None or chosen.keeps != "surely":
        return None
    likely = best_of([one for one in judged if one.keeps == "likely"])
    if likely is None or likely.recovered is None:
        return None
    return likely if likely.recovered.value > chosen.recovered.value else None


def limit_text(limits: Mapping[str, float]) -> str:
    """The limits in words: `lose at most 2 % of maths`."""
    if not limits:
        return "no ability to keep"
    return "lose at most " + listed([f"{part(share)} of {name}" for name, share in limits.items()])


def told(found: Recommendation, limits: Mapping[str, float]) -> tuple[str, ...]:
    """A recommendation in words.

    Args:
        found: It, without sentences.
        limits: By ability.
    """
    limit = f" Limit: {limit_text(limits)}."
    if not found.candidate:
        return (
            f"Nothing is recommended: no candidate recovers anything within the limits.{limit}",
            "Allow a larger loss, or try smaller budgets and strengths.",
        )
    what = "A baseline is recommended" if found.is_baseline else "Recommended"
    sure = "" if found.keeps == "surely" else ", though it is not certain that it keeps the limits"
    sentences = [
        f"{what}: {found.candidate}. On validation items it recovers most within the limits{sure}."
        + limit
    ]
    own = next((one for one in found.heldout if one.candidate == found.candidate), None)
    if own is not None:
        sentences.append(_heldout_text(own))
    sentences.append(_rival_text(found))
    if found.bolder:
        sentences.append(
            f"{found.bolder} recovers more on validation items, but whether it keeps the limits is "
            "not certain."
        )
    return tuple(sentences)


def recommendation_table(found: Recommendation) -> Table:
    """What is recommended beside its rival and its controls, on held-out items."""
    kept = tuple(loss.ability for loss in found.heldout[0].losses) if found.heldout else ()
    rows = [
        (
            one.candidate,
            MISSING if one.recovered is None else _share(one.recovered),
            *(_share(loss.share) for loss in one.losses),
        )
        for one in found.heldout
    ]
    return Table(("Candidate", "Recovered", *(f"{name} lost" for name in kept)), tuple(rows))


def _heldout_text(own: Judged) -> str:
    recovered = "an unclear share" if own.recovered is None else _share(own.recovered)
    losses = [
        f"{_share(loss.share)} of {loss.ability}" + ("" if loss.of_gap else " (of its own figure)")
        for loss in own.losses
    ]
    text = f"On held-out items it recovers {recovered}"
    text += f" and loses {listed(losses)}." if losses else "."
    over = [loss.ability for loss in own.losses if loss.share.value > loss.limit]
    return text + (f" There the limit of {listed(over)} is exceeded." if over else "")


def _rival_text(found: Recommendation) -> str:
    if not found.rival:
        side = "point of the sweep" if found.is_baseline else "baseline"
        return f"No {side} recovers anything within the limits."
    side = "best point of the sweep" if found.is_baseline else "best baseline"
    ahead = found.ahead_heldout or found.ahead
    where = "held-out" if found.ahead_heldout else "validation"
    if ahead is None:
        return f"How it stands beside the {side}, {found.rival}, is not clear."
    text = f"Beside the {side} within the limits, {found.rival}, it recovers {_points(ahead)} on "
    if ahead.low <= 0 <= ahead.high:
        return f"{text}{where} items: that may be chance."
    return f"{text}{where} items{'' if ahead.low > 0 else ', so there it does worse'}."


def _share(share: Estimate) -> str:
    return _SHARE.interval({"value": share.value, "low": share.low, "high": share.high})


def _points(share: Estimate) -> str:
    return _POINTS.interval({"value": share.value, "low": share.low, "high": share.high})

"""Policies: what becomes of a channel that several specialists were selected for (design.md, 2).

A policy gives each contested channel to one of its claimants, or has all of them move it together
by shares of the strength. Channels that one specialist alone was selected for know no policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from act_core.errors import MaskError
from act_core.localize.masks import Mask
from act_core.models.channels import ChannelLayout
from act_core.recipe import PolicyName
from act_core.transfer.contest import Contest, contest_of

# Claims, bool `[masks, contested]`, and scores, float32 `[masks, contested]`; the number of the
# mask that keeps each channel, int64 `[contested]`.
Keeper = Callable[[NDArray[np.bool_], NDArray[np.float32]], NDArray[np.int64]]
# Number of claimants, int64 `[channels]`; the part of the strength by which each of them moves
# the channel, float64 `[channels]`.
Sharing = Callable[[NDArray[np.int64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Policy:
    """A named way to settle contested channels.

    Attributes:
        name: Its name in a recipe.
        title: Name for people.
        explanation: What it does, in one line, for people.
        keeper: The rule that gives a channel to one claimant, or None.
        sharing: The rule by which all claimants move it together, or None. With neither rule the
            policy refuses to decide.
        needs_scores: The rule compares scores.
    """

    name: PolicyName
    title: str
    explanation: str
    keeper: Keeper | None = field(default=None, repr=False)
    sharing: Sharing | None = field(default=None, repr=False)
    needs_scores: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Masks after a policy: they share a channel only where its claimants move it together.

    Attributes:
        masks: By specialist, in the order they came.
        contest: What the masks claimed before; None where nobody has looked.
    """

    masks: Mapping[str, Mask]
    contest: Contest | None = None

    @property
    def contested(self) -> int:
        """Number of channels that several masks had selected."""
        return 0 if self.contest is None else self.contest.total

    @property
    def by_kind(self) -> Mapping[str, int]:
        """The same by module kind; only kinds that have some."""
        return {} if self.contest is None else self.contest.by_kind


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """How far claimants move the channels that they move together.

    Attributes:
        contested: The channels, bool `[channels]`.
        strengths: How far each claimant moves each channel, also where it is the only one, float32
            `[channels]`.
    """

    contested: NDArray[np.bool_] = field(repr=False)
    strengths: NDArray[np.float32] = field(repr=False)


def first_named(claims: NDArray[np.bool_], _scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """keeper_j = the first i with channel j in mask i."""
    keeper: NDArray[np.int64] = np.argmax(claims, axis=0)
    return keeper


def highest_score(claims: NDArray[np.bool_], scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """keeper_j = argmax over i of s_ij / mean over j' of |s_ij'|, j' in the module of j.

    The division makes scores of different specialists, and of different modules, comparable. Of
    equal ones the first named keeps the channel.
    """
    keeper: NDArray[np.int64] = np.argmax(np.where(claims, scores, -np.inf), axis=0)
    return keeper


def undivided(claimants: NDArray[np.int64]) -> NDArray[np.float64]:
    """theta_j = T_j + strength * sum over claimants k of (S_k - T)_j, as in task arithmetic.

    Source: Ilharco et al. 2023, "Editing Models with Task Arithmetic", section 2, with sums of task
    vectors taken channel by channel.
    """
    return np.ones(len(claimants))


def divided(claimants: NDArray[np.int64]) -> NDArray[np.float64]:
    """theta_j = T_j + strength / n_j * sum over the n_j claimants k of (S_k - T)_j."""
    return 1 / np.maximum(claimants, 1)


POLICIES: Mapping[str, Policy] = {
    policy.name: policy
    for policy in (
        Policy(
            "refuse",
            "Refuse",
            "Nothing is moved until the masks share no channel.",
        ),
        Policy(
            "priority",
            "First named",
            "The specialist that the recipe names first keeps the channel.",
            first_named,
        ),
        Policy(
            "strongest",
            "Strongest",
            "The specialist whose score is higher keeps the channel, each score over the mean of "
            "its module.",
            highest_score,
            needs_scores=True,
        ),
        Policy(
            "sum",
            "Sum",
            "The channel takes the changes of all of them, added up, each at the full strength.",
            sharing=undivided,
        ),
        Policy(
            "mean",
            "Mean",
            "The channel takes the mean of their changes.",
            sharing=divided,
        ),
    )
}


def settle(
    masks: Mapping[str, Mask],
    scores: Mapping[str, NDArray[np.float32]] | None,
    policy: PolicyName,
) -> Settled:
    """Decide who moves every contested channel.

    Where a policy has claimants move a channel together, all of them keep it; `shares_of` says how
    far each one moves it.

    Args:
        masks: By specialist, in the recipe's order, all of one layout.
        scores: By specialist, float32 `[channels]`; read only where a policy needs them.
        policy: Name of the policy.

    Raises:
        MaskError: Channels are contested and the policy is to refuse, or needs scores that are not
            there; or tied input columns are contested, which no policy settles.
    """
    _refuse_columns(masks)
    contest = contest_of(masks)
    places = np.flatnonzero(contest.channels)
    if not len(places):
        return Settled(masks, contest)
    rule = POLICIES[policy]
    if rule.keeper is None and rule.sharing is None:
        raise _refused(masks, contest.layout, places)
    keeper = None
    if rule.keeper is not None:
        claims = np.stack([mask.selected[places] for mask in masks.values()])
        keeper = rule.keeper(claims, _relative(masks, scores, contest.layout, places, rule))
    settled = {}
    for number, (name, mask) in enumerate(masks.items()):
        selected = mask.selected.copy()
        if keeper is not None:
            selected[places] = keeper == number
        facts = {**mask.facts, "policy": policy}
        settled[name] = Mask(mask.layout, selected, mask.columns, facts)
    return Settled(settled, contest)


def shares_of(masks: Mapping[str, Mask], policy: PolicyName, strength: float) -> Shares | None:
    """How far the claimants of settled masks move the channels that they share.

    Args:
        masks: By specialist, settled by the policy.
        policy: Name of the policy.
        strength: How far a channel moves that has one claimant.

    Returns:
        None where no channel is shared, or the policy does not have channels shared.
    """
    sharing = POLICIES[policy].sharing
    if sharing is None or len(masks) < 2:
        return None
    contest = contest_of(masks)
    if not contest.total:
        return None
    strengths = np.full(contest.layout.total, strength)
    contested = contest.channels
    strengths[contested] *= sharing(contest.claimants[contested])
    return Shares(contested, strengths.astype(np.float32))


def _relative(
    masks: Mapping[str, Mask],
    scores: Mapping[str, NDArray[np.float32]] | None,
    layout: ChannelLayout,
    places: NDArray[np.int64],
    rule: Policy,
) -> NDArray[np.float32]:
    """Scores of the contested channels over the mean of their module, `[masks, contested]`.

    Zeros where the policy reads none; a module whose scores are all zero gives zero.
    """
    found = np.zeros((len(masks), len(places)), dtype=np.float32)
    if not rule.needs_scores:
        return found
    if scores is None:
        raise MaskError(
            f"{len(places):,} channels are contested, and the policy {rule.name} needs the "
            "profiles of all specialists.",
            remedy="Profile first, or choose another policy.",
        )
    modules = np.searchsorted(layout.starts, places, side="right") - 1
    widths = np.maximum(np.diff(layout.starts), 1)
    for row, name in zip(found, masks, strict=True):
        running = np.concatenate([[0.0], np.cumsum(np.abs(scores[name]), dtype=np.float64)])
        means = (np.diff(running[layout.starts]) / widths)[modules]
        np.divide(scores[name][places], means, out=row, where=means > 0, casting="same_kind")
    return found


def _refused(
    masks: Mapping[str, Mask], layout: ChannelLayout, places: NDArray[np.int64]
) -> MaskError:
    names = [name for name, mask in masks.items() if mask.selected[places].any()]
    module = layout.modules[int(np.searchsorted(layout.starts, places[0], side="right")) - 1]
    return MaskError(
        f"{', '.join(names[:-1])} and {names[-1]} claim the same channels, {len(places):,} in all; "
        f"the first are in {module.tensor}.",
        remedy="Choose a policy for contested channels, subtract one mask from the other, or "
        "transfer from one specialist at a time.",
        title="Masks contest channels",
    )


def _refuse_columns(masks: Mapping[str, Mask]) -> None:
    """Refuse tied columns that meet another mask's columns or rows.

    A column crosses every row of its weight, so giving it to one specialist would take entries
    out of the middle of the other's channels.
    """
    names = list(masks)
    for first in names:
        for second in names:
            tensor = "" if first == second else _crossed(masks[first], masks[second])
            if tensor:
                raise MaskError(
                    f"Columns of {first} meet channels or columns of {second} in {tensor}.",
                    remedy="Localize without the tie neuron, or transfer from one specialist at "
                    "a time.",
                    title="Masks contest channels",
                )


def _crossed(one: Mask, other: Mask) -> str:
    """The first weight in which columns of one mask meet entries of another; empty where none."""
    numbers = {module.tensor: index for index, module in enumerate(one.layout.modules)}
    for tensor, columns in one.columns.items():
        theirs = other.columns.get(tensor, ())
        shared = len(np.intersect1d(columns, theirs)) if len(theirs) else 0
        if len(columns) and (shared or len(other.rows(numbers[tensor]))):
            return tensor
    return ""

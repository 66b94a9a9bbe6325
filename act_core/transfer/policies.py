"""Policies: who moves a channel that several specialists were selected for (design.md, section 2).

A policy here gives each contested channel to one of its claimants, so that no entry of a tensor is
written twice and every mask stays a set of channels.
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

# Claims, bool `[masks, contested]`, and scores, float32 `[masks, contested]`; the number of the
# mask that keeps each channel, int64 `[contested]`.
Keeper = Callable[[NDArray[np.bool_], NDArray[np.float32]], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Policy:
    """A named way to settle contested channels.

    Attributes:
        name: Its name in a recipe.
        title: Name for people.
        explanation: What it does, in one line, for people.
        keeper: The rule; None refuses to decide.
        needs_scores: The rule compares scores.
    """

    name: PolicyName
    title: str
    explanation: str
    keeper: Keeper | None = field(default=None, repr=False)
    needs_scores: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Masks that share no channel.

    Attributes:
        masks: By specialist, in the order they came.
        contested: Number of channels that several masks had selected.
        by_kind: The same by module kind; only kinds that have some.
    """

    masks: Mapping[str, Mask]
    contested: int = 0
    by_kind: Mapping[str, int] = field(default_factory=dict)


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
    )
}


def settle(
    masks: Mapping[str, Mask],
    scores: Mapping[str, NDArray[np.float32]] | None,
    policy: PolicyName,
) -> Settled:
    """Give every contested channel to one specialist.

    Args:
        masks: By specialist, in the recipe's order, all of one layout.
        scores: By specialist, float32 `[channels]`; read only where a policy needs them.
        policy: Name of the policy.

    Raises:
        MaskError: Channels are contested and the policy is to refuse, or needs scores that are not
            there; or tied input columns are contested, which no policy settles.
    """
    _refuse_columns(masks)
    places = np.flatnonzero(contested_channels(masks))
    if not len(places):
        return Settled(masks)
    rule = POLICIES[policy]
    layout = next(iter(masks.values())).layout
    if rule.keeper is None:
        raise _refused(masks, layout, places)
    claims = np.stack([mask.selected[places] for mask in masks.values()])
    keeper = rule.keeper(claims, _relative(masks, scores, layout, places, rule))
    settled = {}
    for number, (name, mask) in enumerate(masks.items()):
        selected = mask.selected.copy()
        selected[places] = keeper == number
        facts = {**mask.facts, "policy": policy}
        settled[name] = Mask(mask.layout, selected, mask.columns, facts)
    return Settled(settled, len(places), _by_kind(layout, places))


def contested_channels(masks: Mapping[str, Mask]) -> NDArray[np.bool_]:
    """Channels that more than one mask selects, bool `[channels]`.

    Raises:
        MaskError: The masks belong to models of different form.
    """
    every = list(masks.values())
    if any(mask.layout is not every[0].layout for mask in every) and (
        len({mask.layout.fingerprint() for mask in every}) > 1
    ):
        raise MaskError(
            "The masks were made for models of different form.",
            remedy="Localize all of them with the same target.",
        )
    once = np.zeros(every[0].layout.total, dtype=np.bool_)
    twice = np.zeros_like(once)
    for mask in every:
        twice |= once & mask.selected
        once |= mask.selected
    return twice


def _by_kind(layout: ChannelLayout, places: NDArray[np.int64]) -> dict[str, int]:
    modules = np.searchsorted(layout.starts, places, side="right") - 1
    counts = np.bincount(modules, minlength=len(layout.modules))
    found: dict[str, int] = {}
    for module, number in zip(layout.modules, counts, strict=True):
        if number:
            found[module.kind] = found.get(module.kind, 0) + int(number)
    return found


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

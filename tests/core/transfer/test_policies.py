"""Policies on three contested channels, worked out by hand."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from act_core.errors import MaskError
from act_core.localize.masks import Mask
from act_core.models.channels import ChannelLayout, ModuleChannels
from act_core.recipe import PolicyName
from act_core.transfer.contest import contest_of
from act_core.transfer.policies import POLICIES, settle, shares_of

LAYOUT = ChannelLayout(
    (
        ModuleChannels("q.weight", "q.bias", 0, "q", 4, 6, False),
        ModuleChannels("down.weight", None, 0, "down", 3, 5, False),
    )
)
# Contested: channels 1 and 2 of q, channel 0 of down (4 on the flat axis).
ONE = (0, 1, 2, 4)
OTHER = (1, 2, 3, 4, 6)
SCORES = {
    # Means of |score|: q (1 + 4 + 2 + 1) / 4 = 2, down (3 + 3 + 0) / 3 = 2.
    # Relative: channel 1: 2, channel 2: 1, channel 4: 1.5.
    "one": np.array([1, 4, 2, -1, 3, 3, 0], dtype=np.float32),
    # Means: q (10 + 10 + 30 + 30) / 4 = 20, down (20 + 0 + 40) / 3 = 20.
    # Relative: channel 1: 0.5, channel 2: 1.5, channel 4: 1.
    "other": np.array([10, 10, 30, -30, 20, 0, 40], dtype=np.float32),
}


def mask(*channels: int, columns: Mapping[str, list[int]] | None = None) -> Mask:
    selected = np.zeros(LAYOUT.total, dtype=np.bool_)
    selected[list(channels)] = True
    chosen = {name: np.array(some, dtype=np.int64) for name, some in (columns or {}).items()}
    return Mask(LAYOUT, selected, chosen, {"scorer": "matched"})


def members(one: Mask) -> tuple[int, ...]:
    return tuple(int(channel) for channel in np.flatnonzero(one.selected))


def test_priority_gives_contested_channels_to_the_first_named() -> None:
    settled = settle({"one": mask(*ONE), "other": mask(*OTHER)}, None, "priority")
    assert members(settled.masks["one"]) == (0, 1, 2, 4)
    assert members(settled.masks["other"]) == (3, 6)
    assert settled.contested == 3
    assert settled.by_kind == {"q": 2, "down": 1}
    turned = settle({"other": mask(*OTHER), "one": mask(*ONE)}, None, "priority")
    assert members(turned.masks["other"]) == OTHER
    assert members(turned.masks["one"]) == (0,)


def test_strongest_compares_scores_over_the_mean_of_their_module() -> None:
    settled = settle({"one": mask(*ONE), "other": mask(*OTHER)}, SCORES, "strongest")
    assert members(settled.masks["one"]) == (0, 1, 4)
    assert members(settled.masks["other"]) == (2, 3, 6)
    assert settled.contested == 3


def test_strongest_gives_equal_ones_to_the_first_named_and_never_to_who_did_not_claim() -> None:
    same = dict.fromkeys(("one", "two", "three"), SCORES["one"])
    strong = {**same, "three": SCORES["one"] * 0 + np.eye(1, 7, 5, dtype=np.float32)[0]}
    settled = settle({"one": mask(1), "two": mask(1, 5), "three": mask(2)}, same, "strongest")
    assert [members(settled.masks[name]) for name in same] == [(1,), (5,), (2,)]
    loud = settle({"one": mask(1, 5), "two": mask(1, 5), "three": mask(2)}, strong, "strongest")
    assert [members(loud.masks[name]) for name in same] == [(1, 5), (), (2,)]


def test_three_masks_count_a_channel_once() -> None:
    masks = {"one": mask(1), "two": mask(1), "three": mask(1)}
    assert contest_of(masks).total == 1
    assert settle(masks, None, "priority").contested == 1


@pytest.mark.parametrize(("policy", "two", "three"), [("sum", 0.8, 0.8), ("mean", 0.4, 0.8 / 3)])
def test_sum_and_mean_leave_contested_channels_to_all_of_their_claimants(
    policy: PolicyName, two: float, three: float
) -> None:
    masks = {"one": mask(*ONE), "other": mask(*OTHER), "third": mask(2, 5)}
    settled = settle(masks, None, policy)
    assert [members(m) for m in settled.masks.values()] == [members(m) for m in masks.values()]
    assert all(m.facts["policy"] == policy for m in settled.masks.values())
    assert (settled.contested, settled.by_kind) == (3, {"q": 2, "down": 1})

    shares = shares_of(settled.masks, policy, 0.8)

    assert shares is not None
    # Channel:                 0    1      2    3    4    5    6
    expected = np.array([0.8, two, three, 0.8, two, 0.8, 0.8], dtype=np.float32)
    assert np.array_equal(shares.strengths, expected)
    assert np.flatnonzero(shares.contested).tolist() == [1, 2, 4]
    assert shares_of({"one": mask(0), "other": mask(1)}, policy, 0.8) is None
    assert shares_of(masks, "strongest", 0.8) is None


def test_contests_are_told_by_layer_and_kind_beside_chance() -> None:
    masks = {"one": mask(*ONE), "other": mask(*OTHER), "third": mask(2, 5)}
    contest = contest_of(masks)
    assert contest.by_place == {(0, "q"): 2, (0, "down"): 1}
    assert (contest.total, contest.claimed) == (3, 7)
    # The masks hold 3, 3 and 1 of the 4 of q, and 1, 2 and 1 of the 3 of down; all 8 fates of a
    # channel, of which those count that two or more masks select.
    expected = 0.0
    for width, sizes in ((4, (3, 3, 1)), (3, (1, 2, 1))):
        for fate in itertools.product((True, False), repeat=3):
            odds = [
                n / width if chosen else 1 - n / width
                for n, chosen in zip(sizes, fate, strict=True)
            ]
            expected += width * float(np.prod(odds)) * (sum(fate) > 1)
    assert contest.chance == pytest.approx(expected)


def test_refuse_names_who_claims_how_much() -> None:
    masks = {"one": mask(*ONE), "other": mask(*OTHER)}
    with pytest.raises(MaskError, match=r"one and other claim the same channels, 3 in all"):
        settle(masks, None, "refuse")


@pytest.mark.parametrize("policy", list(POLICIES))
def test_masks_apart_are_left_alone(policy: str) -> None:
    masks = {"one": mask(0, 4), "other": mask(1, 6)}
    settled = settle(masks, None, POLICIES[policy].name)
    assert settled.masks is masks
    assert (settled.contested, settled.by_kind) == (0, {})


def test_strongest_without_scores_says_what_it_needs() -> None:
    with pytest.raises(MaskError, match="needs the profiles"):
        settle({"one": mask(1), "other": mask(1)}, None, "strongest")


@pytest.mark.parametrize(
    "other",
    [
        mask(4),  # a row of down crosses every column of it
        mask(columns={"down.weight": [2, 3]}),
    ],
)
def test_tied_columns_that_meet_are_refused_by_every_policy(other: Mask) -> None:
    masks = {"one": mask(0, columns={"down.weight": [1, 2]}), "other": other}
    with pytest.raises(MaskError, match=r"down\.weight"):
        settle(masks, None, "priority")


def test_every_policy_explains_itself() -> None:
    for name, policy in POLICIES.items():
        assert policy.name == name
        assert policy.title
        assert policy.explanation.endswith(".")

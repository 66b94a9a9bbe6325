"""Concentration against sums in plain Python, and intervals that hold what they should."""

from __future__ import annotations

import math

import numpy as np
import pytest

from act_core.analysis.concentration import TOP_SHARES, concentration, top_masses
from act_core.analysis.parts import PartedProfile
from act_core.models.channels import ChannelLayout
from tests.core.localize.small import profile_of, small_layout

LAYOUT = small_layout(100, 300, 200, 400)


def _scores(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=1000).astype(np.float32)


def test_top_masses_are_the_mass_of_the_highest() -> None:
    scores = _scores(0)
    ordered = sorted((max(0.0, float(score)) for score in scores), reverse=True)

    found = top_masses(scores)

    for share, held in zip(TOP_SHARES, found, strict=True):
        assert held == pytest.approx(sum(ordered[: round(share * 1000)]) / sum(ordered))


def test_equal_scores_lie_at_their_chance_level() -> None:
    assert top_masses(np.ones(1000, dtype=np.float32)) == pytest.approx(TOP_SHARES)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_where_nothing_is_to_gain_nothing_is_concentrated(value: float) -> None:
    scores = np.full(1000, value)
    profile = profile_of(LAYOUT, {"attributed": scores, "weight": np.ones(1000)})

    found = concentration(profile, "attributed")

    assert {top.mass.value for top in found.top} == {0.0}
    assert [top.weight for top in found.top] == pytest.approx(TOP_SHARES)
    assert found.positive == 0
    assert {above.channels for above in found.above} == {0}
    assert all(math.isfinite(point.share) for point in found.curve)


def test_the_distribution_counts_channels_above_multiples_of_the_mean() -> None:
    scores, weight = _scores(1), np.exp(_scores(2))
    profile = profile_of(LAYOUT, {"attributed": scores, "weight": weight})
    positive = [max(0.0, float(score)) for score in scores]
    mean, weight_mean = sum(positive) / 1000, float(weight.mean())

    found = concentration(profile, "attributed")

    for point in found.curve:
        assert point.share == sum(p > point.level * mean for p in positive) / 1000
        by_weight = sum(float(w) > point.level * weight_mean for w in weight) / 1000
        assert point.weight == pytest.approx(by_weight, abs=0.0011)
    levels = [point.level for point in found.curve]
    assert levels == sorted(levels)
    assert [above.level for above in found.above[:3]] == [2, 5, 10]
    half = max(positive) / 2
    assert found.above[3].channels == sum(p > half for p in positive)
    assert found.positive == sum(score > 0 for score in scores) / 1000


def test_groups_hold_their_share_of_channels_mass_and_of_what_is_above() -> None:
    scores = np.exp(2 * _scores(3)).astype(np.float32)
    found = concentration(
        profile_of(LAYOUT, {"matched": scores, "weight": np.ones(1000)}), "matched"
    )

    of_a = np.concatenate([scores[:100], scores[400:600]])
    kind = found.kinds[0]
    assert (kind.name, kind.channels) == ("a", 0.3)
    assert kind.mass == pytest.approx(of_a.sum() / scores.sum())
    assert kind.top[-1] == pytest.approx(np.sort(of_a)[-60:].sum() / of_a.sum())
    assert kind.above == np.count_nonzero(of_a > found.threshold * scores.mean())
    assert [layer.name for layer in found.layers] == ["0", "1"]
    assert sum(layer.mass for layer in found.layers) == pytest.approx(1)


def _parted(layout: ChannelLayout, noise: float, parts: int = 8) -> PartedProfile:
    """Heavy-tailed scores, seen with noise in every part."""
    generator = np.random.default_rng(5)
    truth = np.exp(generator.normal(size=layout.total))
    values = tuple(
        (truth * np.exp(noise * generator.normal(size=layout.total))).astype(np.float32)
        for _ in range(parts)
    )
    even = np.full(parts, 10.0)
    return PartedProfile(
        "donor",
        "german",
        layout,
        {"matched": values, "weight": values[:1] * parts},
        {"matched": even, "weight": even},
        even.astype(np.int64),
    )


def test_intervals_narrow_as_parts_agree() -> None:
    wide, narrow = (
        concentration(parted.joined(np.ones(8, dtype=np.int64)), "matched", parted).top[3].mass
        for parted in (_parted(LAYOUT, 0.5), _parted(LAYOUT, 0.05))
    )

    for mass in (wide, narrow):
        assert mass.low < mass.value < mass.high
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_all_parts_joined_are_the_mean_weighted_by_tokens() -> None:
    parted = _parted(small_layout(5, 7), 0.5, parts=3)
    weighted = PartedProfile(
        "donor",
        "german",
        parted.layout,
        parted.statistics,
        {"matched": np.array([1.0, 2.0, 5.0]), "weight": np.ones(3)},
        np.array([1, 2, 5]),
    )

    found = weighted.joined(np.array([1, 0, 2]))

    one, _, three = parted.statistics["matched"]
    assert found.statistics["matched"] == pytest.approx((one + 10 * three) / 11, rel=1e-5)
    assert found.counted_tokens == 11

"""Every scorer against its formula in plain Python, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from act_core.errors import NotFiniteError, ProfileError
from act_core.localize.scorers import SCORERS
from act_core.recipe import Localize
from tests.core.localize.small import profile_of, small_layout

LAYOUT = small_layout(3, 2)


@pytest.mark.parametrize("name", ["difference", "matched", "weight"])
def test_plain_scorers_are_the_mean_of_their_statistic(name: str) -> None:
    first = profile_of(LAYOUT, {name: [1, 2, 3, 4, 5]})
    second = profile_of(LAYOUT, {name: [3, 2, 1, 0, 7]}, ability="french")

    scores = SCORERS[name].score([first, second], [], price=0, seed=0)

    assert scores.dtype == np.float32
    assert scores.tolist() == [2, 2, 2, 2, 6]
    assert first.statistic(name).tolist() == [1, 2, 3, 4, 5]  # the profile itself is untouched


def test_attributed_is_mean_gain_minus_price_times_summed_cost() -> None:
    bring = [
        profile_of(LAYOUT, {"attributed": [4, 2, 0, 1, -1]}),
        profile_of(LAYOUT, {"attributed": [2, 0, 0, 3, -1]}, ability="french"),
    ]
    keep = [
        profile_of(LAYOUT, {"attributed": [-1, 0.5, 0, -2, 3]}, ability="maths"),
        profile_of(LAYOUT, {"attributed": [-1, 0.5, 0, 1, 0]}, ability="code"),
    ]

    free = SCORERS["attributed"].score(bring, keep, price=0, seed=0)
    priced = SCORERS["attributed"].score(bring, keep, price=2, seed=0)

    assert free.tolist() == [3, 1, 0, 2, -1]
    assert priced.tolist() == [3 - 2 * 2, 1 + 2 * 1, 0, 2 - 2 * 1, -1 + 2 * 3]


def test_attributed_at_no_price_needs_no_profile_of_retained_abilities() -> None:
    bring = [profile_of(LAYOUT, {"attributed": [1, 2, 3, 4, 5]})]
    keep = [profile_of(LAYOUT, {"matched": [1, 2, 3, 4, 5]}, ability="maths")]

    assert SCORERS["attributed"].score(bring, keep, price=0, seed=0).tolist() == [1, 2, 3, 4, 5]
    with pytest.raises(ProfileError, match="attributed"):
        SCORERS["attributed"].score(bring, keep, price=1, seed=0)


def test_contrast_is_the_ratio_of_the_means() -> None:
    bring = [profile_of(LAYOUT, {"matched": [1, 2, 3, 4, 5]})]
    keep = [
        profile_of(LAYOUT, {"matched": [1, 1, 1, 2, 2]}, ability="maths"),
        profile_of(LAYOUT, {"matched": [3, 1, 1, 6, 2]}, ability="code"),
    ]

    scores = SCORERS["contrast"].score(bring, keep, price=0, seed=0)

    means = [[2, 1, 1], [4, 2]]
    gains = [[1, 2, 3], [4, 5]]
    expected = [
        gain / (mean + 0.01 * sum(module) / len(module))
        for module, row in zip(means, gains, strict=True)
        for mean, gain in zip(module, row, strict=True)
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_contrast_stays_finite_where_retained_abilities_are_silent() -> None:
    bring = [profile_of(LAYOUT, {"matched": [1, 2, 0, 0, 0]})]
    keep = [profile_of(LAYOUT, {"matched": [0, 0, 0, 0, 0]}, ability="maths")]

    scores = SCORERS["contrast"].score(bring, keep, price=0, seed=0)

    assert scores[1] == 2 * scores[0] > 0
    assert scores[2:].tolist() == [0, 0, 0]


def test_contrast_needs_a_retained_ability() -> None:
    bring = [profile_of(LAYOUT, {"matched": [1, 2, 3, 4, 5]})]

    with pytest.raises(ProfileError, match="retained"):
        SCORERS["contrast"].score(bring, [], price=0, seed=0)


def test_random_is_a_seeded_order_that_ignores_the_data() -> None:
    layout = small_layout(500, 500)
    one = [profile_of(layout, {})]
    other = [profile_of(layout, {"matched": np.arange(1000)})]

    first = SCORERS["random"].score(one, [], price=0, seed=1)

    assert sorted(first.tolist()) == np.float32(np.arange(1, 1001) / 1000).tolist()
    assert first.tolist() == SCORERS["random"].score(other, [], price=3, seed=1).tolist()
    assert first.tolist() != SCORERS["random"].score(one, [], price=0, seed=2).tolist()


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused_by_name(poison: float) -> None:
    profile = profile_of(LAYOUT, {"matched": [1, 2, 3, poison, 5]})

    with pytest.raises(NotFiniteError, match=r"1 channels, first in layers\.0\.b\.weight"):
        SCORERS["matched"].score([profile], [], price=0, seed=0)


def test_overflow_is_refused_without_a_warning() -> None:
    huge = [profile_of(LAYOUT, {"attributed": [3e38] * 5})]

    with pytest.raises(NotFiniteError):
        SCORERS["attributed"].score(huge, huge, price=1, seed=0)


def test_missing_statistics_and_profiles_are_refused() -> None:
    with pytest.raises(ProfileError, match="not matched"):
        SCORERS["matched"].score([profile_of(LAYOUT, {"weight": [1] * 5})], [], price=0, seed=0)
    with pytest.raises(ProfileError, match="bring"):
        SCORERS["random"].score([], [], price=0, seed=0)


def test_registry_and_recipe_know_the_same_scorers() -> None:
    for name, scorer in SCORERS.items():
        assert scorer.name == name
        assert Localize.model_validate({"scorer": name}).scorer == name
        assert scorer.title
        assert scorer.formula
        assert scorer.good_for
    allowed = Localize.model_json_schema()["properties"]["scorer"]["enum"]
    assert sorted(allowed) == sorted(SCORERS)

"""A rated score selects what localize selects, and counts it rightly."""

from __future__ import annotations

import numpy as np
import pytest

from act_core.errors import MaskError
from act_core.localize.localize import localize
from act_core.localize.rated import Rated, rate
from act_core.models.channels import layout_of
from act_core.models.reference import Model, resolve
from act_core.profile.store import Profile
from act_core.recipe import Budget, Localize
from tests.core.localize.small import profile_of
from tests.core.tiny import write_tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("rated") / "target"
    return resolve(write_tiny(folder, "llama", seed=1, dtype="bfloat16"))


@pytest.fixture(scope="module")
def bring(model: Model) -> list[Profile]:
    total = layout_of(model).total
    random = np.random.default_rng(3)
    return [
        profile_of(
            layout_of(model),
            {"attributed": random.normal(size=total), "weight": random.random(total)},
        )
    ]


def rated(model: Model, bring: list[Profile], settings: Localize) -> Rated:
    return rate(model, bring, [], settings, seed=0)


@pytest.mark.parametrize(
    "budget", [Budget(share=0.03), Budget(parameters=900), Budget(positive=True)]
)
@pytest.mark.parametrize("ranking", ["module", "global"])
def test_a_budget_buys_what_localize_selects(
    model: Model, bring: list[Profile], budget: Budget, ranking: str
) -> None:
    settings = Localize(scorer="attributed", ranking=ranking, budget=budget, tie=("neuron",))  # type: ignore[arg-type]
    expected = localize(model, bring, [], settings, seed=0)

    found = rated(model, bring, settings)
    mask = found.mask(budget)

    np.testing.assert_array_equal(mask.selected, expected.selected)
    assert {k: v.tolist() for k, v in mask.columns.items()} == {
        k: v.tolist() for k, v in expected.columns.items()
    }
    assert mask.facts == expected.facts
    if budget.share is None:
        assert found.share_of(budget) == expected.share


def test_figures_of_a_share_and_of_its_selection_agree(model: Model, bring: list[Profile]) -> None:
    found = rated(model, bring, Localize(scorer="attributed"))

    by_share = found.figures(0.2)
    by_mask = found.figures_of(found.ladder.selected(0.2))

    assert by_share.channels == by_mask.channels == round(0.2 * layout_of(model).total - 0.5)
    assert by_share.parameters == by_mask.parameters
    assert by_share.size_bytes == 2 * by_share.parameters  # bfloat16
    assert by_share.spread == by_mask.spread


def test_a_size_buys_no_more_than_it_says(model: Model, bring: list[Profile]) -> None:
    found = rated(model, bring, Localize(scorer="attributed"))
    assert found.figures(found.share_for_size(5000)).size_bytes <= 5000


def test_a_budget_that_holds_nothing_says_so(model: Model, bring: list[Profile]) -> None:
    with pytest.raises(MaskError, match="holds not one"):
        rated(model, bring, Localize(scorer="attributed", budget=Budget(parameters=1)))

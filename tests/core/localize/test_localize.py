"""From profiles of a real tiny model to a mask that transfer and disk accept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_core.errors import MaskError, ProfileError
from act_core.localize.localize import localize, score_channels
from act_core.localize.masks import load_mask, save_mask
from act_core.localize.scorers import SCORERS
from act_core.localize.tying import group_ids
from act_core.models.channels import layout_of
from act_core.models.reference import Model, resolve
from act_core.profile.store import Profile
from act_core.recipe import Localize
from act_core.transfer.edits import mask_edits
from tests.core.localize.small import profile_of, small_layout
from tests.core.tiny import write_tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return resolve(write_tiny(tmp_path_factory.mktemp("models") / "llama", "llama", seed=3))


def a_profile(model: Model, ability: str, seed: int) -> Profile:
    layout = layout_of(model)
    generator = np.random.default_rng(seed)
    statistics: dict[str, Any] = {
        name: generator.lognormal(size=layout.total) for name in ("difference", "matched", "weight")
    }
    statistics["attributed"] = generator.normal(size=layout.total)
    return profile_of(layout, statistics, ability=ability)


def settings(**values: Any) -> Localize:
    return Localize.model_validate(values)


@pytest.mark.parametrize("scorer", sorted(SCORERS))
@pytest.mark.parametrize("ranking", ["module", "global", "normalised"])
def test_every_scorer_works_with_every_ranking(
    model: Model, tmp_path: Path, scorer: str, ranking: str
) -> None:
    layout = layout_of(model)
    bring, keep = [a_profile(model, "german", 1)], [a_profile(model, "maths", 2)]
    how = settings(scorer=scorer, ranking=ranking, budget={"share": 0.1}, price=1.0)

    mask = localize(model, bring, keep, how, seed=5)

    assert mask.count == layout.total // 10
    scores = score_channels(model, bring, keep, how, seed=5)
    assert scores[mask.selected].mean() > scores[~mask.selected].mean()
    save_mask(mask, tmp_path / "m.safetensors")
    loaded = load_mask(tmp_path / "m.safetensors", layout)
    np.testing.assert_array_equal(loaded.selected, mask.selected)
    assert loaded.facts == mask.facts


def test_the_facts_say_how_a_mask_was_made(model: Model) -> None:
    bring = [a_profile(model, "german", 1), a_profile(model, "french", 4)]
    how = settings(scorer="attributed", budget={"positive": True}, price=0.5, tie=["rotary", "kv"])

    mask = localize(model, bring, [a_profile(model, "maths", 2)], how, seed=5)

    assert mask.facts == {
        "scorer": "attributed",
        "ranking": "module",
        "budget": "positive",
        "price": "0.5",
        "tie": "rotary kv",
        "seed": "5",
        "specialist": "donor",
        "bring": "german french",
        "keep": "maths",
        "counted_tokens": "200",
    }


@pytest.mark.parametrize("tie", [["rotary"], ["kv"], ["neuron"], ["rotary", "kv", "neuron"]])
@pytest.mark.parametrize("budget", [{"share": 0.3}, {"parameters": 5000}, {"positive": True}])
def test_ties_are_kept_under_every_budget(
    model: Model, tie: list[str], budget: Mapping[str, Any]
) -> None:
    how = settings(scorer="attributed", budget=budget, tie=tie)

    mask = localize(model, [a_profile(model, "german", 1)], [], how, seed=0)

    ids = group_ids(model, how.tie)
    np.testing.assert_array_equal(mask.selected, mask.selected[ids])
    entries = sum(e.entries(model.facts[e.tensor].shape) for e in mask_edits(model, mask, 1.0))
    if "parameters" in budget:
        assert 4000 < entries <= 5000  # a key/value head has 512, a neuron 96
    if "share" in budget:
        assert 0.2 < mask.share <= 0.3


def test_the_neuron_tie_brings_the_down_columns(model: Model) -> None:
    how = settings(budget={"share": 0.3}, tie=["neuron"])

    mask = localize(model, [a_profile(model, "german", 1)], [], how, seed=0)

    modules = layout_of(model).modules
    rows = {module.tensor: mask.rows(index).tolist() for index, module in enumerate(modules)}
    downs = [module.tensor for module in modules if module.kind == "down"]
    assert sorted(mask.columns) == sorted(downs)
    for down in downs:
        gate, up = (down.replace("down", kind) for kind in ("gate", "up"))
        assert rows[gate] == rows[up] == mask.columns[down].tolist() != []


def test_only_profiles_of_this_model_and_one_specialist_are_taken(model: Model) -> None:
    layout = small_layout(8)
    stranger = profile_of(layout, {"matched": np.ones(8)}, ability="maths")
    bring = a_profile(model, "german", 1)
    second = Profile("another", "german", bring.layout, bring.statistics)

    with pytest.raises(ProfileError, match="another form"):
        localize(model, [stranger], [], settings(), seed=0)
    with pytest.raises(ProfileError, match="another form"):
        localize(model, [bring], [stranger], settings(), seed=0)
    with pytest.raises(ProfileError, match="donor and another"):
        localize(model, [bring, second], [], settings(), seed=0)
    with pytest.raises(ProfileError, match="ability to bring"):
        localize(model, [], [], settings(), seed=0)


def test_a_budget_below_every_group_is_refused(model: Model) -> None:
    how = settings(budget={"parameters": 20})

    with pytest.raises(MaskError, match="at least 32 parameters"):
        localize(model, [a_profile(model, "german", 1)], [], how, seed=0)


def test_a_down_weight_without_selected_neurons_is_not_edited(model: Model) -> None:
    layout = layout_of(model)
    scores = np.zeros(layout.total)
    gate = next(i for i, module in enumerate(layout.modules) if module.kind == "gate")
    scores[layout.starts[gate]] = 1
    profile = profile_of(layout, {"matched": scores})
    how = settings(ranking="global", budget={"positive": True}, tie=["neuron"])

    edits = mask_edits(model, localize(model, [profile], [], how, seed=0), 1.0)

    assert [edit.tensor.rsplit(".", 2)[1] for edit in edits] == [
        "gate_proj",
        "up_proj",
        "down_proj",
    ]
    assert all(".layers.0." in edit.tensor for edit in edits)

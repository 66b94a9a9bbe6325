"""Attributed, refreshed: each part is scored where the parts before it have moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError, ProfileError, RecipeError
from act_core.events import Event, Started, discard
from act_core.localize.masks import Mask, load_mask
from act_core.localize.select import select
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.pipeline.from_profiles import store_masks
from act_core.pipeline.inputs import load_inputs
from act_core.pipeline.run import run_recipe
from act_core.profile.run import profile
from act_core.profile.spec import ProfileSpec
from act_core.recipe import Budget, Transfer, load_recipe
from act_core.transfer.moved import moved_model
from act_core.transfer.moves import moves_of
from act_core.transfer.plan import plan_transfer
from tests.core.project import changed, write_project
from tests.core.transfer.setting import carry_out, some_channels, two_models

SETTINGS: dict[str, Any] = {"scorer": "attributed", "ranking": "global", "refreshes": 1}


def localized(recipe: Path, events: list[Event] | None = None) -> Mask:
    emit = discard if events is None else events.append
    run_recipe(load_recipe(recipe), until="localize", command="", emit=emit, token=CancelToken())
    loaded = load_recipe(recipe)
    layout = layout_of(resolve(loaded.target))
    return load_mask(loaded.run / "masks" / "painter.safetensors", layout)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_moved_model_reads_as_its_export(tmp_path: Path, family: str) -> None:
    target, specialist = two_models(tmp_path, family, dtype="bfloat16")
    choices = Transfer(strength=0.6, norms="move")
    moves = moves_of(target, {"s": specialist}, {"s": some_channels(target)}, choices)
    moved = moved_model(target, moves)
    out = resolve(carry_out(plan_transfer(target, moves, tmp_path / "out")))
    for name in out.facts:
        assert moved.weights.read(name).equal(out.weights.read(name)), name
        rows = np.array([0, 2])
        assert moved.weights.read_rows(name, rows).equal(out.weights.read_rows(name, rows))
    assert moved.fingerprint() != target.fingerprint()
    assert moved_model(target, moves).fingerprint() == moved.fingerprint()


def test_parts_are_scored_where_earlier_ones_have_moved(tmp_path: Path) -> None:
    path = write_project(
        tmp_path, localize={**SETTINGS, "budget": {"share": 0.1}}, transfer={"strength": 0.9}
    )
    mask = localized(path)
    recipe = load_recipe(path)
    inputs = load_inputs(recipe, discard)
    target, specialist = inputs.target, inputs.specialists["painter"]
    layout = layout_of(target)
    selected = np.zeros(layout.total, dtype=np.bool_)
    counts = (int(0.05 * layout.total), int(0.1 * layout.total) - int(0.05 * layout.total))
    for part in range(2):
        # The second part against an export on disk, with the rounding of disk.
        ours = target
        if part:
            done = Mask(layout, selected)
            moves = moves_of(target, inputs.specialists, {"painter": done}, recipe.transfer)
            ours = resolve(carry_out(plan_transfer(target, moves, tmp_path / "half")))
        spec = ProfileSpec(
            ours, {"painter": specialist}, inputs.calibration, ("attributed",), "cpu"
        )
        found = profile(spec, tmp_path / f"work{part}", discard, CancelToken())
        scores = found["painter", "colours"].statistic("attributed").copy()
        scores[selected] = 0
        budget = Budget(share=counts[part] / layout.total)
        settings = recipe.localize.model_copy(update={"budget": budget})
        selected |= select(scores, layout, settings)
    assert np.array_equal(mask.selected, selected)
    once = localized(changed(path, run="once", localize={**SETTINGS, "budget": {"share": 0.1},
                                                         "refreshes": 0}))  # fmt: skip
    assert mask.count == once.count
    assert not np.array_equal(mask.selected, once.selected)


def test_a_refreshed_mask_is_known_again(tmp_path: Path) -> None:
    path = write_project(tmp_path, localize={**SETTINGS, "budget": {"share": 0.1}})
    first = localized(path)
    events: list[Event] = []
    again = localized(path, events)
    assert np.array_equal(first.selected, again.selected)
    assert not any(isinstance(event, Started) for event in events)
    localized(changed(path, localize={**SETTINGS, "budget": {"share": 0.2}}), events)
    assert any(isinstance(event, Started) for event in events)


@pytest.mark.parametrize("budget", [{"share": 0.12}, {"parameters": 3000}])
def test_the_budget_is_kept_and_ties_hold(tmp_path: Path, budget: dict[str, Any]) -> None:
    path = write_project(
        tmp_path,
        localize={**SETTINGS, "refreshes": 3, "budget": budget, "tie": ["neuron"]},
    )
    mask = localized(path)
    if "share" in budget:
        assert 0.08 < mask.share <= 0.12
    else:
        parameters = mask.layout.parameters_of_channel()[mask.selected].sum()
        columns = sum(len(c) for c in mask.columns.values()) * 32
        assert 1000 < parameters + columns <= 3000
    assert mask.columns


def test_what_cannot_be_refreshed_is_refused(tmp_path: Path) -> None:
    path = write_project(tmp_path, localize={"scorer": "matched", "refreshes": 1})
    with pytest.raises(RecipeError, match="attributed"):
        localized(path)
    recipe = load_recipe(path)
    with pytest.raises(ProfileError, match="more than profiles"):
        store_masks(recipe, resolve(recipe.target), {})


def test_finished_parts_are_not_walked_again_after_a_cancel(tmp_path: Path) -> None:
    settings = {**SETTINGS, "refreshes": 2, "budget": {"share": 0.1}}
    recipe = write_project(tmp_path, localize=settings)
    token, begun = CancelToken(), list[Event]()

    def cancel(event: Event) -> None:
        begun.append(event)
        if sum(isinstance(one, Started) for one in begun) == 3:  # the profile, and one part
            token.cancel()

    with pytest.raises(CancelledByPersonError):
        run_recipe(load_recipe(recipe), until="localize", command="", emit=cancel, token=token)
    again: list[Event] = []
    mask = localized(recipe, again)

    assert sum(isinstance(one, Started) for one in again) == 1
    profiles = load_recipe(recipe).run / "profiles"
    assert {path.suffix for path in profiles.iterdir()} == {".safetensors"}
    whole = localized(changed(recipe, run="whole"))
    np.testing.assert_array_equal(mask.selected, whole.selected)

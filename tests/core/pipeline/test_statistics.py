"""What a recipe gathers: what its scorers need, and what it asks for besides."""

from __future__ import annotations

from pathlib import Path

from act_core.cancel import CancelToken
from act_core.events import Convergence, Event, Finished, discard
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.pipeline.run import run_recipe
from act_core.profile.convergence import convergence_of
from act_core.profile.store import load_profile
from act_core.recipe import load_recipe
from act_core.runs import RunFolder
from tests.core.project import changed, write_project


def test_gathers_what_the_recipe_asks_for_beside_what_the_scorer_needs(tmp_path: Path) -> None:
    path = write_project(tmp_path)
    held = []
    for settings in ({"device": "cpu"}, {"device": "cpu", "statistics": ["difference"]}):
        recipe = load_recipe(changed(path, profile=settings))
        run_recipe(recipe, until="profile", command="", emit=discard, token=CancelToken())
        layout = layout_of(resolve(recipe.target))
        profile_path = RunFolder(recipe.run).profile_path("painter", "colours")
        held.append(set(load_profile(profile_path, layout).statistics))

    assert held == [{"matched", "weight"}, {"matched", "difference", "weight"}]


def test_a_recipe_in_rounds_tells_convergence_and_reuses_what_one_walk_made(tmp_path: Path) -> None:
    path = write_project(tmp_path)
    seen = []
    for settings in (
        {"device": "cpu", "rounds": 3},
        {"device": "cpu"},
        {"device": "cpu", "rounds": 3, "stop_below": 1.0},
    ):
        events: list[Event] = []
        recipe = load_recipe(changed(path, profile=settings))
        run_recipe(recipe, until="profile", command="", emit=events.append, token=CancelToken())
        layout = layout_of(resolve(recipe.target))
        stored = load_profile(RunFolder(recipe.run).profile_path("painter", "colours"), layout)
        reused = [e for e in events if isinstance(e, Finished) and e.reused]
        told = [e for e in events if isinstance(e, Convergence) and e.ability == "colours"]
        seen.append(([e.round for e in told], bool(reused), len(convergence_of(stored))))

    assert seen == [([2, 3], False, 2), ([], True, 2), ([2], False, 1)]

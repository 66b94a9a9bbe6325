"""The command that repeats a sweep says just its points, as the command line reads it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from act_core.cli import sweeping
from act_core.cli.main import run
from act_core.errors import RecipeError
from act_core.pipeline.points import GatesPoint, Point, SweepPoint, grid
from act_core.pipeline.repeating import sweep_command
from act_core.recipe import GateSettings, Recipe, load_recipe
from tests.core.project import write_project

GATES = GateSettings(start="mask", l1=1e-5, bounds=(-0.5, 1.5), seed=3, checkpointing=True)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a folder")
    return write_project(folder, gates={"steps": 3, "learning_rate": 0.01})


def parsed(command: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Recipe, list[Point], bool]:
    """What the command line makes of a command, up to where the sweep would begin."""
    told: list[tuple[Recipe, list[Point], bool]] = []

    def stop(recipe: Recipe, points: Sequence[Point], *, halving: bool, **_more: Any) -> None:
        told.append((recipe, list(points), halving))
        raise RecipeError("Stopped before it begins.", remedy="")

    monkeypatch.setattr(sweeping, "carry_out", stop)
    act, *arguments = shlex.split(command)
    assert act == "act"
    run(arguments)
    ((recipe, points, halving),) = told
    return recipe, points, halving


@pytest.mark.parametrize(
    "points",
    [
        grid(["matched"], [0.05], [1.0]),
        grid(["attributed", "matched"], [0.1, 0.025, 1 / 3], [0.5, 1.25], prices=[0, 1e-5, 3],
             refreshes=[0, 4]),
        [*grid(["weight", "random"], [0.2], [0.7], policies=["strongest", "sum"]),
         GatesPoint(GATES)],
        [GatesPoint(GateSettings(steps=3, learning_rate=0.01)),
         GatesPoint(GateSettings(budget=0.05))],
    ],
    ids=["one", "every axis of attributed", "policies and gates", "gates alone"],
)  # fmt: skip
def test_a_command_repeats_just_its_points(
    recipe: Path, points: list[Point], monkeypatch: pytest.MonkeyPatch
) -> None:
    own, halving = load_recipe(recipe), len(points) > 1
    command = sweep_command(recipe, own, points, halving=halving, limits=["numbers=0.02"])

    again, found, same = parsed(command, monkeypatch)

    assert found == points
    assert same is halving
    assert again.evaluate.limits == {"numbers": 0.02}
    assert again.model_copy(update={"evaluate": own.evaluate}) == own


def test_points_that_are_no_grid_have_no_command(recipe: Path) -> None:
    points = [SweepPoint("matched", 0.05, 1.0), SweepPoint("difference", 0.1, 1.0)]
    assert not sweep_command(recipe, load_recipe(recipe), points, halving=True)

"""Points of a sweep: names for people, plain data and back, and what they change in a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from act_core.errors import RecipeError
from act_core.pipeline.points import GatesPoint, Point, SweepPoint, point_of
from act_core.recipe import GateSettings, load_recipe
from tests.core.project import write_project

POINTS: tuple[tuple[Point, str], ...] = (
    (SweepPoint("attributed", 0.05, 0.7), "attributed 5 % × 0.7"),
    (SweepPoint("matched", 0.001, 1.0, price=0.0), "matched 0.1 % × 1, price 0"),
    (
        SweepPoint("attributed", 0.2, 0.5, price=1.5, policy="sum", refreshes=2),
        "attributed 20 % × 0.5, price 1.5, 2 refreshes, sum",
    ),
    (GatesPoint(GateSettings()), "gates from interpolation 0.3"),
    (
        GatesPoint(GateSettings(start="mask", strength=1, l1=0.2, steps=8, bounds=(-1, 1))),
        "gates from mask 1, steps 8, l1 0.2, bounds -1.0 to 1.0",
    ),
)


@pytest.mark.parametrize(("point", "name"), POINTS)
def test_a_point_has_a_name_and_is_found_again_from_plain_data(point: Point, name: str) -> None:
    assert point.name == name
    assert point_of(point.plain()) == point


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"scorer": "nonsense", "share": 0.1, "strength": 1},
        {"scorer": "matched", "share": 1.2, "strength": 1},
        {"scorer": "matched", "share": 0.1, "strength": "far"},
        {"scorer": "matched", "share": 0.1, "strength": 1, "policy": "loudest"},
        {"scorer": "matched", "share": 0.1, "strength": 1, "price": -1},
        {"gates": {"steps": 0}},
        {"gates": 3},
    ],
)
def test_other_data_is_no_point(plain: dict[str, Any]) -> None:
    assert point_of(plain) is None


def test_a_point_out_of_bounds_is_refused() -> None:
    with pytest.raises(RecipeError, match="no point of a sweep"):
        SweepPoint("matched", 0.0, 1.0)


def test_a_point_becomes_the_setting(tmp_path: Path) -> None:
    recipe = load_recipe(
        write_project(tmp_path, gates={"steps": 3}, localize={"scorer": "matched", "refreshes": 2})
    )
    point = SweepPoint("attributed", 0.25, 0.5, price=2.0)
    changed = point.applied(recipe)
    assert changed.gates is None
    assert (changed.localize.scorer, changed.localize.budget.share) == ("attributed", 0.25)
    assert (changed.localize.price, changed.localize.refreshes) == (2.0, 2)
    assert changed.transfer.strength == 0.5
    assert SweepPoint("weight", 0.25, 0.5).applied(recipe).localize.refreshes == 0
    gates = GateSettings(steps=9)
    assert GatesPoint(gates).applied(recipe).gates == gates

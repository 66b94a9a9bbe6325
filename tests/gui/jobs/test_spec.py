"""A job's parameters: frozen, and the same after a way through JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from act_core.errors import RecipeError
from act_core.recipe import Recipe
from act_gui.jobs.spec import JobSpec


def test_a_spec_is_the_same_after_json(demo: Recipe) -> None:
    spec = JobSpec("sweep", "Sweep of 2", "cuda:0", demo, {"points": [["matched", 0.1, 1.0]]})

    assert JobSpec.from_data(json.loads(json.dumps(spec.to_data()))) == spec


def test_arguments_that_change_later_do_not_reach_the_spec() -> None:
    points = [["matched", 0.1, 1.0]]
    spec = JobSpec("sweep", "Sweep", "cpu", arguments={"points": points})

    points.append(["random", 0.1, 1.0])

    assert spec.arguments["points"] == [["matched", 0.1, 1.0]]
    with pytest.raises(TypeError):
        spec.arguments["points"] = []  # type: ignore[index]


def test_arguments_must_be_json() -> None:
    with pytest.raises(TypeError):
        JobSpec("sweep", "Sweep", "cpu", arguments={"points": object()})


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": 3},
        {"lane": ""},
        {"arguments": []},
        {"recipe": []},
        {"recipe": {"act": 1, "name": "x", "run": "run"}},
        {"arguments": {"share": float("nan")}},
    ],
)
def test_malformed_data_is_refused(changes: dict[str, Any]) -> None:
    data = {**JobSpec("verify", "Verify", "files", arguments={"folder": "x"}).to_data(), **changes}

    with pytest.raises(RecipeError):
        JobSpec.from_data(data)


def test_data_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(RecipeError):
        JobSpec.from_data(["profile"])

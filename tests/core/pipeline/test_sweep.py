"""Sweeps measure nothing twice, go on after a cancel, and refuse what cannot be moved."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError, MaskError
from act_core.events import Event, Measured, Metric, Note, discard
from act_core.pipeline.points import SweepPoint
from act_core.pipeline.sweep import SweepResult, sweep
from act_core.pipeline.sweep_file import KnownSweep, known_sweep
from act_core.recipe import Recipe, load_recipe
from act_core.run_log import event_line
from act_core.runs import RunFolder
from tests.core.project import changed, write_project
from tests.core.tiny import write_specialist

POINTS = (
    SweepPoint("matched", 0.2, 1.0),
    SweepPoint("matched", 0.2, 0.5),
    SweepPoint("difference", 0.5, 1.0),
)


def carry_out(
    recipe: Recipe, points: tuple[SweepPoint, ...], emit: Callable[[Event], None] = discard
) -> SweepResult:
    return sweep(recipe, points, halving=False, emit=emit, token=CancelToken())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """A recipe whose specialist is clearly better at what it brings."""
    folder = tmp_path_factory.mktemp("sweep")
    path = write_project(folder)
    write_specialist(folder / "better", folder / "target", seed=4, scale=0.2)
    data = load_recipe(changed(path, specialists={"painter": {"model": "better"}}))
    abilities = {
        name: ability.model_copy(update={"measures": ("loss",)})
        for name, ability in data.abilities.items()
    }
    return data.model_copy(update={"abilities": abilities})


def test_a_wider_sweep_measures_only_what_is_new(small: Recipe) -> None:
    first = carry_out(small, POINTS)
    wider = (*POINTS, SweepPoint("matched", 0.3, 1.0))
    events: list[Event] = []

    second = carry_out(small, wider, events.append)

    fresh = {event.candidate for event in events if isinstance(event, Metric)}
    names = {point.name for point in wider}
    assert fresh & names <= {wider[-1].name, second.recommendation.candidate}
    told = [event for event in events if isinstance(event, Measured)]
    assert [one.candidate for one in told if one.kind == "point" and not one.reused] == [
        wider[-1].name
    ]
    known = {one.candidate: dataclasses.replace(one, reused=False) for one in first.measured}
    for one in second.measured:
        if one.candidate in known:
            assert dataclasses.replace(one, reused=False) == known[one.candidate]


def test_a_cancelled_sweep_keeps_what_it_measured(tmp_path: Path) -> None:
    recipe = load_recipe(write_project(tmp_path))
    token = CancelToken()
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, Measured) and event.kind == "point":
            token.cancel()

    with pytest.raises(CancelledByPersonError):
        sweep(recipe, POINTS, emit=listen, token=token)
    done = {event.candidate for event in events if isinstance(event, Measured)}
    assert POINTS[0].name in done
    assert POINTS[2].name not in done

    events.clear()
    carry_out(recipe, POINTS, events.append)
    assert {e.candidate for e in events if isinstance(e, Metric)}.isdisjoint(done)
    log = (tmp_path / "run" / "events.jsonl").read_text("utf-8").splitlines()
    assert any(json.loads(line)["event"] == "Failed" for line in log)


def test_other_models_or_a_damaged_file_are_measured_again(tmp_path: Path) -> None:
    recipe = load_recipe(write_project(tmp_path))
    carry_out(recipe, POINTS[:1])
    path, summary = tmp_path / "run" / "sweep" / "figures.json", tmp_path / "run" / "sweep.json"
    events: list[Event] = []
    for damage, reason in (
        ("[]", "damaged"),
        ("no json", "cannot be read"),
        ('{"act": 1, "results": {}, "candidates": [4]}', "another version"),
    ):
        path.write_text(damage, "utf-8")
        summary.write_text(damage, "utf-8")
        assert known_sweep(RunFolder(recipe.run)) == KnownSweep()
        events.clear()
        carry_out(recipe, POINTS[:1], events.append)
        assert any(isinstance(event, Metric) for event in events)
        assert any(isinstance(event, Note) and reason in event.text for event in events)

    write_specialist(tmp_path / "other", tmp_path / "target", seed=9, scale=0.2)
    other = recipe.specialists["painter"].model_copy(update={"model": str(tmp_path / "other")})
    events.clear()
    carry_out(
        recipe.model_copy(update={"specialists": {"painter": other}}), POINTS[:1], events.append
    )
    fresh = {event.candidate for event in events if isinstance(event, Metric)}
    assert "target" not in fresh
    assert {"painter", POINTS[0].name} <= fresh


def test_contested_points_are_refused_before_anything_is_measured(tmp_path: Path) -> None:
    path = write_project(tmp_path)
    write_specialist(tmp_path / "second", tmp_path / "target", seed=3, scale=0.2)
    path = changed(path, specialists={"one": {"model": "specialist"}, "two": {"model": "second"}})
    events: list[Event] = []
    with pytest.raises(MaskError, match="claim the same channels"):
        carry_out(load_recipe(path), (SweepPoint("matched", 0.6, 1.0),), events.append)
    assert not any(isinstance(event, Metric) for event in events)
    settled = load_recipe(changed(path, transfer={"policy": "strongest"}))
    found = carry_out(settled, (SweepPoint("matched", 0.6, 1.0),))
    assert "matched 60 % × 1" in {one.candidate for one in found.measured}


def test_the_event_is_one_line_of_json(small: Recipe) -> None:
    (measured,) = (one for one in carry_out(small, POINTS[:1]).measured if one.kind == "point")
    line: Mapping[str, Any] = json.loads(event_line(measured))
    assert line["event"] == "Measured"
    assert line["candidate"] == POINTS[0].name
    assert line["abilities"][0]["figure"]["value"] > 0

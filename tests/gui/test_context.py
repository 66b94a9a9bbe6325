"""The context: jobs begin from the recipe of that moment, and their results are recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from act_core.cancel import CancelToken
from act_core.events import EventSink
from act_core.recipe import Draft, TuneSettings, load_recipe
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.works import WORKS
from act_gui.stage_parts import parts_of
from act_gui.stages import StageState
from tests.core.project import write_project


@pytest.fixture
def ready(make_context: Callable[..., Any], tmp_path: Path) -> Any:
    recipe = load_recipe(write_project(tmp_path / "data"))
    return make_context(draft=Draft.model_validate(dict(recipe)))


def test_an_incomplete_recipe_starts_nothing_and_says_why(context: Any, qtbot: QtBot) -> None:
    with qtbot.waitSignal(context.notices.error_raised):
        assert context.start("profile", "Profile") is None

    assert context.jobs.jobs() == ()


def test_a_result_is_recorded_for_the_recipe_it_was_made_from(
    ready: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_spec: JobSpec, _emit: EventSink, _token: CancelToken) -> str:
        return "done"

    monkeypatch.setitem(WORKS, "profile", nothing)  # type: ignore[arg-type] # a dict behind
    assert ready.states()["profile"] is StageState.READY

    ready.start("profile", "Profile")
    assert ready.states()["profile"] is StageState.RUNNING
    ready.project.edit(seed=12)  # while it runs
    qtbot.waitUntil(lambda: not ready.running(), timeout=20_000)

    assert ready.states()["profile"] is StageState.STALE
    ready.project.edit(seed=0)
    assert ready.states()["profile"] is StageState.DONE


def test_what_a_job_learns_on_its_way_is_recorded_too(
    ready: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_spec: JobSpec, _emit: EventSink, _token: CancelToken) -> str:
        return "done"

    monkeypatch.setitem(WORKS, "transfer", nothing)  # type: ignore[arg-type] # a dict behind
    ready.project.edit(tune=TuneSettings())
    ready.start("transfer", "Write checkpoint")
    qtbot.waitUntil(lambda: not ready.running(), timeout=20_000)

    assert set(ready.project.records) == {"tune", "transfer"}  # and no gates, as there are none
    assert ready.project.records["tune"] == parts_of(ready.project.draft, "tune")


def test_a_failed_job_is_told_of_and_recorded_nowhere(
    ready: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_spec: JobSpec, _emit: EventSink, _token: CancelToken) -> None:
        raise ValueError("boo")

    monkeypatch.setitem(WORKS, "profile", broken)  # type: ignore[arg-type] # a dict behind
    with qtbot.waitSignal(ready.notices.error_raised, timeout=20_000) as raised:
        ready.start("profile", "Profile")

    assert "boo" in raised.args[0].reason
    assert ready.states()["profile"] is StageState.READY


def test_what_moves_files_has_its_own_lane(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    number = ready.start("publish", "Export", files=True)

    assert ready.jobs.view(number).spec.lane == "files"


def test_auto_shares_the_lane_of_the_device_that_it_finds(
    ready: Any, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    def nothing(_spec: JobSpec, _emit: EventSink, _token: CancelToken) -> None:
        pass

    def lane(device: str) -> str:
        ready.project.edit_section("profile", device=device)
        return str(ready.jobs.view(ready.start("profile", "Profile")).spec.lane)

    monkeypatch.setitem(WORKS, "profile", nothing)  # type: ignore[arg-type] # a dict behind
    found = "cuda:0" if torch.cuda.is_available() else "cpu"

    qtbot.waitUntil(lambda: lane("auto") == found, timeout=20_000)
    assert lane("cuda:1") == "cuda:1"
    qtbot.waitUntil(lambda: not ready.running(), timeout=20_000)

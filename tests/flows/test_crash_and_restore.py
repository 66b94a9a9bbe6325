"""A profile that is killed half-way, and a window that is closed over one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from safetensors.numpy import load_file

from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.pipeline.run import run_recipe
from act_core.recipe import Draft, load_recipe
from act_core.resources import resource_path
from act_gui.jobs.close_dialog import CloseDialog
from act_gui.project import Project
from tests.flows.person import Person
from tests.flows.program import start_program

_MOST_S = 60
_TOKENS = 1500
_STATISTICS = ("difference", "matched", "attributed")
_PRESS_START = """
window.show_page("profile")
button = window.parts.stack.page.run_card.main_button
if not button.isEnabled():
    return False
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
QTest.mouseClick(button, Qt.MouseButton.LeftButton)
return True
"""


def long_draft() -> Draft:
    """The demo with all statistics and enough data that a layer takes a tenth of a second."""
    recipe = load_recipe(resource_path("demo", "recipe.yaml"))
    profile = recipe.profile.model_copy(update={"device": "cpu", "statistics": _STATISTICS})
    abilities = {
        name: ability.model_copy(update={"calibration_tokens": _TOKENS})
        for name, ability in recipe.abilities.items()
    }
    return Draft.model_validate({**dict(recipe), "profile": profile, "abilities": abilities})


@pytest.fixture
def folder(qapp: QApplication, tmp_path: Path) -> Path:
    """A project of which nothing was computed yet."""
    project = Project.create(tmp_path / "project", long_draft())
    project.close()
    project.deleteLater()
    return project.folder


def test_what_a_killed_program_had_finished_is_used_when_the_person_resumes(
    make_window: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    program = start_program(folder, _PRESS_START)
    _wait(lambda: len(_finished_layers(folder)) >= 3, "three finished layers")
    program.kill()
    program.communicate()
    kept = len(_finished_layers(folder))
    before = (folder / "recipe.yaml").read_bytes()

    window = make_window()
    person = Person(window)
    assert window.desk.open(folder)

    assert window.page_name == "profile"
    assert window.context.project.draft.profile.statistics == _STATISTICS
    (job,) = window.context.jobs.jobs()
    assert job.state == "paused"
    said = [banner.accessibleName() for banner in window.parts.notice_area.banners]
    assert any("Unfinished jobs: 1" in text for text in said)
    assert (folder / "recipe.yaml").read_bytes() == before

    page = person.page("profile")
    person.wait(lambda: page.run_card.main_button.text() == "Resume", 10, "Resume")
    person.click(page.run_card.main_button)
    person.wait_done("profile", _MOST_S)
    assert _first_progress(folder) >= kept
    resumed, whole = _profiles(folder / "runs" / "main"), _uninterrupted(tmp_path / "whole")
    assert list(resumed) == list(whole)
    for name, values in whole.items():
        np.testing.assert_array_equal(resumed[name], values, name)


def test_closing_over_a_profile_asks_and_reopening_brings_it_back(
    make_window: Callable[..., Any], folder: Path
) -> None:
    window = make_window()
    person = Person(window)
    window.desk.open(folder)
    window.show_page("profile")
    page = person.page("profile")
    person.click(page.run_card.main_button)
    person.wait(lambda: _states(window) == ["running"], 20, "the profile runs")

    _answer("keep_button")
    assert not window.close()
    assert _states(window) == ["running"]
    _answer("stop_button")
    assert window.close()
    assert window.context is None

    again = make_window()
    again.desk.open(folder)
    assert _states(again) == ["paused"]
    person = Person(again)
    page = person.page("profile")
    person.wait(lambda: page.run_card.main_button.text() == "Resume", 10, "Resume")
    person.click(page.run_card.main_button)
    person.wait(lambda: _states(again) == ["running"], 20, "the profile goes on")
    _answer("wait_button")
    assert not again.close()
    person.wait(lambda: not again.isVisible(), _MOST_S, "the window closed when it was done")
    assert "profile" in json.loads((folder / "act-project.json").read_text("utf-8"))["records"]


def _states(window: Any) -> list[str]:
    return [view.state for view in window.context.jobs.jobs()]


def _answer(button: str) -> None:
    """Click a button of the question when it comes."""

    def click() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, CloseDialog):
            getattr(dialog, button).click()
        else:
            QTimer.singleShot(5, click)

    QTimer.singleShot(0, click)


def _finished_layers(folder: Path) -> list[Path]:
    return list((folder / "runs" / "main").rglob("*.partial/*.sums"))


def _first_progress(folder: Path) -> int:
    """With how many finished layers the last start of the profile began."""
    lines = (folder / "runs" / "main" / "events.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    starts = [place for place, event in enumerate(events) if event["event"] == "Started"]
    for place in reversed(starts):
        if "profile" in events[place]["stage"]:
            later = events[place:]
            return next(event["done"] for event in later if event["event"] == "Progress")
    raise AssertionError("the log knows of no profile")


def _uninterrupted(run: Path) -> dict[str, Any]:
    recipe = long_draft().model_copy(update={"run": run}).complete()
    run_recipe(recipe, until="profile", command="act", emit=discard, token=CancelToken())
    return _profiles(run)


def _profiles(run: Path) -> dict[str, Any]:
    """All stored arrays by file and name."""
    files = sorted((run / "profiles").glob("*.safetensors"))
    assert len(files) == 3
    return {
        f"{path.stem}: {name}": values
        for path in files
        for name, values in sorted(load_file(path).items())
    }


def _wait(ready: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _MOST_S
    while not ready():
        assert time.monotonic() < until, what
        time.sleep(0.005)

"""Models whose folders are moved while the project is open, or before: it is said at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from act_core.recipe import Ability, Source, Specialist
from act_gui.earlier_steps import earlier_step
from act_gui.pages.models_page import ModelsPage
from act_gui.presence import gone_of
from act_gui.project import Project
from act_gui.stages import StageState
from tests.core.tiny import write_specialist, write_tiny

WAIT_MS = 20_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A closed project whose models were looked at."""
    target = write_tiny(tmp_path / "target", "llama", seed=1)
    specialist = write_specialist(tmp_path / "specialist", target, seed=2)
    data = (Source(file=tmp_path / "rows.jsonl"),)
    made = Project.create(tmp_path / "project")
    made.edit(
        target=str(target),
        specialists={"s": Specialist(model=str(specialist))},
        abilities={"a": Ability(role="bring", calibration=data, heldout=data)},
    )
    made.record("models", made.draft)
    made.close()
    return made.folder


@pytest.mark.parametrize("which", ["target", "specialist"])
def test_a_model_that_was_moved_before_is_missed_on_opening(
    which: str, project: Path, tmp_path: Path, make_context: Callable[..., Any], qtbot: QtBot
) -> None:
    moved = Path(shutil.move(tmp_path / which, tmp_path / "elsewhere"))
    context = make_context(project)
    qtbot.waitUntil(lambda: state_of(context) is StageState.UNAVAILABLE, timeout=WAIT_MS)
    step = earlier_step(context.project.draft, context.states(), "profile")
    assert step is not None
    assert step.page == "models"

    page = ModelsPage(context)
    qtbot.addWidget(page)
    page.show()
    card = page.target if which == "target" else page.specialists["s"]
    qtbot.waitUntil(lambda: card.fault is not None, timeout=WAIT_MS)
    assert page.state_label.text() == "Unavailable"
    assert str(tmp_path / which) in card.fault.error.reason

    shutil.move(moved, tmp_path / which)
    come_back()
    qtbot.waitUntil(lambda: state_of(context) is StageState.DONE, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: card.fault is None, timeout=WAIT_MS)
    assert page.state_label.text() == "Done"


def test_a_model_that_is_moved_meanwhile_is_missed_on_coming_back(
    project: Path, tmp_path: Path, make_context: Callable[..., Any], qtbot: QtBot
) -> None:
    context = make_context(project)
    page = ModelsPage(context)
    qtbot.addWidget(page)
    page.show()
    card = page.specialists["s"]
    qtbot.waitUntil(lambda: bool(card.findings.findings()), timeout=WAIT_MS)
    assert state_of(context) is StageState.DONE
    shutil.move(tmp_path / "specialist", tmp_path / "elsewhere")
    come_back()
    qtbot.waitUntil(lambda: state_of(context) is StageState.UNAVAILABLE, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: card.fault is not None, timeout=WAIT_MS)

    elsewhere = Specialist(model=str(tmp_path / "elsewhere"))
    context.project.edit(specialists={"s": elsewhere})
    qtbot.waitUntil(lambda: state_of(context) is StageState.DONE, timeout=WAIT_MS)


def test_only_paths_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    (tmp_path / "a+b").mkdir()
    base = str(tmp_path / "base")
    there = {base, str(tmp_path / "a+b"), "lab/model", "lab/model@main:sub", f"{base}+lab/adapter"}
    lost = {str(tmp_path / "none"), f"{base}+{tmp_path / 'none'}", "nothing"}
    assert gone_of({*there, *lost}) == lost


def state_of(context: Any) -> StageState:
    state: StageState = context.states()["models"]
    return state


def come_back() -> None:
    """What Qt says when the person comes back from another program."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)

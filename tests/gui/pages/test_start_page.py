"""The three doors, by mouse and keyboard."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from act_core.recipe import load_draft
from act_core.resources import resource_path
from act_core.settings import load_settings
from act_gui.project import MANIFEST_NAME, Project
from act_gui.widgets.recents import ago

MakeWindow = Callable[..., Any]


@pytest.fixture
def window(make_window: MakeWindow) -> Any:
    return make_window()


def type_into(line: QLineEdit, text: str) -> None:
    line.selectAll()
    QTest.keyClicks(line, text)


def test_the_demo_door_makes_a_project_that_runs(window: Any, tmp_path: Path) -> None:
    page = window.parts.start_page
    type_into(page.demo_folder.line, str(tmp_path / "demos"))

    page.demo_button.click()

    project = window.context.project
    assert project.folder == tmp_path / "demos" / "Demo"
    assert project.manifest.demo
    recipe = project.draft.complete()
    assert Path(recipe.target) == resource_path("demo", "cipher-specialist")
    assert recipe.run == project.folder / "runs" / "main"
    for ability in recipe.abilities.values():
        for source in (*ability.calibration, *ability.heldout):
            assert source.file is not None
            assert source.file.is_file()


def test_every_demo_gets_a_folder_of_its_own(window: Any, tmp_path: Path) -> None:
    window.desk.create_demo(tmp_path)
    window.desk.create_demo(tmp_path)

    assert window.context.project.folder.name == "Demo 2"


def test_a_new_project_is_made_where_it_was_asked_for(window: Any, tmp_path: Path) -> None:
    page = window.parts.start_page
    type_into(page.new_folder.line, str(tmp_path / "work"))
    type_into(page.name, "German into maths")

    QTest.keyClick(page.name, Qt.Key.Key_Return)

    folder = tmp_path / "work" / "German into maths"
    assert window.context.project.folder == folder
    assert load_draft(folder / "recipe.yaml").name == "German-into-maths"
    assert len(load_draft(folder / "recipe.yaml").profile.statistics) == 3


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", "what?", 'a"b'])
def test_names_that_are_no_folder_are_not_accepted(window: Any, name: str) -> None:
    page = window.parts.start_page
    type_into(page.name, name or " ")

    assert not page.create_button.isEnabled()
    assert page.name_fault.isVisible()
    assert ("needs a name" if not name.strip() else "gets this name") in page.name_fault.text()
    QTest.keyClick(page.name, Qt.Key.Key_Return)
    assert window.context is None


def test_a_folder_that_is_not_empty_is_refused_in_place(window: Any, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine", "utf-8")
    page = window.parts.start_page
    type_into(page.new_folder.line, str(tmp_path))
    type_into(page.name, "full")

    page.create_button.click()

    assert "not empty" in page.error.reason
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["thesis.txt"]
    type_into(page.name, "fresh")
    page.create_button.click()
    assert window.context is not None
    assert page.error is None


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused(window: Any, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)

    assert not window.desk.create(locked / "project")

    assert window.parts.start_page.error is not None


def test_a_file_in_the_way_is_refused(window: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")

    assert not window.desk.create(tmp_path / "file" / "project")

    assert window.parts.start_page.error is not None


def test_a_project_is_opened_through_the_dialog(window: Any, tmp_path: Path, qtbot: QtBot) -> None:
    project = Project.create(tmp_path / "earlier")
    project.close()
    project.deleteLater()
    page = window.parts.start_page
    page.open_button.click()
    dialog = page.findChild(QFileDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)

    dialog.selectFile(str(tmp_path / "earlier"))
    dialog.setDirectory(str(tmp_path / "earlier"))
    line = dialog.findChild(QLineEdit)
    assert line is not None
    line.setText(str(tmp_path / "earlier"))
    QTest.keyClick(line, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: window.context is not None)
    assert window.context.project.folder == tmp_path / "earlier"


def test_no_project_in_a_folder_is_told(window: Any, tmp_path: Path) -> None:
    assert not window.desk.open(tmp_path)

    assert MANIFEST_NAME in window.parts.start_page.error.reason


def test_recent_projects_are_opened_and_forgotten(
    window: Any, tmp_path: Path, act_home: Path, qtbot: QtBot
) -> None:
    for name in ("one", "two"):
        window.desk.create(tmp_path / name)
    window.desk.close()
    recents = window.parts.start_page.recents

    def shown() -> list[str]:
        return [b.text() for b in recents.findChildren(QPushButton) if b.isVisible()]

    qtbot.waitUntil(lambda: shown() == ["two", "one"])
    next(b for b in recents.findChildren(QPushButton) if b.text() == "one").click()
    assert window.context.project.folder == tmp_path / "one"
    window.desk.close()
    qtbot.waitUntil(lambda: shown() == ["one", "two"])
    crosses = [b for b in recents.findChildren(QToolButton) if b.isVisible()]
    next(b for b in crosses if "two" in b.accessibleName()).click()

    assert load_settings(act_home / "settings.json").recent == (str(tmp_path / "one"),)
    qtbot.waitUntil(lambda: shown() == ["one"])


def test_a_recent_project_that_is_gone_says_so(make_window: MakeWindow, tmp_path: Path) -> None:
    window = make_window(recent=(str(tmp_path / "gone"),))

    (button,) = window.parts.start_page.recents.findChildren(QPushButton)
    assert not button.isEnabled()
    texts = [label.text() for label in window.parts.start_page.recents.findChildren(QLabel)]
    assert "Not found" in texts


def test_doors_stand_below_each_other_where_the_window_is_narrow(window: Any, qtbot: QtBot) -> None:
    page = window.parts.start_page
    window.resize(790, 700)
    doors = page.doors
    wide = [door.mapTo(page, door.rect().topLeft()) for door in doors]
    assert len({place.y() for place in wide}) == 1

    window.preferences.change(font_percent=200)

    def columns() -> int:
        return len({door.mapTo(page, door.rect().topLeft()).x() for door in doors})

    qtbot.waitUntil(lambda: columns() == 1)  # the shown page takes a new size in the next turn


def test_how_long_ago_is_said_roughly() -> None:
    now = time.time()

    assert ago(now - 5, now) == "just now"
    assert ago(now - 600, now) == "10 minutes ago"
    assert ago(now - 7_300, now) == "2 hours ago"
    assert ago(now - 400_000, now) == "5 days ago"

"""The demo from the start page to an exported checkpoint, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QListWidget, QSlider, QTabBar

from act_core.recipe import load_recipe
from act_gui import demo_project
from act_gui.palette import CommandPalette
from tests.flows.keyboard import Keyboard
from tests.flows.person import Person
from tests.gui.access import spoken_name
from tests.gui.finished import small_demo

_MOST_S = 90


@pytest.fixture(autouse=True)
def little_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo door makes its project with little data, so that its jobs take seconds."""
    monkeypatch.setattr(demo_project, "load_recipe", lambda _path: small_demo().complete())


def test_the_demo_is_carried_to_an_exported_checkpoint_without_a_mouse(
    make_window: Callable[..., Any], tmp_path: Path
) -> None:
    person = Person(make_window())
    keys = Keyboard(person)

    _open_the_demo(keys, tmp_path / "here")
    _choose_and_profile(keys)
    _move_the_budget(keys)
    _write_and_measure(keys)
    exported = _export(keys, tmp_path / "out")
    keys.command(Qt.Key.Key_S)

    recipe = load_recipe(person.window.context.project.folder / "recipe.yaml")
    assert recipe.export == exported
    assert "| result (after) |" in (exported / "README.md").read_text("utf-8")
    assert (exported / "model.safetensors").is_file()
    assert keys.steps < 150, "a person would give up"


def _open_the_demo(keys: Keyboard, folder: Path) -> None:
    keys.go_to("Folder of the demo project")
    keys.write(str(folder))
    keys.use("Try the demo")
    keys.person.page("models")
    keys.person.wait_done("models", _MOST_S)
    assert (folder / "Demo" / "recipe.yaml").is_file()


def _choose_and_profile(keys: Keyboard) -> None:
    person = keys.person
    keys.use("Next: Abilities", key=Qt.Key.Key_Space)
    abilities = person.page("abilities")
    person.wait_done("abilities", _MOST_S)
    chosen = keys.go_to("Abilities")
    assert isinstance(chosen, QListWidget)
    first = abilities.current
    keys.press(Qt.Key.Key_Down)
    assert abilities.current != first
    keys.command(Qt.Key.Key_PageDown)
    person.page("profile")
    keys.use("Start profiling")
    person.wait_done("profile", _MOST_S)
    keys.use("Next: Localize")


def _move_the_budget(keys: Keyboard) -> None:
    person = keys.person
    page = person.page("localize")
    person.wait_done("localize", _MOST_S)
    project = person.window.context.project
    before = project.draft.localize
    slider = keys.go_to("Budget")
    assert isinstance(slider, QSlider)
    for _press in range(3):
        keys.press(Qt.Key.Key_Right)
    person.wait(lambda: project.draft.localize != before, 20, "another budget in the recipe")
    keys.command(Qt.Key.Key_Z)
    person.wait(lambda: project.draft.localize == before, 20, "the budget of before")
    canvas = keys.go_to("Channel map")
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        keys.press(key)
    assert QApplication.focusWidget() is canvas, "arrows move the cursor, not the focus"
    assert page.map_area.map.cursor() is not None
    person.wait_done("localize", _MOST_S)
    keys.use("Next: Gates")
    keys.use("Next: Transfer")


def _write_and_measure(keys: Keyboard) -> None:
    person = keys.person
    person.page("transfer")
    box = keys.go_to("Embeddings")
    assert isinstance(box, QComboBox)
    keys.use("Write checkpoint")
    person.wait_done("transfer", _MOST_S)
    _by_palette(keys, "go to evaluate")
    person.page("evaluate")
    keys.use("Measure")
    person.wait_done("evaluate", _MOST_S)
    tabs = keys.go_to("Figures")
    assert isinstance(tabs, QTabBar)
    keys.press(Qt.Key.Key_Right)
    assert person.page("evaluate").figures.plane.isVisible()
    stages = keys.go_to("Stages of the work", back=True)
    assert isinstance(stages, QListWidget)
    keys.press(Qt.Key.Key_Down)
    _look_at_analysis(keys)
    keys.go_to("Stages of the work", back=True)
    keys.press(Qt.Key.Key_Down)
    _ask(keys)
    keys.go_to("Stages of the work", back=True)
    keys.press(Qt.Key.Key_Down)


def _look_at_analysis(keys: Keyboard) -> None:
    page = keys.person.page("analysis")
    tabs = keys.go_to("Findings")
    assert isinstance(tabs, QTabBar)
    keys.press(Qt.Key.Key_Right)
    assert page.sections["concentration"].isVisible()


def _ask(keys: Keyboard) -> None:
    page = keys.person.page("try")
    keys.go_to("Prompt")
    keys.write("english 613=")
    keys.command(Qt.Key.Key_Return)
    column = page.board.columns["result"]
    keys.person.wait(lambda: column.has_answer, 60, "the result's answer")


def _by_palette(keys: Keyboard, words: str) -> None:
    keys.command(Qt.Key.Key_K)
    keys.person.wait(
        lambda: isinstance(QApplication.activeWindow(), CommandPalette), 5, "the command palette"
    )
    keys.write(words)
    keys.press(Qt.Key.Key_Return)
    keys.person.wait(lambda: QApplication.activeModalWidget() is None, 5, "the palette gone")
    keys.person.window.activateWindow()  # what a desktop does and the offscreen one does not
    keys.person.wait(keys.person.window.isActiveWindow, 5, "the window again")


def _export(keys: Keyboard, place: Path) -> Path:
    person = keys.person
    page = person.page("export")
    person.wait(lambda: "# " in page.editor.text(), 60, "the model card")
    keys.go_to("Folder")
    keys.write(str(place))
    keys.press(Qt.Key.Key_Return)
    tabs = keys.go_to("Model card")
    assert isinstance(tabs, QTabBar)
    keys.press(Qt.Key.Key_Right)
    field = keys.go_to("Text of the model card")
    keys.press(Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not field, "the tab key leaves the text"
    keys.use("Export")
    person.wait_done("export", _MOST_S)
    assert spoken_name(page.export_button) == "Export again"
    exported: Path = page.place.path()
    assert exported.parent == place
    return exported

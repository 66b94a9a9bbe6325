"""The table of commands: complete, without clashes, and everything in it works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from act_core.resources import resource_path
from act_gui.actions import commands, menus, shortcuts_of
from act_gui.dialogs.about_dialog import AboutDialog
from act_gui.dialogs.notes_dialog import NotesDialog
from act_gui.dialogs.settings_dialog import SettingsDialog
from act_gui.dialogs.shortcuts_dialog import ShortcutsDialog
from act_gui.handlers import Handlers
from act_gui.palette import CommandPalette
from act_gui.stages import STAGE_NAMES

MakeWindow = Callable[..., Any]


def press(window: Any, command_id: str, which: int = 0) -> None:
    """Press the keys of a command."""
    command = next(command for command in commands() if command.id == command_id)
    QTest.keySequence(window, shortcuts_of(command)[which])


def test_ids_and_shortcuts_are_unique() -> None:
    ids = Counter(command.id for command in commands())
    keys = Counter(keys.toString() for command in commands() for keys in shortcuts_of(command))

    assert [name for name, count in ids.items() if count > 1] == []
    assert [name for name, count in keys.items() if count > 1] == []
    assert "" not in keys  # every shortcut was understood


def test_every_command_has_a_menu_a_handler_and_its_icon() -> None:
    for command in commands():
        assert command.menu in menus()
        assert callable(getattr(Handlers, command.handler)), command.id
        if command.icon:
            assert resource_path("icons", f"{command.icon}.svg").is_file()


def test_menus_show_every_command(make_window: MakeWindow) -> None:
    window = make_window()

    shown = {
        action.objectName()
        for menu in window.menuBar().actions()
        for action in menu.menu().actions()
    }

    assert shown >= {command.id for command in commands()}


def test_without_a_project_its_commands_are_off(make_window: MakeWindow) -> None:
    window = make_window()

    for command in commands():
        assert window.commands.action(command.id).isEnabled() == (command.needs == ""), command.id


@pytest.mark.parametrize(
    ("command_id", "kind"),
    [
        ("settings", SettingsDialog),
        ("shortcuts", ShortcutsDialog),
        ("palette", CommandPalette),
        ("notes", NotesDialog),
        ("about", AboutDialog),
    ],
)
def test_dialogs_open_by_their_command_and_close_by_escape(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Any, command_id: str, kind: type[QDialog]
) -> None:
    window = make_window()
    window.desk.create(tmp_path / "project")

    if window.commands.table[command_id].shortcut:
        press(window, command_id)
    else:
        window.commands.action(command_id).trigger()

    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), kind))
    QTest.keyClick(QApplication.activeModalWidget(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)


def test_pages_are_reached_by_their_keys(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Any
) -> None:
    window = make_window()
    window.desk.create(tmp_path / "project")

    for name in STAGE_NAMES:
        press(window, f"page-{name}")
        qtbot.waitUntil(lambda name=name: window.page_name == name)
        assert window.commands.action(f"page-{name}").isChecked()
    press(window, "page-hub")
    qtbot.waitUntil(lambda: window.page_name == "hub")
    press(window, "page-export")
    press(window, "previous")
    assert window.page_name == "try"
    press(window, "next")
    press(window, "next")  # the last page has none after it
    assert window.page_name == "export"


def test_docks_are_toggled_by_their_keys(make_window: MakeWindow, tmp_path: Any) -> None:
    window = make_window()
    window.desk.create(tmp_path / "project")

    for name in ("jobs", "log"):
        press(window, f"show-{name}")
        assert window.parts.docks[name].isVisible()
        assert window.commands.action(f"show-{name}").isChecked()
        press(window, f"show-{name}")
        assert not window.parts.docks[name].isVisible()
        assert not window.commands.action(f"show-{name}").isChecked()


def test_the_text_grows_shrinks_and_comes_back(make_window: MakeWindow) -> None:
    window = make_window()
    normal = window.font().pointSizeF()

    press(window, "bigger")
    press(window, "bigger", which=1)
    assert window.preferences.settings.font_percent == 120
    assert window.font().pointSizeF() == pytest.approx(1.2 * normal)
    press(window, "smaller")
    assert window.preferences.settings.font_percent == 110
    press(window, "normal")
    assert window.font().pointSizeF() == pytest.approx(normal)
    for _step in range(20):
        press(window, "bigger")
    assert window.preferences.settings.font_percent == 200


def test_new_open_save_and_close(make_window: MakeWindow, qtbot: QtBot, tmp_path: Any) -> None:
    window = make_window()
    press(window, "new")
    assert window.parts.start_page.name.hasFocus()
    press(window, "open")
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None)
    QTest.keyClick(QApplication.activeModalWidget(), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)
    window.desk.create(tmp_path / "project")
    window.context.project.edit(seed=3)

    press(window, "save")

    assert "seed: 3" in (tmp_path / "project" / "recipe.yaml").read_text("utf-8")
    press(window, "close")
    assert window.context is None
    assert window.parts.stack.currentWidget() is window.parts.start_page


def test_quit_closes_the_window(make_window: MakeWindow, tmp_path: Any) -> None:
    window = make_window()
    window.desk.create(tmp_path / "project")

    press(window, "quit")

    assert not window.isVisible()
    assert window.context is None


@pytest.mark.parametrize("name", ["light", "dark", "system"])
def test_themes_are_switched_from_the_menu(make_window: MakeWindow, name: str) -> None:
    window = make_window(theme="dark" if name == "light" else "light")

    window.commands.action(name).trigger()

    assert window.preferences.settings.theme == name
    checked = [n for n in ("light", "dark", "system") if window.commands.action(n).isChecked()]
    assert checked == [name]


def test_undo_and_redo_go_to_the_page_that_is_shown(
    make_window: MakeWindow, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PySide6.QtGui import QUndoCommand, QUndoStack

    from act_gui.pages.export_page import ExportPage

    stack = QUndoStack()
    monkeypatch.setattr(ExportPage, "undo_stack", lambda _page: stack)
    window = make_window()
    window.desk.create(tmp_path / "project")
    window.show_page("export")
    assert not window.commands.action("undo").isEnabled()

    stack.push(QUndoCommand("select"))
    press(window, "undo")

    assert stack.index() == 0
    assert not window.commands.action("undo").isEnabled()
    QTest.keySequence(window, QKeySequence("Ctrl+Y"))
    assert stack.index() == 1
    window.show_page("models")
    assert not window.commands.action("undo").isEnabled()

"""Settings, shortcuts, about and notes, as a person uses them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from act_core.settings import Settings
from act_gui.actions import commands
from act_gui.dialogs.about_dialog import AboutDialog
from act_gui.dialogs.notes_dialog import NotesDialog
from act_gui.dialogs.settings_dialog import SettingsDialog
from act_gui.dialogs.shortcuts_dialog import ShortcutsDialog
from act_gui.preferences import Preferences
from tests.gui.access import unnamed, unreached


@pytest.fixture
def show(qtbot: QtBot) -> Callable[[QDialog], Any]:
    def shown(dialog: QDialog) -> Any:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return shown


@pytest.fixture
def preferences(qapp: QApplication, tmp_path: Path) -> Any:
    made = Preferences(qapp, tmp_path / "settings.json", Settings(theme="light"))
    yield made
    made.replace(Settings(theme="light"))


def test_settings_act_at_once(show: Any, preferences: Preferences) -> None:
    dialog = show(SettingsDialog(preferences))

    dialog.theme.setFocus()
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    dialog.theme.activated.emit(dialog.theme.currentIndex())
    dialog.percent.setValue(130)
    dialog.explain.click()

    settings = preferences.settings
    assert (settings.theme, settings.font_percent, settings.explain) == ("dark", 130, False)
    assert dialog.slider.value() == 130


def test_the_slider_is_moved_by_keys(show: Any, preferences: Preferences) -> None:
    dialog = show(SettingsDialog(preferences))

    QTest.keyClick(dialog.slider, Qt.Key.Key_Right)

    assert preferences.settings.font_percent == 105
    assert dialog.percent.value() == 105


def test_settings_follow_what_is_changed_elsewhere(show: Any, preferences: Preferences) -> None:
    dialog = show(SettingsDialog(preferences))

    preferences.step_font(1)
    preferences.change(theme="dark")

    assert dialog.percent.value() == 110
    assert dialog.theme.currentData() == "dark"
    dialog.reset_button.click()
    assert preferences.settings == Settings()


def test_settings_that_cannot_be_saved_are_told_of(
    preferences: Preferences, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "settings.json").mkdir()

    with qtbot.waitSignal(preferences.save_failed):
        preferences.change(explain=False)

    assert not preferences.settings.explain
    (tmp_path / "settings.json").rmdir()


def test_shortcuts_list_every_command_and_filter(show: Any) -> None:
    dialog = show(ShortcutsDialog())
    assert dialog.tree.topLevelItemCount() == len(commands())

    QTest.keyClicks(dialog.search, "ctrl+k")

    items = [dialog.tree.topLevelItem(row) for row in range(dialog.tree.topLevelItemCount())]
    assert [item.text(0) for item in items if not item.isHidden()] == ["Find a command…"]


def test_versions_are_copied_for_a_bug_report(show: Any) -> None:
    dialog = show(AboutDialog())

    dialog.copy_button.click()

    text = QGuiApplication.clipboard().text()
    for name in ("Python", "PySide6-Essentials", "torch", "System"):
        assert f"{name}: " in text


def test_notes_are_saved_while_written_and_when_closed(
    show: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "notes.md"
    path.write_text("old\n", "utf-8")
    dialog = show(NotesDialog(path))
    assert dialog.load()
    assert dialog.text.toPlainText() == "old\n"

    QTest.keyClicks(dialog.text, "new ")
    qtbot.waitUntil(lambda: path.read_text("utf-8") == "new old\n")
    QTest.keyClicks(dialog.text, "and ")
    dialog.close()
    assert path.read_text("utf-8") == "new and old\n"


def test_notes_that_are_no_text_are_left_as_they_are(
    show: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "notes.md"
    path.write_bytes(b"\xff\xfe\x00")
    dialog = show(NotesDialog(path))

    with qtbot.waitSignal(dialog.failed):
        assert not dialog.load()
    dialog.close()

    assert path.read_bytes() == b"\xff\xfe\x00"


@pytest.mark.parametrize("kind", ["settings", "shortcuts", "about", "notes"])
def test_dialogs_are_named_and_reached_by_tab(
    show: Any, preferences: Preferences, tmp_path: Path, kind: str
) -> None:
    makers: dict[str, Callable[[], QDialog]] = {
        "settings": lambda: SettingsDialog(preferences),
        "shortcuts": ShortcutsDialog,
        "about": AboutDialog,
        "notes": lambda: NotesDialog(tmp_path / "notes.md"),
    }
    dialog = show(makers[kind]())

    assert unnamed(dialog) == []
    assert unreached(dialog) == []

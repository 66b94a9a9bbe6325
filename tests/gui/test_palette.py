"""The command palette, by keyboard only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from act_gui.palette import CommandPalette, Entry, fit


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def palette(qtbot: QtBot, ran: list[str]) -> CommandPalette:
    titles = ("Open project", "Close project", "Go to Profile", "Dark theme", "Open log folder")
    made = CommandPalette([Entry(t, lambda t=t: ran.append(t)) for t in titles])  # type: ignore[misc]
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    return made


def test_all_entries_stand_in_their_order_at_first(palette: CommandPalette) -> None:
    assert palette.titles()[:2] == ["Open project", "Close project"]


def test_letters_filter_and_enter_runs_the_best(palette: CommandPalette, ran: list[str]) -> None:
    QTest.keyClicks(palette.line, "prof")
    QTest.keyClick(palette.line, Qt.Key.Key_Return)

    assert ran == ["Go to Profile"]
    assert not palette.isVisible()


def test_initials_find_an_entry(palette: CommandPalette) -> None:
    QTest.keyClicks(palette.line, "olf")

    assert palette.titles()[0] == "Open log folder"


def test_arrows_choose_while_the_cursor_stays_in_the_line(
    palette: CommandPalette, ran: list[str]
) -> None:
    QTest.keyClick(palette.line, Qt.Key.Key_Down)
    QTest.keyClick(palette.line, Qt.Key.Key_Down)
    QTest.keyClick(palette.line, Qt.Key.Key_Up)
    QTest.keyClick(palette.line, Qt.Key.Key_Return)

    assert ran == ["Close project"]


def test_escape_runs_nothing(palette: CommandPalette, ran: list[str]) -> None:
    QTest.keyClick(palette.line, Qt.Key.Key_Escape)

    assert ran == []
    assert not palette.isVisible()


def test_what_fits_nothing_shows_nothing(palette: CommandPalette, ran: list[str]) -> None:
    QTest.keyClicks(palette.line, "xyz")
    QTest.keyClick(palette.line, Qt.Key.Key_Return)

    assert palette.titles() == []
    assert ran == []


def test_beginnings_of_words_count_more_than_scattered_letters() -> None:
    assert fit("go", "Go to Profile") > fit("go", "Negotiate")  # type: ignore[operator]
    assert fit("pg", "Go to Profile") is None


def test_a_page_is_reached_through_the_window(
    make_window: Callable[..., Any], qtbot: QtBot, tmp_path: Any
) -> None:
    window = make_window()
    window.desk.create(tmp_path / "project")
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: isinstance(QApplication.activeWindow(), CommandPalette))
    shown = QApplication.activeWindow()
    assert isinstance(shown, CommandPalette)
    assert QApplication.focusWidget() is shown.line

    QTest.keyClicks(shown.line, "export")
    QTest.keyClick(shown.line, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: window.page_name == "export")

"""After a change of theme or text size every page looks as if it had been made in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from act_gui.pages.page import Page
from act_gui.theme import DARK, LIGHT

_SHOWN, _HIDDEN = "tune", "evaluate"


def opened(make_window: Callable[..., Any], folder: Path, **settings: Any) -> Any:
    """A window with an empty project in which two pages were shown."""
    window = make_window(explain=True, **settings)
    window.desk.create(folder)
    for name in (_HIDDEN, _SHOWN):
        window.show_page(name)
    return window


def look(window: Any, name: str) -> list[tuple[object, ...]]:
    """Colour, font and wanted size of whatever has words on a page."""
    window.show_page(name)
    kinds = (QLabel, QAbstractButton, QLineEdit)
    parts = [part for kind in kinds for part in window.parts.stack.page.findChildren(kind)]
    assert parts
    return [
        (
            part.palette().color(QPalette.ColorRole.WindowText).name(),
            part.font().pointSizeF(),
            part.sizeHint().height(),
        )
        for part in parts
    ]


def ink(page: Page) -> str:
    """The colour of a page's title."""
    title = next(one for one in page.findChildren(QLabel) if one.property("role") == "title")
    return title.palette().color(QPalette.ColorRole.WindowText).name()


def pages_of(window: Any) -> dict[str, Page]:
    return {page.stage: page for page in window.parts.stack.pages()}


def test_every_page_looks_as_if_made_in_the_new_theme(
    make_window: Callable[..., Any], tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened(make_window, tmp_path / "changed", theme="light")
    window.preferences.change(theme="dark", font_percent=130)
    qtbot.waitUntil(lambda: {ink(page) for page in pages_of(window).values()} == {DARK.text})
    changed = {name: look(window, name) for name in (_HIDDEN, _SHOWN)}
    window.desk.close()

    fresh = opened(make_window, tmp_path / "fresh", theme="dark", font_percent=130)

    assert changed == {name: look(fresh, name) for name in (_HIDDEN, _SHOWN)}


def test_a_page_that_is_shown_at_once_has_the_new_colours(
    make_window: Callable[..., Any], tmp_path: Path
) -> None:
    window = opened(make_window, tmp_path / "project", theme="light")

    window.preferences.change(theme="dark")
    window.show_page(_HIDDEN)

    assert ink(pages_of(window)[_HIDDEN]) == DARK.text
    assert pages_of(window)[_HIDDEN].updatesEnabled()


def test_the_shown_page_comes_first_and_the_others_in_turns(
    make_window: Callable[..., Any], tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened(make_window, tmp_path / "project", theme="light")
    pages = pages_of(window)
    inks: list[str] = []

    window.preferences.change(theme="dark")
    qtbot.waitUntil(lambda: ink(pages[_SHOWN]) == DARK.text)
    inks.append(ink(pages[_HIDDEN]))
    qtbot.waitUntil(lambda: ink(pages[_HIDDEN]) == DARK.text)

    assert inks == [LIGHT.text]
    assert all(page.updatesEnabled() for page in pages.values())


def test_a_project_may_close_while_its_pages_are_styled(
    make_window: Callable[..., Any], tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened(make_window, tmp_path / "project", theme="light")

    window.preferences.change(theme="dark")
    window.desk.close()

    start = window.parts.start_page
    assert start.isVisible()
    assert start.updatesEnabled()
    assert start.palette().color(QPalette.ColorRole.WindowText).name() == DARK.text
    qtbot.waitUntil(lambda: window.findChildren(Page) == [])

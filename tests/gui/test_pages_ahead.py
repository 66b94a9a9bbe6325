"""Pages that are made before anybody opens them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from act_gui.pages.page import Page
from act_gui.pages_ahead import PagesAhead
from act_gui.window import PAGES

_MOST_MS = 60_000


@pytest.fixture
def window(make_window: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A window whose pages are made ahead without much of a pause."""
    monkeypatch.setattr("act_gui.pages_ahead._RESTS_MS", 5)
    window = make_window()
    ahead = PagesAhead(window)
    yield window
    ahead.end()


def made(window: Any) -> tuple[Any, ...]:
    return tuple(window.parts.stack.pages())


def test_all_pages_are_made_and_only_the_chosen_one_is_seen(
    window: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    window.desk.create_demo(tmp_path / "demos")
    focus = window.focusWidget()
    qtbot.waitUntil(lambda: len(made(window)) == len(PAGES), timeout=_MOST_MS)

    assert [page.stage for page in made(window) if page.isVisible()] == ["models"]
    assert window.focusWidget() is focus
    assert window.page_name == "models"
    pages = {page.stage: page for page in made(window)}
    for name in ("gates", "hub"):
        window.show_page(name)
        assert window.parts.stack.page is pages[name]
        assert [page.stage for page in made(window) if page.isVisible()] == [name]
    window.context.project.edit_section("transfer", strength=0.4)
    window.show_page("try")  # begins as the project is now, not as it was when the page was made
    assert window.parts.stack.page.prompt.slider.value() == 40


def test_the_next_project_has_pages_of_its_own(window: Any, tmp_path: Path, qtbot: QtBot) -> None:
    window.desk.create(tmp_path / "first")
    qtbot.waitUntil(lambda: len(made(window)) > 2, timeout=_MOST_MS)
    window.desk.close()
    qtbot.waitUntil(lambda: window.findChildren(Page) == [])
    assert made(window) == ()

    window.desk.create(tmp_path / "second")

    qtbot.waitUntil(lambda: len(made(window)) == len(PAGES), timeout=_MOST_MS)
    assert {page.context for page in made(window)} == {window.context}

"""Every page as a person without a mouse, without sight, or with big writing meets it."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from act_gui.stages import PAGE_NAMES
from act_gui.widgets.card import Card
from tests.flows.person import Person, model_on
from tests.gui.access import described, unnamed, unreached, walked
from tests.gui.fitting import cut_texts
from tests.gui.settled import settle
from tests.hub.loopback import Hub

_MOST_LOOKS = 40
# The least width of a window at each size of writing, in percent and in pixels.
_NARROWEST = {80: 1000, 100: 1000, 150: 1200, 200: 1600}


@pytest.fixture
def person(make_window: Callable[..., Any], finished: Path, qapp: QApplication, hub: Hub) -> Any:
    model_on(hub)
    flash_ms = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)  # a cursor that blinks would look like a change
    window = make_window()
    window.resize(1400, 900)
    window.desk.open(finished)
    yield Person(window)
    qapp.setCursorFlashTime(flash_ms)


def rest(seconds: float = 0.0) -> None:
    """The window answers what was done to it."""
    until = time.monotonic() + seconds
    while True:
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if time.monotonic() >= until:
            return
        time.sleep(0.01)


@pytest.mark.parametrize("stage", PAGE_NAMES)
def test_every_control_has_a_name_and_is_reached_in_the_order_of_reading(
    person: Person, stage: Any
) -> None:
    person.window.show_page(stage)
    page = person.page(stage)
    settle(person.window)

    assert unnamed(person.window) == []
    assert unreached(page) == []
    stops = [widget for widget in _from_the_list(person) if page.isAncestorOf(widget)]
    backwards = [
        f"{described(one)}, then {described(other)}"
        for one, other in pairwise(stops)
        if _goes_back(page, one, other)
    ]
    assert backwards == []


@pytest.mark.parametrize("stage", PAGE_NAMES)
def test_no_control_holds_the_focus_and_each_one_shows_it(person: Person, stage: Any) -> None:
    person.window.show_page(stage)
    page = person.page(stage)
    settle(person.window)
    there = _from_the_list(person)

    back: list[str] = []
    unseen = []
    for _stop in there:
        widget = QApplication.focusWidget()
        assert widget is not None
        back.append(described(widget))
        focused = widget.grab().toImage()
        QTest.keyClick(widget, Qt.Key.Key_Backtab)
        rest()
        if page.isAncestorOf(widget) and widget.grab().toImage() == focused:
            unseen.append(described(widget))

    assert unseen == []
    assert back[1:] == [described(widget) for widget in reversed(there[1:])]


def test_the_start_page_shows_where_the_focus_is(make_window: Callable[..., Any]) -> None:
    window = make_window()
    page = window.parts.start_page
    assert unnamed(window) == []
    assert unreached(page) == []
    for widget in walked(page):
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        rest()
        focused = widget.grab().toImage()
        widget.clearFocus()
        rest()
        assert widget.grab().toImage() != focused, described(widget)


@pytest.mark.parametrize("percent", sorted(_NARROWEST))
def test_no_text_is_cut_at_any_size_of_writing(person: Person, percent: int) -> None:
    window = person.window
    window.preferences.change(font_percent=percent)
    cut = []
    for width_px in (1000, 1400):
        for stage in PAGE_NAMES:
            window.show_page(stage)
            window.resize(width_px, 900)
            cut += [f"{stage} at {width_px}: {text}" for text in _cut_at_last(window)]
            assert window.width() <= max(width_px, _NARROWEST[percent]), stage
            assert window.parts.stage_list.isVisible()
    window.desk.close()
    cut += [f"start: {text}" for text in _cut_at_last(window)]

    assert cut == []


def _from_the_list(person: Person) -> list[QWidget]:
    """All stops of the tab key from the list of stages on; the focus is on the list again."""
    stages = person.window.parts.stage_list
    stages.setFocus()
    return walked(person.window)


def _cut_at_last(window: QWidget) -> list[str]:
    """What stays cut when everything has found its place."""
    for _look in range(_MOST_LOOKS):
        rest(0.05)
        if not (cut := cut_texts(window)):
            break
    return cut


def _goes_back(page: QWidget, one: QWidget, other: QWidget) -> bool:
    """Whether the second lies above the first and not beside it.

    Inside one card the small buttons of its head may come last.
    """
    card = _card_of(one)
    if card is not None and card is _card_of(other):
        return False
    first, second = _place(page, one), _place(page, other)
    return second.bottom() <= first.top() and second.left() < first.right()


def _place(page: QWidget, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(page, QPoint(0, 0)), widget.size())


def _card_of(widget: QWidget) -> QWidget | None:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, Card):
        parent = parent.parentWidget()
    return parent

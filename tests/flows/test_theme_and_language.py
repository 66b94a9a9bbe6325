"""Themes, sizes of writing and languages, switched while every page is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from act_core.models.families import FAMILIES
from act_gui.pages.hub_parts.filters import LICENCES
from act_gui.stages import PAGE_NAMES
from act_gui.theme import DARK, LIGHT, Colours
from act_gui.window import MainWindow
from tests.flows.person import Person, model_on
from tests.gui.settled import settle
from tests.gui.wording import Marker, is_marked, texts_of
from tests.hub.loopback import Hub

_MOST_MOVED_SHARE = 0.01  # a box of choices may be laid out anew
_MOST_LEFT_SHARE = 0.0005  # edges of writing may hit a colour by chance
# What the core says in sentences about the person's own models and results.
_SAID_BY_CORE = (
    "they have a common parent",
    "The result recovers",
)


@pytest.fixture
def person(
    make_window: Callable[..., Any], finished: Path, qapp: QApplication, hub: Hub
) -> Iterator[Person]:
    model_on(hub)
    flash_ms = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)  # a cursor that blinks would look like a change
    window = make_window(theme="light")
    window.resize(1300, 900)
    window.desk.open(finished)
    yield Person(window)
    qapp.setCursorFlashTime(flash_ms)


@pytest.mark.parametrize("stage", PAGE_NAMES)
def test_a_page_changes_its_theme_and_comes_back_as_it_was(person: Person, stage: Any) -> None:
    preferences = person.window.preferences
    person.window.show_page(stage)
    page = person.page(stage)
    light = _rested(page)

    preferences.change(theme="dark")
    dark = _rested(page)
    assert _share_of(dark, LIGHT) < _MOST_LEFT_SHARE
    assert _share_of(dark, DARK) > 0.3
    preferences.change(theme="system")  # the offscreen desktop has none, so it is light
    system = _rested(page)
    assert _share_of(system, DARK) < _MOST_LEFT_SHARE
    assert _changed_share(system, light) < _MOST_MOVED_SHARE
    assert _changed_share(dark, light) > 0.5


@pytest.mark.parametrize("stage", PAGE_NAMES)
def test_a_page_grows_with_the_writing_and_shrinks_again(person: Person, stage: Any) -> None:
    window = person.window
    window.show_page(stage)
    page = person.page(stage)
    normal, height_px = _rested(page), page.sentence.height()

    for _step in range(2):
        QTest.keyClick(window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert page.sentence.fontMetrics().height() > height_px / 1.05
    assert _rested(page) != normal
    QTest.keyClick(window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert window.preferences.settings.font_percent == 100
    assert _rested(page).size() == normal.size()
    assert page.sentence.height() == height_px


def test_the_start_page_changes_its_theme(make_window: Callable[..., Any]) -> None:
    window = make_window(theme="dark")
    page = window.parts.start_page
    assert _share_of(_rested(page), LIGHT) < _MOST_LEFT_SHARE
    window.preferences.change(theme="light")
    assert _share_of(_rested(page), DARK) < _MOST_LEFT_SHARE


@pytest.fixture
def marker(qapp: QApplication) -> Iterator[Marker]:
    made = Marker()
    qapp.installTranslator(made)
    yield made
    qapp.removeTranslator(made)


def test_every_text_of_every_page_is_translated(
    marker: Marker, make_window: Callable[..., Any], finished: Path, hub: Hub
) -> None:
    model_on(hub)
    window = make_window()
    untranslated = _untranslated(window, "start", set())
    window.desk.open(finished)
    person = Person(window)
    data = _data(person, finished)
    window.toggle_dock("log")
    window.toggle_dock("jobs")
    for stage in PAGE_NAMES:
        window.show_page(stage)
        _rested(person.page(stage))
        untranslated += _untranslated(window, stage, data)

    assert "\n".join(untranslated) == ""


def _rested(page: QWidget) -> QImage:
    """A picture of a page when nothing of it changes any more."""
    window = page.window()
    assert isinstance(window, MainWindow)
    settle(window)
    return page.grab().toImage()


def _pixels(picture: QImage) -> Any:
    image = picture.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32) & 0xFFFFFF


def _changed_share(one: QImage, other: QImage) -> float:
    return float((_pixels(one) != _pixels(other)).mean())


def _share_of(picture: QImage, colours: Colours) -> float:
    """Share of the pixels that have exactly the colour of a ground of these."""
    pixels = _pixels(picture)
    grounds = [colours.window, colours.surface, colours.raised, colours.hover]
    wanted = [QColor(name).rgb() & 0xFFFFFF for name in grounds]
    return float(np.isin(pixels, wanted).mean())


def _untranslated(window: QWidget, where: str, data: set[str]) -> list[str]:
    found = []
    for widget, text in texts_of(window):
        plain = text.strip()
        if not any(letter.isalpha() for letter in plain) or is_marked(plain):
            continue
        if plain in data or _is_data(plain) or any(said in plain for said in _SAID_BY_CORE):
            continue
        found.append(f"{where}: {type(widget).__name__} {plain[:80]!r}")
    return found


def _data(person: Person, folder: Path) -> set[str]:
    """Names that the person gave or that stand in models and data."""
    draft = person.window.context.project.draft
    names = {*draft.abilities, *draft.specialists, draft.name, folder.name}
    names |= {Path(ref).name for ref in (draft.target, draft.base or "")}
    names |= {family.title for family in FAMILIES} | set(LICENCES)
    names |= {"BF16", "apache-2.0", "float32", "bfloat16", "float16"}
    return names | {f"{name}: apache-2.0" for name in ("target", *draft.specialists)}


def _is_data(text: str) -> bool:
    """Paths, sizes, items of an ability, and what a check counted."""
    if text.startswith(("/", "• ")):
        return True
    number, _, unit = text.partition(" ")
    counted = number.replace(",", "").replace(".", "").isdigit()
    return counted and (unit in ("B", "kB", "MB", "GB") or unit[:1].islower())

"""Themes: every colour readable, switched at any time, with the size of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from act_core.settings import Settings
from act_gui.icons import icon
from act_gui.preferences import Preferences
from act_gui.theme import DARK, LIGHT, Colours, apply_theme, colours_of


@pytest.fixture(autouse=True)
def light_again(qapp: QApplication) -> Iterator[None]:
    yield
    apply_theme(qapp, "light")


def contrast(one: str, other: str) -> float:
    """Of WCAG 2.1, section 1.4.3."""

    def luminance(colour: str) -> float:
        parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["window", "surface", "raised"])
@pytest.mark.parametrize("ink", ["text", "muted", "good", "warn", "bad", "info", "accent"])
def test_writing_is_readable_on_every_ground(colours: Colours, ground: str, ink: str) -> None:
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_chosen_rows_and_main_buttons_are_readable(colours: Colours) -> None:
    assert contrast(colours.text, colours.selection) >= 4.5
    assert contrast(colours.text, colours.hover) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5


def test_a_widget_knows_its_colours(qapp: QApplication, qtbot: QtBot) -> None:
    label = QLabel("text")
    qtbot.addWidget(label)
    label.show()

    for name, colours in (("dark", DARK), ("light", LIGHT)):
        apply_theme(qapp, name)  # type: ignore[arg-type] # a name of the table
        assert colours_of(label) == colours
        assert label.palette().color(QPalette.ColorRole.WindowText).name() == colours.text


def test_sizes_are_counted_from_the_desktops(qapp: QApplication) -> None:
    normal = qapp.font().pointSizeF()

    apply_theme(qapp, "light", 200)
    apply_theme(qapp, "light", 150)

    assert qapp.font().pointSizeF() == pytest.approx(1.5 * normal)


def test_the_style_sheet_is_filled_everywhere(qapp: QApplication) -> None:
    apply_theme(qapp, "dark", 80)

    assert "$" not in qapp.styleSheet()
    for name in re.findall(r"url\(([^)]+)\)", qapp.styleSheet()):
        assert Path(name).is_file()


def test_icons_follow_the_theme(qapp: QApplication) -> None:
    image = icon("check")
    seen = []
    for name in ("light", "dark"):
        apply_theme(qapp, name)  # type: ignore[arg-type] # a name of the table
        picture = image.pixmap(32, 32).toImage()
        inks = {
            picture.pixelColor(x, y).name()
            for x in range(32)
            for y in range(32)
            if picture.pixelColor(x, y).alpha() > 250
        }
        seen.append(inks)

    assert LIGHT.text in seen[0]
    assert DARK.text in seen[1]


def test_a_theme_of_the_command_line_gives_way_to_a_choice(
    qapp: QApplication, tmp_path: Path
) -> None:
    preferences = Preferences(qapp, tmp_path / "settings.json", Settings(theme="light"), "dark")
    assert preferences.theme == "dark"

    preferences.change(font_percent=120)
    assert preferences.theme == "dark"
    preferences.change(theme="light")

    assert preferences.theme == "light"
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == LIGHT.window

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from act_gui.maps.convergence import ConvergenceChart, ConvergenceLine
from tests.gui.maps.drawn import (
    assert_follows_theme_and_font,
    at,
    colours_seen,
    settle,
    shown,
)

LINES = (
    ConvergenceLine("german", "German", (4000, 8000, 12000), (0.4, 0.2, 0.1)),
    ConvergenceLine("german", "English", (4000, 8000), (0.6, 0.3)),
)


@pytest.fixture
def chart(qtbot: QtBot) -> ConvergenceChart:
    found = ConvergenceChart()
    found.set_lines(LINES, 0.03)
    return shown(qtbot, found)


def test_the_words_say_where_each_line_stands(chart: ConvergenceChart) -> None:
    said = chart.accessibleDescription()
    assert "german on German: 10 % of the top 5 % still change at 12,000 tokens" in said
    assert "german on English: 30 % of the top 5 % still change at 8,000 tokens" in said
    assert "Stable below 3 %" in said


def test_lines_grow_come_and_go(chart: ConvergenceChart, qtbot: QtBot) -> None:
    third = ConvergenceLine("maths", "Arithmetic", (4000,), (0.9,))
    chart.set_lines((*LINES, third), 0.03)
    settle()
    colour = chart._colours.series[2]
    assert colour in colours_seen(chart)
    assert "maths" in chart._caption.text()
    chart.set_lines(LINES[:1], 0.03)
    settle()
    assert colour not in colours_seen(chart)


def test_a_spot_says_share_and_tokens(chart: ConvergenceChart, qtbot: QtBot) -> None:
    QTest.mouseMove(chart, at(chart, 8000, 0.3))
    assert "german on English" in chart._card.text()
    assert "30 % changed at 8,000 tokens" in chart._card.text()
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    assert "40 % changed at 4,000 tokens" in chart._card.text()


def test_the_threshold_is_a_dashed_line_at_its_share(chart: ConvergenceChart) -> None:
    assert chart._stop.value() == 0.03
    assert chart._stop.isVisible()
    chart.set_lines(LINES, 0.0)
    assert not chart._stop.isVisible()
    assert "stable" not in chart._caption.text()


def test_before_the_first_measurement(chart: ConvergenceChart) -> None:
    chart.set_lines((), 0.03)
    settle()
    assert chart.accessibleDescription() == "Nothing was measured yet."
    chart.set_lines((ConvergenceLine("german", "German", (), ()),), 0.03)
    settle()
    assert chart.accessibleDescription() == "Nothing was measured yet."


def test_theme_and_largest_font(chart: ConvergenceChart) -> None:
    assert_follows_theme_and_font(chart, 360, 240)

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from act_gui.maps.shares import SharesChart
from act_gui.theme import DARK, LIGHT
from tests.gui.maps.drawn import at, colours_seen, cut_labels, same_colour, settle, shown, theme

KINDS = "q k v o gate up down".split()
LYING, STANDING = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


def layers(qtbot: QtBot, number: int = 32) -> SharesChart:
    chart = shown(qtbot, SharesChart("Selected share of each layer", STANDING, "Layer"))
    values = np.linspace(0, 0.1, number).tolist()
    chart.set_shares([str(layer) for layer in range(number)], values, 0.05)
    settle()
    return chart


def kinds(qtbot: QtBot) -> SharesChart:
    chart = shown(qtbot, SharesChart("Selected share of each module kind", LYING))
    chart.set_shares(KINDS, [0.05, 0.02, 0.3, 0.0012, 0.07, 0.01, 0.02], 0.05)
    settle()
    return chart


@pytest.mark.parametrize("build", [layers, kinds])
def test_bars_are_as_long_as_their_shares(qtbot: QtBot, build: object) -> None:
    chart = build(qtbot)  # type: ignore[operator]
    bar = chart._colours.series[0]
    place, value = (20, 20 * 0.1 / 31) if build is layers else (2, 0.3)
    image = chart.grab().toImage()
    for part, filled in ((0.9, True), (1.1, False)):
        along, across = value * part, place + 0.2
        point = at(chart, across, along) if build is layers else at(chart, along, across)
        assert same_colour(image.pixelColor(point), bar) is filled


def test_the_words_name_every_bar_and_the_overall_share(qtbot: QtBot) -> None:
    said = kinds(qtbot).accessibleDescription()
    assert said.startswith("All channels: 5 %.")
    assert "v: 30 %" in said
    assert "o: 0.12 %" in said


def test_eighty_bars_are_updated_within_three_milliseconds(qtbot: QtBot) -> None:
    chart = layers(qtbot, 80)
    names = [str(layer) for layer in range(80)]
    rng = np.random.default_rng(0)
    took = []
    for _ in range(30):
        values = (rng.random(80) * 0.1).tolist()
        start = time.perf_counter()
        chart.set_shares(names, values, 0.05)
        took.append(time.perf_counter() - start)
        QApplication.processEvents()
    assert np.median(took) < 0.003


def test_the_card_says_the_bar_under_the_pointer(qtbot: QtBot) -> None:
    chart = kinds(qtbot)
    QTest.mouseMove(chart, at(chart, 0.1, 2.0))
    assert "<b>v</b>" in chart._card.text()
    assert "30 % selected" in chart._card.text()
    assert chart._card.isVisible()
    QTest.mouseMove(chart, QPoint(2, 2))
    assert not chart._card.isVisible()


def test_arrow_keys_step_through_the_bars(qtbot: QtBot) -> None:
    chart = layers(qtbot)
    found = []
    chart.spot_shown.connect(found.append)
    keys = (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_End, Qt.Key.Key_Right)
    for key in keys:
        qtbot.keyClick(chart, key)
    assert found == [0, 1, 0, 31, 31]
    assert chart.rect().contains(chart._card.geometry())


def test_labels_of_many_layers_do_not_overlap(qtbot: QtBot) -> None:
    chart = layers(qtbot, 80)
    axis = chart._categories
    width = chart.plot.vb.width()
    [(every, ticks)] = axis.tickValues(-0.5, 79.5, width)
    text = axis._metrics.horizontalAdvance("79")
    assert width / 80 * every > text
    assert len(ticks) >= 10


def test_every_kind_is_named_at_the_largest_font(qtbot: QtBot) -> None:
    with theme("dark", 200):
        chart = kinds(qtbot)
        chart.resize(420, 200)
        settle()
        assert not cut_labels(chart)
        [(_, ticks)] = chart._categories.tickValues(6.5, -0.5, chart.plot.vb.height())
        assert len(ticks) == len(KINDS)


def test_a_theme_switch_paints_again(qtbot: QtBot) -> None:
    chart = kinds(qtbot)
    with theme("light"):
        assert LIGHT.series[0] in colours_seen(chart)
    with theme("dark"):
        assert DARK.series[0] in colours_seen(chart)
        assert LIGHT.series[0] not in colours_seen(chart)

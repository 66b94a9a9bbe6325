from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from act_gui.maps.histogram import LengthHistogram
from act_gui.theme import LIGHT
from tests.gui.maps.drawn import (
    assert_follows_theme_and_font,
    at,
    settle,
    shown,
    theme,
)

CALIBRATION = [10] * 6 + [100] * 3 + [300]
HELDOUT = [20] * 4 + [280]


@pytest.fixture
def histogram(qtbot: QtBot) -> LengthHistogram:
    chart = LengthHistogram()
    chart.set_lengths(CALIBRATION, HELDOUT, 256)
    return shown(qtbot, chart)


def test_it_says_how_many_items_are_cut(histogram: LengthHistogram) -> None:
    assert "2 of 15 items are longer than 256 tokens and are cut" in histogram._caption.text()
    said = histogram.accessibleDescription()
    assert "Calibration: 10 items of 10 to 300 tokens, half up to 10." in said
    assert "Held out: 5 items of 20 to 280 tokens, half up to 20." in said


def test_nothing_is_cut_at_the_longest_length(histogram: LengthHistogram) -> None:
    histogram.set_lengths(CALIBRATION, HELDOUT, 300)
    assert "No item is longer than 300 tokens" in histogram._caption.text()
    assert not histogram._beyond.isVisible()


def test_the_cut_is_marked_where_it_lies(histogram: LengthHistogram) -> None:
    with theme("light"):
        image = histogram.grab().toImage()
        line = at(histogram, 256, 5.5)
        around = [(dx, dy) for dx in (-1, 0, 1) for dy in range(8)]
        found = {image.pixelColor(line.x() + dx, line.y() + dy).name() for dx, dy in around}
        assert LIGHT.warn in found


def test_every_item_is_in_one_bar(histogram: LengthHistogram, tmp_path: Path) -> None:
    histogram.writer(tmp_path / "lengths.csv")()
    rows = list(csv.DictReader((tmp_path / "lengths.csv").read_text().splitlines()))
    assert sum(int(row["calibration"]) for row in rows) == len(CALIBRATION)
    assert sum(int(row["heldout"]) for row in rows) == len(HELDOUT)
    longest = next(row for row in rows if int(row["from_tokens"]) <= 300 < int(row["below_tokens"]))
    assert longest["calibration"] == "1"


def test_pointer_and_keys_show_a_bar(histogram: LengthHistogram, qtbot: QtBot) -> None:
    QTest.mouseMove(histogram, at(histogram, 12, 2))
    assert "<b>10 to 19 tokens</b><br>calibration: 6<br>held out: 0" in histogram._card.text()
    qtbot.keyClick(histogram, Qt.Key.Key_Right)
    assert "<b>20 to 29 tokens</b><br>calibration: 0<br>held out: 4" in histogram._card.text()


def test_one_split_and_no_items(histogram: LengthHistogram) -> None:
    histogram.set_lengths([5, 6], [], 256)
    assert "held out" not in histogram._caption.text()
    histogram.set_lengths([], [], 256)
    settle()
    assert histogram.accessibleDescription() == "No items yet."


def test_theme_and_largest_font(histogram: LengthHistogram) -> None:
    assert_follows_theme_and_font(histogram, 360, 240)

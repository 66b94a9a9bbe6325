from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from act_gui.maps.losses import LossChart, LossLine, smoothed
from tests.gui.maps.drawn import (
    assert_follows_theme_and_font,
    at,
    colours_seen,
    settle,
    shown,
)

LINES = (
    LossLine("english", "tuning", (0, 1, 2, 3), (2.0, 1.0, 1.5, 0.5)),
    LossLine("english", "validation", (0, 2, 4), (1.8, 1.2, 1.3)),
    LossLine("cipher", "tuning", (0, 1, 2, 3), (0.4, 0.5, 0.3, 0.2)),
)


@pytest.fixture
def chart(qtbot: QtBot) -> LossChart:
    found = LossChart()
    found.set_lines(LINES, 8, 2)
    return shown(qtbot, found)


def test_smoothing_is_the_running_mean_with_weights_that_add_up_to_one() -> None:
    losses = (2.0, 1.0, 1.5, 0.5)
    for end, found in enumerate(smoothed(losses)):
        weights = [0.7 ** (end - place) for place in range(end + 1)]
        mean = sum(w * x for w, x in zip(weights, losses, strict=False)) / sum(weights)
        assert found == pytest.approx(mean)


def test_the_words_say_where_each_curve_begins_and_stands(chart: LossChart) -> None:
    said = chart.accessibleDescription()
    assert "english, validation: 1.800 after 0 steps, 1.300 after 4" in said
    assert "cipher, learned from: 0.400 after 0 steps, 0.200 after 3" in said
    assert "The best step is 2" in said


def test_a_spot_says_the_loss_as_it_is(chart: LossChart, qtbot: QtBot) -> None:
    QTest.mouseMove(chart, at(chart, 2, 1.2))
    assert "english" in chart._card.text()
    assert "validation, after 2 steps: 1.200" in chart._card.text()
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    assert "learned from, after 0 steps: 2.000" in chart._card.text()


def test_the_best_step_is_marked_on_validation_and_by_a_line(chart: LossChart) -> None:
    sizes = next(i.opts["symbolSize"] for i in chart._items if i.opts["symbol"] is not None)
    assert sizes.index(max(sizes)) == LINES[1].steps.index(2)
    assert (chart._best_line.isVisible(), chart._best_line.value()) == (True, 2)
    chart.set_lines(LINES, 8, None)
    assert not chart._best_line.isVisible()
    assert "best" not in chart._caption.text()


def test_curves_come_and_go_and_the_axis_ends_at_the_last_step(chart: LossChart) -> None:
    settle()
    colour = chart._colours.series[1]
    assert colour in colours_seen(chart)
    assert chart.plot.vb.viewRange()[0] == pytest.approx([0, 8], abs=0.3)
    chart.set_lines(LINES[:2], 4, 2)
    settle()
    assert colour not in colours_seen(chart)
    assert chart.plot.vb.viewRange()[0] == pytest.approx([0, 4], abs=0.3)
    chart.set_lines((LossLine("english", "tuning", (), ()),), 4, None)
    assert chart.accessibleDescription() == "No loss was measured yet."


def test_the_table_holds_every_loss_beside_its_smoothed_one(
    chart: LossChart, tmp_path: Path
) -> None:
    chart.writer(tmp_path / "losses.csv")()
    rows = list(csv.DictReader((tmp_path / "losses.csv").read_text("utf-8").splitlines()))
    assert len(rows) == sum(len(line.steps) for line in LINES)
    assert rows[1]["loss"] == "1.0"
    assert float(rows[1]["smoothed"]) == smoothed(LINES[0].losses)[1]


def test_theme_and_largest_font(chart: LossChart) -> None:
    assert_follows_theme_and_font(chart, 420, 320)

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from act_gui.maps.curve import ConcentrationCurve
from act_gui.theme import DARK, LIGHT
from tests.gui.maps.drawn import at, colours_seen, cut_labels, settle, shown, theme

SHARES = np.geomspace(1e-5, 1, 400)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def curve(qtbot: QtBot) -> ConcentrationCurve:
    chart = ConcentrationCurve()
    chart.set_curve(SHARES, SHARES**0.3)
    chart.set_share(0.05)
    return shown(qtbot, chart)


def drag(chart: ConcentrationCurve, start: QPoint, goal: QPoint) -> None:
    QTest.mousePress(chart, LEFT, pos=start)
    for step in range(1, 11):
        part = start + (goal - start) * (step / 10)
        QTest.mouseMove(chart, part)
        QApplication.processEvents()
    QTest.mouseRelease(chart, LEFT, pos=goal)


def test_dragging_the_line_moves_the_share_to_the_pointer(
    curve: ConcentrationCurve, qtbot: QtBot
) -> None:
    moved: list[float] = []
    curve.share_changed.connect(moved.append)
    goal = at(curve, -2.0, 0.5)
    with qtbot.waitSignal(curve.share_chosen) as chosen:
        drag(curve, at(curve, math.log10(0.05), 0.5), goal)
    decade_px = curve.position_of(-1, 0).x() - curve.position_of(-2, 0).x()
    assert math.log10(chosen.args[0]) == pytest.approx(-2.0, abs=1.5 / decade_px)
    assert len(moved) > 3
    assert moved == sorted(moved, reverse=True)
    assert moved[-1] == chosen.args[0] == curve.share


def test_a_line_gripped_beside_its_middle_does_not_jump(curve: ConcentrationCurve) -> None:
    moved: list[float] = []
    curve.share_changed.connect(moved.append)
    beside = at(curve, math.log10(0.05), 0.5) + QPoint(6, 0)
    QTest.mousePress(curve, LEFT, pos=beside)
    QTest.mouseRelease(curve, LEFT, pos=beside)
    assert not moved


def test_a_press_on_the_plot_brings_the_line_there(curve: ConcentrationCurve, qtbot: QtBot) -> None:
    with qtbot.waitSignal(curve.share_chosen) as chosen:
        qtbot.mouseClick(curve, LEFT, pos=at(curve, -3.0, 0.8))
    assert chosen.args[0] == pytest.approx(1e-3, rel=0.03)


def test_arrow_keys_move_the_share_and_say_it_once_released(
    curve: ConcentrationCurve, qtbot: QtBot
) -> None:
    moved: list[float] = []
    chosen: list[float] = []
    curve.share_changed.connect(moved.append)
    curve.share_chosen.connect(chosen.append)
    QTest.keyPress(curve, Qt.Key.Key_Right)
    assert moved == [pytest.approx(0.05 * 10**0.02)]
    assert not chosen
    QTest.keyRelease(curve, Qt.Key.Key_Right)
    assert chosen == moved
    qtbot.keyClick(curve, Qt.Key.Key_Left)
    assert curve.share == pytest.approx(0.05)
    qtbot.keyClick(curve, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert curve.share == pytest.approx(0.05 * 10**-0.002)
    qtbot.keyClick(curve, Qt.Key.Key_End)
    assert curve.share == 1.0
    qtbot.keyClick(curve, Qt.Key.Key_Right)
    assert len(chosen) == 4  # at the end, nothing moved
    qtbot.keyClick(curve, Qt.Key.Key_Home)
    assert curve.share == SHARES[0]


def test_setting_the_share_says_nothing_back(curve: ConcentrationCurve) -> None:
    said: list[float] = []
    curve.share_changed.connect(said.append)
    curve.share_chosen.connect(said.append)
    curve.set_share(0.2)
    assert curve.share == 0.2
    assert not said


def test_the_words_give_the_share_and_its_mass(curve: ConcentrationCurve) -> None:
    assert curve.accessibleName() == "Concentration curve"
    assert "5 % of channels hold 41 % of the score" in curve.accessibleDescription()
    curve.set_share(0.5)
    assert "50 % of channels hold 81 % of the score" in curve.accessibleDescription()


def test_a_control_is_drawn_named_and_taken_away(curve: ConcentrationCurve) -> None:
    colour = curve._colours.series[1]
    assert colour not in colours_seen(curve)
    curve.set_control(SHARES, SHARES, "weight")
    settle()
    assert colour in colours_seen(curve)
    assert "weight" in curve._caption.text()
    curve.set_control(SHARES, None, "weight")
    settle()
    assert colour not in colours_seen(curve)


def test_a_theme_switch_paints_again(curve: ConcentrationCurve) -> None:
    with theme("light"):
        assert LIGHT.accent in colours_seen(curve)
    with theme("dark"):
        seen = colours_seen(curve)
        assert DARK.accent in seen
        assert LIGHT.accent not in seen


def test_texts_are_whole_at_the_largest_font(curve: ConcentrationCurve) -> None:
    curve.set_control(SHARES, SHARES, "weight of a control with a long name")
    with theme("light", 200):
        curve.resize(360, 240)
        settle()
        assert not cut_labels(curve)


def test_an_empty_chart_says_the_next_step(curve: ConcentrationCurve) -> None:
    curve.set_empty("Profile an ability first.")
    settle()
    assert not curve.view.isVisible()
    assert curve.accessibleDescription() == "Profile an ability first."
    curve.set_empty("")
    settle()
    assert curve.view.isVisible()
    assert "41 %" in curve.accessibleDescription()


def test_without_scores_keys_and_pointer_do_nothing(qtbot: QtBot) -> None:
    chart = shown(qtbot, ConcentrationCurve())
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    qtbot.mouseClick(chart, LEFT, pos=chart.rect().center())
    assert chart.accessibleDescription() == "No scores yet."


def test_numbers_and_pictures_are_written(curve: ConcentrationCurve, tmp_path: Path) -> None:
    for name in ("curve.csv", "curve.png", "curve.svg"):
        curve.writer(tmp_path / name)()
    rows = list(csv.reader((tmp_path / "curve.csv").read_text().splitlines()))
    assert rows[0] == ["share_of_channels", "share_of_score"]
    assert float(rows[-1][1]) == 1.0
    assert len(rows) == 1 + len(SHARES)
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    drawing = (tmp_path / "curve.svg").read_text()
    assert "Concentration curve" in drawing
    assert curve._colours.series[0] in drawing
    with pytest.raises(ValueError, match="not one of"):
        curve.writer(tmp_path / "curve.bmp")

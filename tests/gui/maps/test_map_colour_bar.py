from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from act_core.maps.limits import ColourScale
from act_gui.maps.colour_bar import ColourBar
from tests.gui.maps.drawn import settle, shown

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bar(qtbot: QtBot) -> ColourBar:
    made = ColourBar()
    made.set_values(np.random.default_rng(0).lognormal(size=5000).astype(np.float32))
    made.set_scale(ColourScale(1.0, 5.0))
    return shown(qtbot, made, 160, 520)


def drag(bar: ColourBar, upper: bool, dy: int) -> None:
    start = QPoint(50, round(bar.strip.limit_y(upper=upper)))
    QTest.mousePress(bar.strip, LEFT, pos=start)
    for step in range(1, 6):
        QTest.mouseMove(bar.strip, start + QPoint(0, dy * step // 5))
        settle()
    QTest.mouseRelease(bar.strip, LEFT, pos=start + QPoint(0, dy))
    settle()


def test_dragging_a_limit_moves_it_as_far_as_the_pointer(bar: ColourBar) -> None:
    said: list[ColourScale] = []
    bar.scale_changed.connect(said.append)
    px = bar.strip.limit_y(upper=False) - bar.strip.limit_y(upper=True)
    drag(bar, True, round(px / 4))
    assert said[-1].high == pytest.approx(4.0, abs=0.05)
    assert said[-1].low == 1.0
    bar.set_scale(ColourScale(1.0, 5.0))
    drag(bar, False, -round(px / 2))
    assert said[-1].low == pytest.approx(3.0, abs=0.05)
    # Outwards there is room too, and the limits never cross.
    bar.set_scale(ColourScale(1.0, 5.0))
    drag(bar, True, -400)
    assert said[-1].high == pytest.approx(5.6, abs=0.05)
    bar.set_scale(ColourScale(1.0, 5.0))
    drag(bar, True, 500)
    assert said[-1].low == 1.0 < said[-1].high


def test_limits_by_keyboard(bar: ColourBar, qtbot: QtBot) -> None:
    bar.strip.setFocus()
    with qtbot.waitSignal(bar.scale_changed) as upper:
        QTest.keyClick(bar.strip, Qt.Key.Key_Down)
    assert upper.args[0].high == pytest.approx(4.92)
    QTest.keyClick(bar.strip, Qt.Key.Key_Left)
    with qtbot.waitSignal(bar.scale_changed) as lower:
        QTest.keyClick(bar.strip, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert 1.0 < lower.args[0].low < 1.01


def test_a_signed_scale_stays_symmetric(bar: ColourBar) -> None:
    said: list[ColourScale] = []
    bar.scale_changed.connect(said.append)
    bar.set_signed(True)
    bar.set_scale(ColourScale(-2.0, 2.0, signed=True))
    drag(bar, False, -60)
    assert said[-1].low == -said[-1].high
    assert 0 < said[-1].high < 2
    assert bar.map_box.currentData() == "CET-CBD1"


def test_nonsense_in_a_field_is_marked_and_changes_nothing(bar: ColourBar, qtbot: QtBot) -> None:
    bar.low_field.setFocus()
    bar.low_field.selectAll()
    with qtbot.assertNotEmitted(bar.scale_changed):
        QTest.keyClicks(bar.low_field, "nan")
        QTest.keyClick(bar.low_field, Qt.Key.Key_Return)
    assert bar.low_field.fault

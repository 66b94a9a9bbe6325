from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from act_gui.maps.compare import CompareMaps
from tests.gui.maps.drawn import settle, shown
from tests.gui.maps.map_forms import model, some_values, spot


@pytest.fixture
def layout():
    return model()


@pytest.fixture
def maps(qtbot: QtBot, layout) -> CompareMaps:
    made = CompareMaps()
    made.set_layout(layout)
    made.set_maps("matched", some_values(layout, 1), "weight", some_values(layout, 2), signed=False)
    shown(qtbot, made, 900, 800)
    qtbot.waitUntil(lambda: made.difference.data is not None)
    return made


def test_the_third_map_is_the_difference(maps: CompareMaps, layout) -> None:
    wanted = some_values(layout, 1) - some_values(layout, 2)
    assert np.array_equal(maps.difference.data.values, wanted)
    assert maps.difference.data.signed
    assert maps.difference.scale.low == -maps.difference.scale.high


def test_maps_move_together(maps: CompareMaps, layout, qtbot: QtBot) -> None:
    second = maps.second.canvas
    second.setFocus()
    with qtbot.waitSignal(maps.cursor_moved) as moved:
        QTest.keyClick(second, Qt.Key.Key_F)
    channel = int(np.argmax(some_values(layout, 2)))
    assert moved.args == [channel]
    assert [pane.canvas.cursor_channel for pane in maps.panes] == [channel] * 3
    QTest.keyClick(second, Qt.Key.Key_Plus)
    windows = {pane.canvas.window_seen for pane in maps.panes}
    assert len(windows) == 1
    assert windows.pop().span < 3000
    QTest.mouseClick(
        maps.first.canvas, Qt.MouseButton.LeftButton, pos=spot(maps.first.canvas, channel)
    )
    assert len({pane.canvas.cursor_channel for pane in maps.panes}) == 1


def test_the_card_says_both_values_and_their_difference(maps: CompareMaps, layout) -> None:
    first, second = some_values(layout, 1), some_values(layout, 2)
    maps.first.canvas.set_cursor(77)
    settle()
    said = maps.first.canvas.accessibleDescription()
    assert f"A {first[77]:.4g} (rank {int((first > first[77]).sum()) + 1:,})" in said
    assert f"B {second[77]:.4g}" in said
    assert f"{first[77] - second[77]:.4g}".replace("-", "\u2212") in said


def test_the_mask_is_hidden_on_all_maps_at_once(maps: CompareMaps, layout) -> None:
    maps.set_mask(some_values(layout) > 3)
    for drawn in (False, True):
        QTest.keyClick(maps.second.canvas, Qt.Key.Key_M)
        assert [pane.mask_drawn for pane in maps.panes] == [drawn] * 3


def test_ranks_can_be_compared_instead(maps: CompareMaps, layout, qtbot: QtBot) -> None:
    maps.measure_box.setFocus()
    QTest.keyClick(maps.measure_box, Qt.Key.Key_Down)
    plain = some_values(layout, 1) - some_values(layout, 2)
    qtbot.waitUntil(lambda: not np.array_equal(maps.difference.data.values, plain))
    assert np.abs(maps.difference.data.values).max() <= 1
    assert "rank" in maps.titles[2].text()


def test_one_map_at_a_time(maps: CompareMaps, qtbot: QtBot) -> None:
    for view, visible in (("second", [1]), ("difference", [2]), ("all", [0, 1, 2])):
        maps.view_buttons[view].click()
        settle()
        assert [n for n, pane in enumerate(maps.panes) if pane.isVisible()] == visible

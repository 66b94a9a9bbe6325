from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from act_gui.maps.__main__ import sample_window
from act_gui.maps.compare import CompareMaps
from act_gui.maps.map_view import ChannelMap
from tests.gui.maps.drawn import shown


@pytest.mark.parametrize("signed", [False, True])
def test_the_sample_can_be_edited(qtbot: QtBot, signed: bool) -> None:
    map_ = sample_window(large=False, signed=signed, compare=False)
    assert isinstance(map_, ChannelMap)
    shown(qtbot, map_, 800, 600)
    map_.canvas.setFocus()
    QTest.keyClick(map_.canvas, Qt.Key.Key_F)
    channel = map_.cursor_channel
    assert map_.pane.selected[channel]
    QTest.keyClick(map_.canvas, Qt.Key.Key_Return)
    assert not map_.pane.selected[channel]
    QTest.keyClick(map_.canvas, Qt.Key.Key_Return)
    assert map_.pane.selected[channel]


def test_the_sample_can_be_compared(qtbot: QtBot) -> None:
    maps = sample_window(large=False, signed=False, compare=True)
    assert isinstance(maps, CompareMaps)
    shown(qtbot, maps, 800, 600)
    qtbot.waitUntil(lambda: maps.difference.data is not None)

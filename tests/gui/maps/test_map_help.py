from __future__ import annotations

from pytestqt.qtbot import QtBot

from act_gui.maps.map_help import hand_table
from act_gui.maps.map_view import ChannelMap


def test_the_keys_are_told_where_the_map_is(qtbot: QtBot) -> None:
    map_ = ChannelMap()
    qtbot.addWidget(map_)
    texts = [action.text() for action in map_.tools.help_button.menu().actions()]
    assert len(texts) == len(hand_table())
    assert any(text.startswith("Next strongest channel") and text.endswith("F") for text in texts)
    assert "next strongest channel" in map_.canvas.whatsThis()

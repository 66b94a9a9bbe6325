from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from act_core.errors import ErrorRecord
from act_gui.maps.map_view import ChannelMap
from tests.gui.maps.drawn import settle, shown
from tests.gui.maps.map_forms import model, some_values


@pytest.fixture
def map_(qtbot: QtBot) -> ChannelMap:
    layout = model(2)
    made = ChannelMap()
    made.set_layout(layout)
    made.set_values(some_values(layout))
    return shown(qtbot, made, 900, 620)


def test_pictures_have_the_size_of_the_map_times_the_ratio(
    map_: ChannelMap, tmp_path: Path, qtbot: QtBot
) -> None:
    sizes = []
    for ratio in (1, 2):
        path = tmp_path / f"{ratio}.png"
        with qtbot.waitSignal(map_.files.written):
            map_.files.write_png(path, ratio=ratio)
        image = QImage(str(path))
        sizes.append((image.width(), image.height()))
        places = np.mgrid[0 : image.width() : 9, 0 : image.height() : 9].reshape(2, -1).T
        colours = {image.pixel(x, y) for x, y in places.tolist()}
        assert len(colours) > 20
    assert sizes[1] == (2 * sizes[0][0], 2 * sizes[0][1])
    assert sizes[0][0] > map_.canvas.width()
    assert map_.canvas._raster.width_px == round(map_.canvas._plot.width())  # the screen's again


def test_a_drawing_is_xml_with_its_words(map_: ChannelMap, tmp_path: Path, qtbot: QtBot) -> None:
    map_.canvas.set_cursor(12)
    with qtbot.waitSignal(map_.files.written):
        map_.files.write_svg(tmp_path / "map.svg")
    root = ET.fromstring((tmp_path / "map.svg").read_text("utf-8"))
    text = "".join(root.itertext())
    assert "gate" in text
    assert "Channel 12" in text
    assert root.find(".//{http://www.w3.org/2000/svg}image") is not None


@pytest.mark.parametrize("part", ["all", "view", "mask"])
def test_numbers_are_those_of_the_map(
    map_: ChannelMap, tmp_path: Path, qtbot: QtBot, part: str
) -> None:
    layout = map_.pane.layout_shown
    values = some_values(layout)
    mask = values > 5
    map_.set_mask(mask)
    map_.canvas.set_window(map_.canvas.window_seen.zoomed(0.1, 0.3, 0.5, 0.5))
    settle()
    wanted = {
        "all": np.arange(layout.total),
        "view": map_.canvas.visible_channels(),
        "mask": np.flatnonzero(mask),
    }[part]
    path = tmp_path / "map.csv"
    with qtbot.waitSignal(map_.files.written):
        map_.files.write_csv(path, part=part)
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert [np.float32(row["value"]) for row in rows] == values[wanted].tolist()
    assert [row["in_mask"] == "1" for row in rows] == mask[wanted].tolist()
    assert len(rows) > 0
    assert (len(rows) < layout.total) is (part != "all")


def test_the_menu_asks_where_to(
    map_: ChannelMap, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "chosen"), "*.svg")
    )
    menu = map_.tools.export_button.menu()
    (action,) = (action for action in menu.actions() if "SVG" in action.text())
    with qtbot.waitSignal(map_.files.written):
        action.trigger()
    assert (tmp_path / "chosen.svg").exists()
    (mask,) = (action for action in menu.actions() if "mask" in action.text())
    assert not mask.isEnabled()
    map_.set_mask(np.zeros(map_.pane.layout_shown.total, bool))
    assert mask.isEnabled()


def test_a_file_that_cannot_be_written_is_an_error_as_data(
    map_: ChannelMap, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "file").write_text("")
    for write in (
        lambda: map_.files.write_svg(tmp_path / "file" / "map.svg"),
        lambda: map_.files.write_csv(tmp_path / "file" / "map.csv", part="all"),
    ):
        with qtbot.waitSignal(map_.failed) as failed:
            write()
        assert isinstance(failed.args[0], ErrorRecord)

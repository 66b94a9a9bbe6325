from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QTableView
from pytestqt.qtbot import QtBot

from act_core.events import MapRow
from act_core.maps.table import strongest
from act_gui.maps.map_view import ChannelMap
from act_gui.maps.scales import steps_of
from act_gui.theme import DARK, LIGHT
from tests.gui.access import spoken_name
from tests.gui.maps.drawn import settle, shown, theme
from tests.gui.maps.map_forms import model, number_of, pixels, seen, some_values, spot

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
KEYS = Qt.Key
BRIGHT = steps_of("viridis", LIGHT)[-1]


@pytest.fixture
def layout():
    return model()


@pytest.fixture
def map_(qtbot: QtBot, layout) -> ChannelMap:
    made = ChannelMap()
    made.set_layout(layout)
    made.set_values(some_values(layout))
    shown(qtbot, made, 900, 620)
    made.canvas.setFocus()
    settle()
    return made


def press(map_: ChannelMap, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(map_.canvas, key, modifier)
    settle()


def drag(map_: ChannelMap, start: QPoint, goal: QPoint, modifier) -> None:
    QTest.mousePress(map_.canvas, LEFT, modifier, start)
    for step in range(1, 6):
        QTest.mouseMove(map_.canvas, start + (goal - start) * (step / 5))
        settle()
    QTest.mouseRelease(map_.canvas, LEFT, modifier, goal)
    settle()


def wheel(map_: ChannelMap, at: QPoint, notches: int, modifier=Qt.KeyboardModifier.NoModifier):
    canvas = map_.canvas
    event = QWheelEvent(
        QPointF(at), QPointF(canvas.mapToGlobal(at)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, modifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
    settle()


def test_one_strong_channel_among_zeros_is_seen_at_every_zoom(map_: ChannelMap, layout) -> None:
    channel = layout.slice_of(7).start + 1234
    values = np.full(layout.total, 1e-3, np.float32)
    values[channel] = 1.0
    map_.set_values(values)
    map_.pane.set_range("exact")
    settle()
    bright = seen(map_.canvas, BRIGHT)
    assert bright >= 1
    map_.canvas.set_cursor(channel)
    for _ in range(40):
        press(map_, KEYS.Key_Plus)
        assert seen(map_.canvas, BRIGHT) >= bright
    assert seen(map_.canvas, BRIGHT) > 300
    press(map_, KEYS.Key_0)
    assert map_.canvas.window_seen.span == 3000
    map_.canvas.set_cursor(None)
    map_.resize(500, 300)  # rows of about a pixel
    settle()
    assert seen(map_.canvas, BRIGHT) >= 1


def test_nan_and_dead_channels_have_colours_of_their_own_and_are_counted(
    map_: ChannelMap, layout
) -> None:
    values = some_values(layout)
    values[100:160] = 0
    values[[7, 4000]] = np.nan
    map_.set_values(values)
    settle()
    assert seen(map_.canvas, LIGHT.map_nan) > 0
    words = map_.counts._words.accessibleName()
    assert "2 not a number" in words
    assert "60 dead" in words
    values[:] = 1.0
    map_.set_values(values)
    settle()
    assert seen(map_.canvas, LIGHT.map_nan) == 0


def test_the_cursor_by_keyboard_says_value_and_rank(map_: ChannelMap, layout) -> None:
    values = some_values(layout)
    press(map_, KEYS.Key_Right)
    press(map_, KEYS.Key_Home)
    press(map_, KEYS.Key_Home, CONTROL)
    grid = map_.canvas.grid
    assert grid.place_of(map_.cursor_channel) == (0, 0)
    for key in (KEYS.Key_Right, KEYS.Key_Right, KEYS.Key_Down):
        press(map_, key)
    channel = map_.cursor_channel
    assert grid.place_of(channel) == (1, 2)
    ordered = np.argsort(-values).tolist()
    said = map_.canvas.accessibleDescription()
    assert f"Rank {ordered.index(channel) + 1:,} of {layout.total:,}" in said
    assert f"Value {values[channel]:.4g}" in said
    assert "Layer 1" in said
    assert "Channel 2" in said
    assert f"{values[channel]:.4g}" in map_.card._words.text()


def test_arrow_keys_end_at_the_borders_and_come_back_behind_narrow_rows(map_: ChannelMap) -> None:
    grid = map_.canvas.grid
    row = grid.row_of(0, "gate")
    map_.canvas.set_cursor(grid.channel_at(row, 2000))
    press(map_, KEYS.Key_Up)
    assert grid.place_of(map_.cursor_channel) == (row - 1, 31)  # k is 32 wide
    press(map_, KEYS.Key_Down)
    assert grid.place_of(map_.cursor_channel) == (row, 2000)
    press(map_, KEYS.Key_Right, SHIFT)
    assert grid.place_of(map_.cursor_channel) == (row, 2300)
    press(map_, KEYS.Key_End)
    press(map_, KEYS.Key_Right)
    assert grid.place_of(map_.cursor_channel) == (row, 2999)
    press(map_, KEYS.Key_PageUp)
    assert grid.place_of(map_.cursor_channel)[0] == 0
    press(map_, KEYS.Key_Up)
    assert grid.place_of(map_.cursor_channel)[0] == 0


def test_f_walks_through_the_strongest_channels(map_: ChannelMap, layout) -> None:
    walked = []
    for _ in range(4):
        press(map_, KEYS.Key_F)
        walked.append(map_.cursor_channel)
    assert walked == strongest(some_values(layout), 4).tolist()


def test_a_click_goes_to_the_channel_that_the_pixel_shows(map_: ChannelMap, layout) -> None:
    values = np.full(layout.total, 0.1, np.float32)
    channel = layout.slice_of(3).start + 1717
    values[channel] = 1.0
    map_.set_values(values)
    settle()
    QTest.mouseClick(map_.canvas, LEFT, pos=spot(map_.canvas, channel))
    assert map_.cursor_channel == channel


def test_the_pointer_shows_a_card_and_leaves_the_cursor_alone(map_: ChannelMap, layout) -> None:
    channel = layout.slice_of(3).start + 40
    map_.canvas.set_window(map_.canvas.window_seen.zoomed(0.02, 1.0, 0.0, 0.0))
    settle()
    QTest.mouseMove(map_.canvas, spot(map_.canvas, channel))
    settle()
    assert map_.pane._card.isVisible()
    assert f"{some_values(layout)[channel]:.4g}" in map_.pane._card.text()
    assert "Strongest of" not in map_.pane._card.text()
    map_.canvas.show_whole()
    QTest.mouseMove(map_.canvas, spot(map_.canvas, channel + 500))
    settle()
    assert re.search(r"Strongest of [456] channels", map_.pane._card.text())
    assert map_.cursor_channel is None
    QTest.mouseMove(map_.canvas, QPoint(2, 2))
    settle()
    assert not map_.pane._card.isVisible()


def test_a_rectangle_gives_exactly_its_channels(map_: ChannelMap, layout, qtbot: QtBot) -> None:
    map_.set_mask(np.zeros(layout.total, bool))
    grid = map_.canvas.grid
    map_.canvas.set_window(map_.canvas.window_seen.zoomed(0.02, 1.0, 0.0, 0.0))  # 60 channels
    cell_px = spot(map_.canvas, 41).x() - spot(map_.canvas, 40).x()
    map_.tools.mode_buttons["add"].click()
    first = spot(map_.canvas, grid.channel_at(grid.row_of(1, "q"), 20))
    last = spot(map_.canvas, grid.channel_at(grid.row_of(1, "k"), 31)) + QPoint(90, 0)
    with qtbot.waitSignal(map_.region_chosen) as chosen:
        drag(map_, first, last, Qt.KeyboardModifier.NoModifier)
    channels, mode = chosen.args
    rows = range(grid.row_of(1, "q"), grid.row_of(1, "k") + 1)
    # The rectangle ends right of the last channel of k, below one of q.
    end = max(c for c in range(64) if spot(map_.canvas, c).x() - last.x() < cell_px / 2)
    wanted = [
        c
        for c in range(layout.total)
        if grid.place_of(c)[0] in rows and 20 <= grid.place_of(c)[1] <= end
    ]
    assert end > 31
    assert channels.tolist() == wanted
    assert mode == "add"
    map_.tools.mode_buttons["remove"].click()
    with qtbot.waitSignal(map_.region_chosen) as taken:
        drag(map_, last, first, Qt.KeyboardModifier.NoModifier)
    assert taken.args[0].tolist() == wanted
    assert taken.args[1] == "remove"


@pytest.mark.qt_log_ignore("raise\\(\\)", "grabbing", "propagateSizeHints")
def test_shift_and_drag_asks_what_to_do(map_: ChannelMap, layout, qtbot: QtBot) -> None:
    map_.set_mask(np.zeros(layout.total, bool))
    grid = map_.canvas.grid
    start, goal = (
        spot(map_.canvas, grid.channel_at(grid.row_of(layer, "gate"), column))
        for layer, column in ((0, 100), (1, 2000))
    )
    with qtbot.assertNotEmitted(map_.region_chosen):
        drag(map_, start, goal, SHIFT)
        assert map_.region_menu.isVisible()
        QTest.keyClick(map_.region_menu, KEYS.Key_Escape)
    drag(map_, start, goal, SHIFT)
    replace = map_.region_menu.actions()[2]
    with qtbot.waitSignal(map_.region_chosen) as chosen:
        QTest.mouseClick(
            map_.region_menu, LEFT, pos=map_.region_menu.actionGeometry(replace).center()
        )
    assert chosen.args[1] == "replace"
    assert f"{len(chosen.args[0]):,}" in replace.text()


def test_a_rectangle_by_keyboard(map_: ChannelMap, layout, qtbot: QtBot) -> None:
    map_.set_mask(np.zeros(layout.total, bool))
    map_.canvas.set_mode("add")
    grid = map_.canvas.grid
    map_.canvas.set_cursor(grid.channel_at(grid.row_of(0, "up"), 10))
    for key in (KEYS.Key_Space, KEYS.Key_Right, KEYS.Key_Right, KEYS.Key_Down):
        press(map_, key)
    with qtbot.waitSignal(map_.region_chosen) as chosen:
        press(map_, KEYS.Key_Space)
    rows = [grid.row_of(layer, "up") for layer in (0, 1)]
    wanted = sorted(grid.channel_at(row, column) for row in rows for column in (10, 11, 12))
    assert chosen.args == [pytest.approx(wanted), "add"]
    with qtbot.assertNotEmitted(map_.region_chosen):
        for key in (KEYS.Key_Space, KEYS.Key_Right, KEYS.Key_Escape):
            press(map_, key)


def test_enter_adds_and_takes_away_the_cursor_channel(
    map_: ChannelMap, layout, qtbot: QtBot
) -> None:
    press(map_, KEYS.Key_F)
    with qtbot.assertNotEmitted(map_.region_chosen):  # no mask, nothing to choose
        press(map_, KEYS.Key_Return)
    mask = np.zeros(layout.total, bool)
    map_.set_mask(mask)
    with qtbot.waitSignal(map_.region_chosen) as added:
        press(map_, KEYS.Key_Return)
    assert added.args == [[map_.cursor_channel], "add"]
    mask = mask.copy()
    mask[map_.cursor_channel] = True
    map_.set_mask(mask)
    assert "In mask yes" in map_.canvas.accessibleDescription()
    with qtbot.waitSignal(map_.region_chosen) as removed:
        press(map_, KEYS.Key_Return)
    assert removed.args[1] == "remove"


def test_the_mask_stays_visible_when_pooled_and_can_be_hidden(map_: ChannelMap, layout) -> None:
    before = pixels(map_.canvas)
    mask = np.zeros(layout.total, bool)
    mask[layout.slice_of(2).start + 1500] = True
    map_.set_mask(mask)
    settle()
    assert "1 in the mask" in map_.counts._words.accessibleName()
    assert (pixels(map_.canvas) != before).any()
    press(map_, KEYS.Key_M)
    assert (pixels(map_.canvas) == before).all()
    assert not map_.tools.mask_button.isChecked()
    press(map_, KEYS.Key_M)
    assert (pixels(map_.canvas) != before).any()


def test_wheel_zooms_where_the_pointer_is_and_drag_pans(map_: ChannelMap) -> None:
    grid = map_.canvas.grid
    channel = grid.channel_at(grid.row_of(1, "gate"), 2000)
    at = spot(map_.canvas, channel)
    for _ in range(6):
        wheel(map_, at, 1)
    assert map_.canvas.window_seen.span < 1000
    assert abs(spot(map_.canvas, channel).x() - at.x()) <= 2
    wheel(map_, at, 2, CONTROL)
    assert map_.canvas.window_seen.height < grid.height
    first = map_.canvas.window_seen.first
    drag(map_, at, at + QPoint(60, 0), Qt.KeyboardModifier.NoModifier)
    assert map_.canvas.window_seen.first < first
    assert abs(spot(map_.canvas, channel).x() - at.x() - 60) <= 2
    assert map_.cursor_channel is None  # a drag is no click
    map_.tools.whole_button.click()
    assert map_.canvas.window_seen.span == 3000


def test_rows_fill_one_by_one(qtbot: QtBot, layout) -> None:
    map_ = ChannelMap()
    map_.set_layout(layout)
    shown(qtbot, map_, 900, 620)
    waiting = seen(map_.canvas, LIGHT.hover)
    for number, module in enumerate(layout.modules[:5]):
        values = np.full(module.width, 1.0 + number, np.float32)
        map_.update_rows([MapRow("s", "a", "matched", module.layer, module.kind, values)])
        left = f"{len(layout.modules) - number - 1} of {len(layout.modules)} rows still missing"
        qtbot.waitUntil(lambda left=left: left in map_.counts._words.accessibleName())
        settle()
        now = seen(map_.canvas, LIGHT.hover)
        assert now < waiting
        waiting = now
    assert "0 not a number" in map_.counts._words.accessibleName()


def test_a_burst_of_rows_is_drawn_at_most_15_times_a_second(qtbot: QtBot, layout) -> None:
    map_ = ChannelMap()
    map_.set_layout(layout)
    shown(qtbot, map_, 900, 620)
    drawn = []
    map_.pane.refreshed.connect(lambda: drawn.append(1))
    for module in layout.modules:
        values = np.ones(module.width, np.float32)
        map_.update_rows([MapRow("s", "a", "matched", module.layer, module.kind, values)])
        settle()
    qtbot.waitUntil(lambda: not map_.pane.data.missing_rows and bool(drawn))
    assert len(drawn) <= 3


def test_a_theme_switch_recolours_everything(map_: ChannelMap, layout) -> None:
    values = some_values(layout)
    values[:200] = np.nan
    map_.set_values(values)
    for name, colours in (("dark", DARK), ("light", LIGHT)):
        with theme(name):
            assert seen(map_.canvas, colours.map_nan) > 0
            assert number_of(colours.surface) in pixels(map_.canvas)
            assert colours.muted in map_.counts._words.text()
            assert colours.muted in map_.card._words.text()


def test_rows_can_be_ordered_by_layer(map_: ChannelMap, qtbot: QtBot) -> None:
    box = map_.tools.order_box
    box.setFocus()
    QTest.keyClick(box, KEYS.Key_Down)
    settle()
    grid = map_.canvas.grid
    assert grid.order == "layer"
    assert [grid.name_of(row) for row in range(2)] == [(0, "q"), (0, "k")]
    press(map_, KEYS.Key_F)
    assert map_.pane.facts(map_.cursor_channel).rank == 1


def test_the_table_follows_the_cursor_and_leads_it(map_: ChannelMap, layout, qtbot: QtBot) -> None:
    map_.tools.table_button.click()
    settle()
    model_ = map_.table.model()
    best = strongest(some_values(layout), 500).tolist()
    assert model_.rowCount() == 500
    assert model_.index(0, 4).data() == f"{some_values(layout)[best[0]]:.4g}"
    map_.table.selectRow(3)
    assert map_.cursor_channel == best[3]
    map_.canvas.set_cursor(best[9])
    assert map_.table.currentIndex().row() == 9
    map_.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    layers = [int(model_.index(row, 1).data()) for row in range(500)]
    assert layers == sorted(layers, reverse=True)
    assert map_.table.currentIndex().row() == model_.row_of(best[9])


def test_limits_by_field_log_and_range(map_: ChannelMap, layout, qtbot: QtBot) -> None:
    values = some_values(layout)
    bar = map_.pane.bar
    bar.exact_button.click()
    assert map_.pane.scale.high == pytest.approx(float(values.max()))
    bar.high_field.setFocus()
    bar.high_field.selectAll()
    QTest.keyClicks(bar.high_field, "2.5")
    QTest.keyClick(bar.high_field, KEYS.Key_Return)
    assert map_.pane.scale.high == 2.5
    map_.set_values(values * 1.5)  # limits of a person stay
    assert map_.pane.scale.high == 2.5
    map_.set_values(values * 100)  # but not on a map of another unit
    assert map_.pane.scale.high > 100
    bar.log_box.click()
    assert map_.pane.scale.log
    bar.robust_button.click()
    assert map_.pane.scale.high == pytest.approx(100 * np.percentile(values, 99.5), rel=0.01)
    before = pixels(map_.canvas)
    QTest.keyClick(bar.map_box, KEYS.Key_Down)
    settle()
    assert bar.map_box.currentText() == "Cividis"
    assert (pixels(map_.canvas) != before).any()


def test_signed_values_are_diverging_and_symmetric(map_: ChannelMap, layout) -> None:
    values = some_values(layout) * np.where(np.arange(layout.total) % 2, 1, -1).astype(np.float32)
    map_.set_values(values, signed=True)
    settle()
    assert map_.pane.scale.low == -map_.pane.scale.high
    for end in (0, -1):
        assert seen(map_.canvas, steps_of("CET-CBD1", LIGHT)[end]) > 0


def test_on_a_dark_ground_what_is_near_zero_does_not_glare() -> None:
    middle = steps_of("CET-CBD1", DARK)[127:129]
    ends = steps_of("CET-CBD1", DARK)[[0, -1]]

    assert middle.max() < 64
    assert ends.max(axis=1).min() > 200
    assert steps_of("CET-CBD1", LIGHT)[127].min() > 200


def test_without_a_model_the_map_says_the_next_step(qtbot: QtBot) -> None:
    map_ = ChannelMap()
    map_.set_empty_text("Choose a model on the page Models.")
    shown(qtbot, map_, 600, 400)
    assert not map_.tools.isEnabled()
    press(map_, KEYS.Key_F)
    press(map_, KEYS.Key_Right)
    map_.update_rows([])
    with pytest.raises(ValueError, match="layout"):
        map_.set_values(np.ones(3, np.float32))


def test_the_same_model_described_anew_changes_nothing(map_: ChannelMap) -> None:
    press(map_, KEYS.Key_F)
    before = pixels(map_.canvas)
    map_.set_layout(model())
    settle()
    assert (pixels(map_.canvas) == before).all()
    assert map_.cursor_channel is not None


def test_another_model_takes_values_mask_and_cursor_away(map_: ChannelMap) -> None:
    press(map_, KEYS.Key_F)
    other = model(1)
    map_.set_layout(other)
    settle()
    assert map_.cursor_channel is None
    assert map_.pane.data is None
    map_.set_values(some_values(other))
    settle()
    assert map_.canvas.grid.layout is other


def test_every_control_has_a_name_and_is_reached_by_tab(map_: ChannelMap, layout) -> None:
    map_.set_mask(np.zeros(layout.total, bool))
    map_.tools.table_button.click()
    settle()
    kinds = (QAbstractButton, QComboBox, QLineEdit, QTableView)
    controls = [one for kind in kinds for one in map_.findChildren(kind) if one.isVisible()]
    controls += [map_.canvas, map_.pane.bar.strip]
    named = [one for one in controls if not isinstance(one.parent(), QTableView)]
    assert [one for one in named if not spoken_name(one)] == []
    reached = {map_.canvas}
    map_.canvas.setFocus()
    for _ in range(40):
        QTest.keyClick(QApplication.focusWidget(), KEYS.Key_Tab)
        reached.add(QApplication.focusWidget())
    exclusive = set(map_.tools.mode_buttons.values())  # a group is one stop
    missed = [one for one in named if one.isEnabled() and one not in reached | exclusive]
    assert missed == []

"""Parts of pages that follow the room there is: tabs in sight, and rows that bend."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from act_gui.pages.localize_parts.charts import Charts
from act_gui.widgets.bending_row import BendingRow
from act_gui.widgets.fitted_tabs import FittedTabs


def test_tabs_are_as_high_as_the_room_in_sight_or_as_the_page_that_is_shown(qtbot: QtBot) -> None:
    tabs = FittedTabs()
    qtbot.addWidget(tabs)
    low, high = QWidget(), QWidget()
    high.setMinimumHeight(2000)
    tabs.addTab(low, "low")
    tabs.addTab(high, "high")
    line = tabs.fontMetrics().lineSpacing()

    for room_px, height_px in ((0, 16 * line), (20 * line, 20 * line), (5000, 40 * line)):
        tabs.set_room(room_px)
        assert tabs.sizeHint().height() == height_px
        assert tabs.minimumSizeHint().height() == height_px
    tabs.setCurrentWidget(high)
    assert tabs.sizeHint().height() >= 2000 + tabs.tabBar().sizeHint().height()
    tabs.addTab(QLabel("words that break " * 9, wordWrap=True), "words")
    assert not tabs.hasHeightForWidth()


def test_a_row_bends_where_it_is_too_narrow_and_straightens_again(qtbot: QtBot) -> None:
    ground = QWidget()  # a window would not become narrower than its layout is now
    qtbot.addWidget(ground)
    row = BendingRow(ground)
    one, other = QPushButton("one of the left"), QPushButton("one of the right")
    row.left.addWidget(one)
    row.right.addWidget(other)
    ground.show()
    both_px = one.sizeHint().width() + other.sizeHint().width()

    for width_px, bends in ((2 * both_px, False), (both_px - 10, True), (2 * both_px, False)):
        row.resize(width_px, 200)
        qtbot.waitUntil(lambda bends=bends: (other.y() > one.y()) is bends)
    assert row.minimumSizeHint().width() < both_px


def test_charts_of_the_selection_go_below_the_curve_in_a_narrow_column(qtbot: QtBot) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    charts = Charts(ground)
    ground.show()
    em = charts.fontMetrics().height()

    charts.resize(40 * em, 30 * em)
    qtbot.waitUntil(lambda: charts.curve.y() == charts.layers.y() == charts.kinds.y())
    charts.resize(charts.minimumSizeHint().width(), 30 * em)
    qtbot.waitUntil(lambda: charts.layers.y() == charts.kinds.y() > charts.curve.y())
    assert charts.minimumSizeHint().width() < 24 * em

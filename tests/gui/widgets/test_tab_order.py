"""The order of the tab key where it is not that of the making."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from act_gui.widgets.tab_order import order_before, order_groups, order_inside
from tests.gui.access import walked


@pytest.fixture
def column(qtbot: QtBot) -> QWidget:
    """Two groups of two buttons in a window, and a label that no tab stops at."""
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    for group in ("first", "second"):
        part = QWidget(objectName=group)
        inner = QVBoxLayout(part)
        for place in ("top", "bottom"):
            inner.addWidget(QPushButton(f"{group} {place}"))
        inner.addWidget(QLabel("words"))
        layout.addWidget(part)
    window.show()
    return window


def texts(window: QWidget) -> list[str]:
    found = [widget.text() for widget in walked(window) if isinstance(widget, QPushButton)]
    start = found.index("first top")
    return found[start:] + found[:start]


def test_groups_follow_each_other_and_stay_as_they_are(column: QWidget) -> None:
    first, second = (column.findChild(QWidget, name) for name in ("first", "second"))
    third = QPushButton("third")
    column.layout().addWidget(third)
    third.show()

    order_groups(first, third, second)

    assert texts(column) == ["first top", "first bottom", "third", "second top", "second bottom"]


def test_what_is_made_later_can_come_before(column: QWidget) -> None:
    second = next(b for b in column.findChildren(QPushButton) if b.text() == "second top")
    added = [QPushButton(name) for name in ("one", "two")]
    for button in added:
        column.layout().addWidget(button)
        button.show()

    order_before(second, *added)

    assert texts(column) == [
        "first top", "first bottom", "one", "two", "second top", "second bottom",
    ]  # fmt: skip


def test_what_is_made_later_in_a_room_comes_where_the_room_stands(column: QWidget) -> None:
    room = column.findChild(QWidget, "first").findChild(QLabel)
    rows = QVBoxLayout(room)
    for name in ("one", "two"):
        rows.addWidget(QPushButton(name))
        rows.itemAt(rows.count() - 1).widget().show()

    order_inside(room)

    assert texts(column) == [
        "first top", "first bottom", "one", "two", "second top", "second bottom",
    ]  # fmt: skip

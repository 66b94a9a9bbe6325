"""Numbers as people write them, and what is none."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from act_gui.widgets.form_rows import FormRows
from act_gui.widgets.number_field import (
    FaultLine,
    NumberField,
    read_count,
    read_rate,
    read_share,
    read_size,
    write_count,
    write_rate,
    write_share,
    write_size,
)


@pytest.mark.parametrize(
    ("text", "number"), [("5 %", 0.05), ("5", 0.05), ("0.01%", 1e-4), ("100", 1.0), ("1e-2", 1e-4)]
)
def test_shares(text: str, number: float) -> None:
    assert read_share(text) == pytest.approx(number)


@pytest.mark.parametrize(
    ("text", "number"), [("1,234,567", 1_234_567), ("1.5 million", 1_500_000), ("12k", 12_000)]
)
def test_counts(text: str, number: int) -> None:
    assert read_count(text) == number


@pytest.mark.parametrize(
    ("text", "number"), [("12 MB", 12e6), ("500kB", 5e5), ("1.5 GB", 1.5e9), ("70", 70)]
)
def test_sizes(text: str, number: float) -> None:
    assert read_size(text) == number


@pytest.mark.parametrize("text", ["", "many", "0", "-1", "1.5", "nan", "1..2", "3 apples"])
def test_what_is_no_count_says_why(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        read_count(text)


@pytest.mark.parametrize("text", ["", "0", "1.5", "-1e-4", "1 %", "fast"])
def test_what_is_no_rate_says_why(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1e-4"):
        read_rate(text)


@pytest.mark.parametrize("share", [1e-4, 0.0123, 0.05, 0.3333, 1.0])
def test_what_is_written_is_read_again(share: float) -> None:
    assert read_share(write_share(share)) == pytest.approx(share, rel=1e-3)
    assert read_rate(write_rate(share)) == pytest.approx(share, rel=1e-2)
    assert read_count(write_count(1e6 * share)) == int(1e6 * share)
    assert read_size(write_size(1e6 * share)) == pytest.approx(1e6 * share, rel=1e-2)


def test_the_field_speaks_once_and_only_of_numbers(qtbot: QtBot) -> None:
    field = NumberField("Tokens", read_count, write_count, empty="Automatic")
    qtbot.addWidget(field)
    field.show()
    heard: list[object] = []
    field.number_chosen.connect(heard.append)
    field.set_number(100)

    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert heard == []  # nothing was written
    field.selectAll()
    qtbot.keyClicks(field, "x")
    assert field.property("invalid") is True
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert heard == []
    field.selectAll()
    qtbot.keyClicks(field, "2,000")
    assert field.property("invalid") is False
    qtbot.keyClick(field, Qt.Key.Key_Return)
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert heard == [2000, None]


def test_a_number_from_outside_does_not_overwrite_what_is_being_written(qtbot: QtBot) -> None:
    field = NumberField("Tokens", read_count, write_count)
    qtbot.addWidget(field)
    field.show()
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "12")
    field.set_number(99)
    assert field.text() == "12"


def test_a_fault_is_said_in_place_and_the_explanation_comes_back(qtbot: QtBot) -> None:
    window = QWidget()
    rows, field = FormRows(), NumberField("Tokens", read_count, write_count)
    rows.add("Tokens", field, "Of each ability.")
    window.setLayout(rows)
    qtbot.addWidget(window)
    window.show()
    field.set_number(5)
    (line,) = window.findChildren(FaultLine)
    assert not line.isVisible()

    field.selectAll()
    qtbot.keyClicks(field, "many")
    assert line.isVisible()
    assert line.text() == field.toolTip() == "Give a whole number of at least 1."
    assert line.y() > field.y()
    field.selectAll()
    qtbot.keyClicks(field, "12")
    assert not line.isVisible()
    assert field.toolTip() == field.accessibleDescription() == "Of each ability."

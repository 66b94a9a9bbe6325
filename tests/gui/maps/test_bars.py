from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from act_gui.maps.bars import AbilityBars, BarRow
from act_gui.maps.kinds import Kind
from act_gui.theme import DARK, LIGHT
from tests.gui.maps.drawn import at, colours_seen, cut_labels, same_colour, settle, shown, theme

ROLES = {"German": "bring", "English": "keep"}
CANDIDATES: tuple[tuple[str, Kind], ...] = (
    ("target (before)", "target"),
    ("german (specialist)", "specialist"),
    ("result (after)", "result"),
    ("random mask", "control"),
)


def rows_of(measures: tuple[str, ...] = ("loss", "exact")) -> list[BarRow]:
    found = []
    for ability in ROLES:
        for number, (name, kind) in enumerate(CANDIDATES):
            for measure in measures:
                value = 2.0 + 0.5 * number if measure == "loss" else 0.2 * (number + 1)
                found.append(BarRow(name, ability, measure, value, value - 0.1, value + 0.15, kind))
    return found


@pytest.fixture
def bars(qtbot: QtBot) -> AbilityBars:
    widget = AbilityBars()
    widget.set_rows(rows_of(), ROLES)
    return shown(qtbot, widget, 640, 480)


def test_the_words_give_role_direction_and_intervals(bars: AbilityBars) -> None:
    said = bars.chart.accessibleDescription()
    assert said.startswith("Loss in nats per token, lower is better.")
    assert "German (bring over): target (before): 2.000 (1.900 to 2.150)" in said
    assert "English (keep)" in said


def test_bars_are_as_long_as_their_values_in_the_colour_of_their_kind(bars: AbilityBars) -> None:
    chart = bars.chart
    image = chart.grab().toImage()
    row = next(n for n, r in enumerate(chart._rows) if r.kind == "result")
    place = chart._places[row] + 0.25  # beside the whisker
    colour = chart._colours.series[1]
    assert same_colour(image.pixelColor(at(chart, 0.95 * 3.0, place)), colour)
    assert not same_colour(image.pixelColor(at(chart, 1.02 * 3.0, place)), colour)


def test_another_measure_is_chosen_by_keyboard(bars: AbilityBars, qtbot: QtBot) -> None:
    assert bars.chooser.isVisible()
    assert bars.chooser.accessibleName() == "Measure"
    bars.chooser.setFocus()
    qtbot.keyClick(bars.chooser, Qt.Key.Key_Down)
    said = bars.chart.accessibleDescription()
    assert said.startswith("exact match, share of items, higher is better.")
    assert "result (after): 60.0 % (50.0 to 75.0)" in said
    bars.set_rows(rows_of(), ROLES)
    assert bars.chooser.currentData() == "exact"  # new figures keep the choice


def test_one_measure_needs_no_chooser(bars: AbilityBars) -> None:
    bars.set_rows(rows_of(("loss",)), ROLES)
    assert not bars.chooser.isVisible()


def test_figures_without_interval_or_value(bars: AbilityBars) -> None:
    rows = [
        BarRow("target", "German", "loss", 2.0, None, None, "target"),
        BarRow("result", "German", "loss", math.nan, None, None, "result"),
    ]
    bars.set_rows(rows, ROLES)
    settle()
    said = bars.chart.accessibleDescription()
    assert "target: 2.000." in said
    assert "result" not in said


def test_arrow_keys_and_pointer_show_a_row(bars: AbilityBars, qtbot: QtBot) -> None:
    chart = bars.chart
    qtbot.keyClick(chart, Qt.Key.Key_Down)
    assert "target (before)" in chart._card.text()
    qtbot.keyClick(chart, Qt.Key.Key_Down)
    assert "german (specialist)" in chart._card.text()
    QTest.mouseMove(chart, at(chart, 1.0, chart._places[-1]))
    assert "random mask" in chart._card.text()
    assert "English, loss: 3.500 (3.400 to 3.650)" in chart._card.text()


def test_names_are_text_not_markup(bars: AbilityBars, qtbot: QtBot) -> None:
    bars.set_rows([BarRow("<b>x</b>", "<i>", "loss", 1.0, None, None, "control")], {})
    qtbot.keyClick(bars.chart, Qt.Key.Key_Down)
    assert "&lt;b&gt;x" in bars.chart._card.text()
    assert "&lt;i&gt;" in bars.chart._card.text()


def test_twelve_candidates_at_the_largest_font_keep_their_rows(qtbot: QtBot) -> None:
    rows = [
        BarRow(f"candidate, long name {n}", ability, "loss", 1 + n, n + 0.5, n + 1.5, "control")
        for ability in ("German", "An ability whose name is rather long")
        for n in range(12)
    ]
    with theme("light", 200):
        widget = AbilityBars()
        widget.set_rows(rows, {"German": "bring"})
        shown(qtbot, widget, 560, 300)
        chart = widget.chart
        assert not cut_labels(chart)
        [(_, places)] = chart._names.tickValues(*chart._names.range, chart.plot.vb.height())
        assert len(places) == len(rows)
        for _, heading in chart._headings.values():
            assert heading.x() + heading.boundingRect().width() <= chart.view.width()


def test_a_theme_switch_paints_again(bars: AbilityBars) -> None:
    with theme("light"):
        assert LIGHT.series[1] in colours_seen(bars.chart)
    with theme("dark"):
        seen = colours_seen(bars.chart)
        assert DARK.series[1] in seen
        assert LIGHT.series[1] not in seen


def test_an_empty_state_takes_the_place_of_bars_and_chooser(bars: AbilityBars) -> None:
    bars.set_empty("Run the evaluation first.")
    settle()
    assert not bars.chooser.isVisible()
    assert not bars.chart.view.isVisible()
    assert bars.chart.accessibleDescription() == "Run the evaluation first."

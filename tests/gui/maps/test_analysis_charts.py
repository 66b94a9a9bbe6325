"""Charts of findings: lines with intervals, matrices, densities, dots, bars beside chance."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from act_core.analysis.findings import Dot
from act_core.report.blocks import Bar, HeatMap, Line, LineChart, Matrix, MatrixCell, Point
from act_gui.maps.axes import RoundLogAxis
from act_gui.maps.chance_bars import ChanceBars, ChanceBarsChart
from act_gui.maps.dots import Dots, DotsChart
from act_gui.maps.heat import HeatChart
from act_gui.maps.lines import LinesChart
from act_gui.maps.matrix import MatrixChart
from act_gui.maps.shades import pooled, shaded
from act_gui.theme import DARK, LIGHT
from tests.gui.maps.drawn import at, colours_seen, cut_labels, settle, shown, theme

_LINES = LineChart(
    "Overlap",
    (
        Line("attributed", (Point(0.01, 0.4, 0.3, 0.5), Point(0.1, 0.8, 0.7, 0.9)), "main"),
        Line("weight", (Point(0.01, 0.2), Point(0.1, 0.5))),
        Line("equal", (Point(0.01, 0.01), Point(0.1, 0.1)), "chance"),
    ),
    "share of channels",
    log=(True, False),
)
_MATRIX = Matrix(
    "Overlap of masks",
    "mask of",
    ("english", "adding"),
    ("english", "adding"),
    (
        (MatrixCell(0.6, "60 % (50 % to 70 %)\nby chance 5 %"), MatrixCell(-1.0, "-100 %")),
        (MatrixCell(0.1, "10 % (5 % to 15 %)\nby chance 5 %"), MatrixCell(math.nan, "–")),
    ),
)


def test_lines_say_values_with_intervals_to_keys_words_and_files(
    qtbot: QtBot, tmp_path: Path
) -> None:
    chart = LinesChart((True, False), (True, True))
    chart.set_chart(_LINES)
    shown(qtbot, chart)

    QTest.mouseMove(chart, at(chart, math.log10(0.1), 0.8))
    assert "attributed" in chart._card.text()
    assert "at 10 % 80 % (70 % to 90 %)" in chart._card.text()
    qtbot.keyClick(chart, Qt.Key.Key_End)
    assert "weight" in chart._card.text()  # chance has no spots
    assert "attributed: at 1 % 40 % (30 % to 50 %); at 10 %" in chart.accessibleDescription()
    chart.writer(tmp_path / "lines.csv")()
    rows = list(csv.DictReader((tmp_path / "lines.csv").read_text("utf-8").splitlines()))
    assert (rows[1]["value"], rows[1]["low"], rows[4]["role"]) == ("0.8", "0.7", "chance")


def test_what_a_growing_axis_cannot_show_is_left_out(qtbot: QtBot) -> None:
    chart = LinesChart((True, True), (False, True))
    points = (Point(1.0, 0.5, 0.0, 1.0), Point(2.0, 0.0), Point(0.0, 0.1))
    chart.set_chart(LineChart("x", (Line("a", points, "main"),), "x", (False, True), (True, True)))
    shown(qtbot, chart)

    assert chart.lines[0].points == points[:1]
    assert chart.plot.vb.viewRange()[1][1] >= 0.0  # the interval up to 1 is inside


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.5), (-2.0, 0.0), (-6.0, 2.0), (1.05, 1.25)])
def test_ticks_of_a_growing_axis_are_round_and_have_room(
    low: float, high: float, qtbot: QtBot
) -> None:
    axis = RoundLogAxis("bottom", lambda power: f"{10**power:g}")
    axis.setRange(low, high)
    ((_, ticks),) = axis.tickValues(low, high, 500.0)

    digits = {f"{10**tick:.0e}"[0] for tick in ticks}
    assert digits <= {"1", "2", "5"}
    gaps = np.diff(ticks) * 500 / (high - low)
    assert not len(gaps) or gaps.min() >= axis._room_px()


def test_matrix_writes_what_fits_and_says_all(qtbot: QtBot, tmp_path: Path) -> None:
    chart = MatrixChart()
    chart.set_matrix(_MATRIX)
    shown(qtbot, chart, 620, 360)

    written = {(row, column): item.text() for row, column, item in chart._writing}
    assert written[0, 0] == _MATRIX.cells[0][0].text
    chart.resize(300, 200)
    settle()
    assert next(item for _, _, item in chart._writing).text() in ("60 %", "60 %\nby chance 5 %")
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    assert "by chance 5 %" in chart._card.text()
    assert "adding, english: 10 % (5 % to 15 %), by chance 5 %." in chart.accessibleDescription()
    chart.writer(tmp_path / "matrix.csv")()
    rows = list(csv.DictReader((tmp_path / "matrix.csv").read_text("utf-8").splitlines()))
    assert [row["shade"] for row in rows] == ["0.6", "-1.0", "0.1", "nan"]


def test_a_large_matrix_is_pooled_and_writes_nothing(qtbot: QtBot) -> None:
    table = np.random.default_rng(0).random((1024, 700))
    small = pooled(table)
    assert small.shape == (512, 512)
    assert small[:, 0] == pytest.approx(table[:, 0].reshape(512, 2).mean(axis=1))

    chart = MatrixChart()
    names = tuple(map(str, range(40)))
    cells = tuple(tuple(MatrixCell(0.5, "50 %") for _ in names) for _ in names)
    chart.set_matrix(Matrix("m", "", names, names, cells))
    shown(qtbot, chart)
    assert chart._writing == []
    qtbot.keyClick(chart, Qt.Key.Key_End)
    assert "39 · 39" in chart._card.text()


def test_shades_grow_with_the_value_and_differ_by_sign(qtbot: QtBot) -> None:
    for colours in (LIGHT, DARK):
        found = shaded([[0.0, 0.5, 1.0, -1.0, math.nan]], colours, 1.0)[0]
        hexed = ["#" + bytes(one).hex() for one in found]
        assert (hexed[0], hexed[4]) == (colours.surface, colours.surface)
        assert (hexed[2], hexed[3]) == (colours.series[0], colours.series[1])


def test_heat_says_a_cell_and_its_ranks(qtbot: QtBot) -> None:
    chart = HeatChart()
    cells = tuple(tuple(float(row == column) for column in range(4)) for row in range(4))
    chart.set_map(HeatMap("ranks", "rank by weight", "rank by matched", cells, "The darker."))
    shown(qtbot, chart)

    QTest.mouseMove(chart, at(chart, 0.9, 0.9))
    assert "rank by weight: 75 % – 100 %" in chart._card.text()
    assert "100 % of the strongest colour" in chart._card.text()
    said = chart.accessibleDescription()
    assert "cells have 100 % of the full colour on average; over all 25 %" in said


def test_dots_are_counted_by_mask_and_fit_their_axes(qtbot: QtBot) -> None:
    signed = (Dot(1.0, -2.0, "neither"), Dot(0.0, 1.0, "weight"), Dot(10.0, 3.0, "both"))
    dots = Dots("some", "weight", "score", signed)
    assert dots.log == (True, False)
    chart = DotsChart(dots.log)
    chart.set_dots(dots)
    shown(qtbot, chart)

    assert chart._spot_count() == 2  # a weight of zero has no place on a growing axis
    assert "in neither mask: 1, in the weight mask: 0" in chart.accessibleDescription()
    QTest.mouseMove(chart, at(chart, 1.0, 3.0))
    assert "weight 10, score 3" in chart._card.text()


def test_bars_stand_beside_their_own_chance(qtbot: QtBot) -> None:
    chart = ChanceBarsChart()
    bars = (Bar("q", 0.3, "30 % (20 % to 40 %)", 0.2, 0.4), Bar("down", -0.1, "-10 %"))
    chart.set_bars(ChanceBars("Overlap", bars, (0.1, 0.2)))
    shown(qtbot, chart)

    assert chart.accessibleDescription().startswith("q: 30 % (20 % to 40 %), by chance 10 %.")
    left, right = chart.plot.vb.viewRange()[0]
    assert left < -0.1
    assert right > 0.4
    xs, ys = chart._chance.getData()
    assert (list(xs), ys.mean()) == ([0.1, 0.1, 0.2, 0.2], pytest.approx(0.5))
    QTest.mouseMove(chart, at(chart, 0.0, 1.0))
    assert "down: -10 %, by chance 20 %" in chart._card.text()


@pytest.mark.parametrize("kind", ["lines", "matrix", "bars"])
def test_theme_and_largest_font(kind: str, qtbot: QtBot) -> None:
    if kind == "lines":
        lines = LinesChart((True, False), (True, True))
        lines.set_chart(_LINES)
        chart = shown(qtbot, lines)
    elif kind == "matrix":
        matrix = MatrixChart()
        matrix.set_matrix(_MATRIX)
        chart = shown(qtbot, matrix)
    else:
        bars = ChanceBarsChart()
        bars.set_bars(ChanceBars("b", (Bar("q", 0.3, "30 %"),), (0.1,)))
        chart = shown(qtbot, bars)
    with theme("dark", 200):
        seen = colours_seen(chart)
        assert kind == "matrix" or DARK.series[0] in seen
        assert LIGHT.series[0] not in seen
        chart.resize(420, 320)
        settle()
        assert not cut_labels(chart)

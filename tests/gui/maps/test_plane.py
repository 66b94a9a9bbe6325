from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from act_core.report.plane import PlanePoint, PointKind, front
from act_gui.maps.plane import RecoveredLostPlane
from act_gui.theme import DARK, LIGHT
from tests.gui.maps.drawn import at, colours_seen, cut_labels, settle, shown, theme

LEFT = Qt.MouseButton.LeftButton


def point(
    name: str,
    kind: PointKind,
    recovered: float,
    lost: float,
    group: str = "",
    share: float | None = None,
) -> PlanePoint:
    return PlanePoint(
        name, kind, group,
        recovered, recovered - 0.05, recovered + 0.05, lost, lost - 0.02, lost + 0.02,
        detail=f"about {name}", share=share, strength=None if share is None else 1.0,
    )  # fmt: skip


POINTS = (
    point("target", "target", 0.0, 0.0),
    point("german", "specialist", 1.0, 0.6),
    point("result", "result", 0.8, 0.1),
    point("random", "control", 0.1, 0.3),
    point("attributed 10 %", "point", 0.7, 0.2, "attributed", 0.1),
    point("attributed 2 %", "point", 0.4, 0.05, "attributed", 0.02),
)


@pytest.fixture
def plane(qtbot: QtBot) -> RecoveredLostPlane:
    chart = RecoveredLostPlane()
    chart.set_points(POINTS)
    return shown(qtbot, chart, 560, 440)


@pytest.mark.parametrize("wanted", POINTS, ids=lambda found: found.name)
def test_a_click_chooses_the_point(
    plane: RecoveredLostPlane, qtbot: QtBot, wanted: PlanePoint
) -> None:
    with qtbot.waitSignal(plane.point_chosen) as chosen:
        qtbot.mouseClick(plane, LEFT, pos=at(plane, wanted.lost, wanted.recovered))
    assert chosen.args == [wanted.name]


def test_a_click_beside_all_points_chooses_none(plane: RecoveredLostPlane, qtbot: QtBot) -> None:
    chosen: list[str] = []
    plane.point_chosen.connect(chosen.append)
    qtbot.mouseClick(plane, LEFT, pos=at(plane, 0.5, 0.5))
    qtbot.mouseClick(plane, Qt.MouseButton.RightButton, pos=at(plane, 0.1, 0.8))
    assert not chosen


def test_arrows_step_by_growing_loss_and_enter_chooses(
    plane: RecoveredLostPlane, qtbot: QtBot
) -> None:
    chosen: list[str] = []
    plane.point_chosen.connect(chosen.append)
    qtbot.keyClick(plane, Qt.Key.Key_Return)
    assert not chosen  # nothing is pointed at yet
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Right, Qt.Key.Key_Enter):
        qtbot.keyClick(plane, key)
    assert chosen == ["target", "attributed 2 %"]


def test_the_card_says_shares_with_intervals(plane: RecoveredLostPlane) -> None:
    QTest.mouseMove(plane, at(plane, 0.1, 0.8))
    text = plane._card.text()
    assert "<b>result</b> · result" in text
    assert "recovered 80.0 % (75.0 to 85.0)" in text
    assert "lost 10.0 % (8.0 to 12.0)" in text
    assert "about result" in text
    assert plane.cursor().shape() == Qt.CursorShape.PointingHandCursor


def test_points_appear_live_and_replace_their_namesake(
    plane: RecoveredLostPlane, qtbot: QtBot
) -> None:
    plane.add_point(point("contrast 5 %", "point", 0.55, 0.45, "contrast", 0.05))
    plane.add_point(point("result", "result", 0.9, 0.12))
    settle()
    assert len(plane._shown) == len(POINTS) + 1
    assert "contrast" in plane._caption.text()
    with qtbot.waitSignal(plane.point_chosen) as chosen:
        qtbot.mouseClick(plane, LEFT, pos=at(plane, 0.45, 0.55))
    assert chosen.args == ["contrast 5 %"]
    assert "result (result): recovered 90.0 %" in plane.accessibleDescription()


def test_who_stands_on_a_point_stays_there_while_others_appear(
    plane: RecoveredLostPlane, qtbot: QtBot
) -> None:
    qtbot.keyClick(plane, Qt.Key.Key_End)
    plane.add_point(point("early", "point", 0.3, 0.01, "contrast", 0.01))
    assert plane._card.isVisible()
    with qtbot.waitSignal(plane.point_chosen) as chosen:
        qtbot.keyClick(plane, Qt.Key.Key_Return)
    assert chosen.args == ["german"]


def test_symbols_are_drawn_as_lines_in_svg(plane: RecoveredLostPlane, tmp_path: Path) -> None:
    plane.writer(tmp_path / "plane.svg")()
    drawing = (tmp_path / "plane.svg").read_text()
    assert "<image" not in drawing
    assert drawing.count(plane._colours.series[1]) >= 1


def test_a_series_is_connected_by_growing_share(plane: RecoveredLostPlane) -> None:
    lines = [item.getData()[0].tolist() for item in plane._bars if item.opts["connect"] == "all"]
    assert lines == [[0.05, 0.2]]


def test_points_without_a_place_are_counted(plane: RecoveredLostPlane) -> None:
    plane.add_point(point("unclear", "control", math.nan, 0.1))
    settle()
    assert "Not shown, without a clear gap: 1" in plane._caption.text()
    assert len(plane._shown) == len(POINTS)


def test_missing_and_endless_intervals_do_not_break_the_axes(plane: RecoveredLostPlane) -> None:
    plane.set_points(
        [
            PlanePoint("a", "control", "", 0.5, None, None, 0.2, -math.inf, math.inf),
            PlanePoint("b", "control", "", 0.4, -80.0, 90.0, 0.3, 0.2, 0.4),
        ]
    )
    settle()
    (left, right), (bottom, top) = plane.plot.vb.viewRange()
    assert right - left < 3
    assert top - bottom < 3


def test_the_front_holds_what_none_beats_in_both() -> None:
    assert [p.name for p in front(POINTS)] == ["target", "attributed 2 %", "result", "german"]


def test_the_words_name_every_candidate(plane: RecoveredLostPlane) -> None:
    said = plane.accessibleDescription()
    assert "random (control): recovered 10.0 %, lost 30.0 %." in said
    assert "result (result): recovered 80.0 %, lost 10.0 %, none better in both" in said


def test_a_theme_switch_paints_again(plane: RecoveredLostPlane) -> None:
    with theme("light"):
        assert LIGHT.series[1] in colours_seen(plane)
    with theme("dark"):
        seen = colours_seen(plane)
        assert DARK.series[1] in seen
        assert LIGHT.series[1] not in seen


def test_texts_are_whole_at_the_largest_font(plane: RecoveredLostPlane) -> None:
    with theme("dark", 200):
        plane.resize(420, 300)
        settle()
        assert not cut_labels(plane)


def test_a_limit_and_dropped_points_are_told_apart(qtbot: QtBot) -> None:
    dropped = dataclasses.replace(point("early", "point", 0.95, 0.01, "attributed"), dropped=True)
    chart = RecoveredLostPlane()
    chart.set_points((*POINTS, dropped))
    chart.set_limit(0.15)
    shown(qtbot, chart, 560, 440)
    assert "early" not in {one.name for one in front((*POINTS, dropped))}
    said = chart.accessibleDescription() or chart._words()
    assert "dropped early" in said
    assert "Limit of what may be lost: 15.0 %" in said
    lines = chart._most
    assert lines.isVisible()
    assert lines.value() == 0.15
    chart.set_limit(None)
    assert not lines.isVisible()

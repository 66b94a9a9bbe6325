"""Evaluate: figures with controls, the plane, sweeps, and adopting a point."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from act_gui.pages.evaluate_page import EvaluatePage
from act_gui.stages import StageState
from tests.gui.finished import finished_demo

_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def localized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo project with its masks."""
    folder = tmp_path_factory.mktemp("localized") / "project"
    finished_demo(folder, "localize")
    return folder


@pytest.fixture
def page(
    qtbot: QtBot, make_context: Callable[..., Any], localized: Path, tmp_path: Path
) -> EvaluatePage:
    """The page of a copy of that project."""
    folder = tmp_path / "project"
    shutil.copytree(localized, folder)
    shown = EvaluatePage(make_context(folder))
    qtbot.addWidget(shown)
    shown.resize(1000, 800)
    shown.show()
    return shown


def test_measures_and_shows_every_candidate_in_all_three_ways(
    page: EvaluatePage, qtbot: QtBot
) -> None:
    live: list[str] = []
    page.context.jobs.event.connect(lambda _job, event: live.append(type(event).__name__))
    qtbot.mouseClick(page.measure_button, _LEFT)
    with qtbot.waitSignal(page.context.jobs.finished, timeout=120_000):
        pass

    assert live.count("Metric") > 10
    assert page.context.states()["evaluate"] is StageState.DONE
    assert page.verdict.text().startswith("The result ")
    first = [page.figures.table.item(row, 0).text() for row in range(4)]  # type: ignore[union-attr]
    assert first == ["target (before)", "base (specialist)", "result (after)", "random mask"]
    assert {"base", "result", "random", "weight"} <= set(page._points)
    assert page.report_button.isEnabled()

    page.controls.controls["random"].click()

    assert page.context.states()["evaluate"] is StageState.STALE
    assert page.stale_note.isVisible()


def test_a_sweep_shows_points_live_and_a_point_can_be_adopted(
    page: EvaluatePage, qtbot: QtBot
) -> None:
    for field, text in ((page.sweep_form.shares, "10, 20"), (page.sweep_form.strengths, "0.5")):
        field.selectAll()
        qtbot.keyClicks(field, text)
    page.sweep_form.scorers["matched"].click()  # only attributed stays
    assert page.sweep_form.words.text() == "2 candidates"
    qtbot.mouseClick(page.sweep_form.start_button, _LEFT)
    with qtbot.waitSignal(page.context.jobs.finished, timeout=120_000):
        pass

    assert {"attributed 10 % × 0.5", "attributed 20 % × 0.5"} <= set(page._points)

    page.figures.point_chosen.emit("attributed 10 % × 0.5")
    qtbot.mouseClick(page.adopt_bar.adopt_button, _LEFT)

    draft = page.context.project.draft
    assert draft.localize.budget.share == 0.1
    assert (draft.localize.scorer, draft.transfer.strength) == ("attributed", 0.5)
    with qtbot.waitSignal(page.context.jobs.finished, timeout=60_000):
        pass
    assert page.context.states()["localize"] is StageState.DONE


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("shares", "5, many", "write numbers"),
        ("shares", "", "numbers above 0"),
        ("shares", "140", "up to 100"),
        ("strengths", "0", "numbers above 0"),
        ("strengths", "3", "up to 2"),
    ],
)
def test_wrong_numbers_are_told_beside_the_button(
    page: EvaluatePage, qtbot: QtBot, field: str, text: str, said: str
) -> None:
    line = getattr(page.sweep_form, field)
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClicks(line, text)

    assert said in page.sweep_form.words.text()
    assert not page.sweep_form.start_button.isEnabled()


def test_a_control_cannot_be_adopted(page: EvaluatePage) -> None:
    page.adopt_bar.show_point("random mask", None)

    assert page.adopt_bar.isVisible()
    assert not page.adopt_bar.adopt_button.isVisible()

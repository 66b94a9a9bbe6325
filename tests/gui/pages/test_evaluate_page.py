"""Evaluate: figures with controls, the plane, sweeps, and adopting a point."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from act_core.events import Measured
from act_core.pipeline.points import GatesPoint
from act_core.recipe import load_recipe
from act_gui.pages.evaluate_page import EvaluatePage
from act_gui.stages import StageState

_LEFT = Qt.MouseButton.LeftButton


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
    page: EvaluatePage, qtbot: QtBot, tmp_path: Path
) -> None:
    told = page.time_words
    qtbot.waitUntil(lambda: "a rough estimate" in told.text(), timeout=60_000)
    assert "tried out just now on" in told.toolTip()
    assert "a rough estimate" in page.sweep_form.words.text()
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
    assert told.text()
    assert "rough" not in told.text()  # as long as it took
    saved = tmp_path / "mine.html"
    qtbot.mouseClick(page.save_button, _LEFT)
    (dialog,) = page.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(saved))
    dialog.close()
    qtbot.waitUntil(saved.is_file)
    assert "<h2>Result</h2>" in saved.read_text("utf-8")

    samples = page.context.project.run.path / "samples"
    shutil.rmtree(samples)
    page.figures.tabs.setCurrentWidget(page.samples)
    qtbot.waitUntil(lambda: "without keeping samples" in page.samples.empty.text.text())
    with qtbot.waitSignal(page.context.jobs.finished, timeout=120_000):
        qtbot.mouseClick(page.samples.empty.button, _LEFT)
    qtbot.waitUntil(lambda: page.samples.sample is not None)
    assert page.samples.table.samples.rowCount() == 12
    assert (samples / "cipher.jsonl").is_file()

    page.controls.controls["random"].click()

    assert page.context.states()["evaluate"] is StageState.STALE
    assert page.stale_note.isVisible()
    assert page.samples.table.isVisible()  # those of the figures that are shown


def test_a_sweep_shows_points_live_and_recommends_what_can_be_adopted(
    page: EvaluatePage, qtbot: QtBot
) -> None:
    form = page.sweep_form
    form.halving.setChecked(False)
    for field, text in ((form.shares, "10, 20"), (form.strengths, "0.5")):
        field.selectAll()
        qtbot.keyClicks(field, text)
    form.scorers["matched"].click()  # only attributed stays
    assert form.words.text().startswith("2 candidates")
    limit = form.limits["cipher"]
    limit.selectAll()
    qtbot.keyClicks(limit, "much")
    qtbot.keyClick(limit, Qt.Key.Key_Return)
    assert form.limit_fault.isVisible()
    limit.selectAll()
    qtbot.keyClicks(limit, "60 %")
    qtbot.keyClick(limit, Qt.Key.Key_Return)
    assert page.context.project.draft.evaluate.limits["cipher"] == 0.6
    assert not form.limit_fault.isVisible()
    parts: list[float] = []
    page.context.jobs.event.connect(
        lambda _job, event: parts.append(event.part) if isinstance(event, Measured) else None
    )
    qtbot.mouseClick(form.start_button, _LEFT)
    with qtbot.waitSignal(page.context.jobs.finished, timeout=300_000):
        pass

    assert set(parts) == {1.0}
    assert {"attributed 10 % × 0.5", "attributed 20 % × 0.5"} <= set(page.sweep_view.names)
    assert page.figures.tabs.currentWidget() is page.sweep_view
    assert page.recommendation.isVisible()
    assert "Limit: lose at most 60 % of cipher" in page.recommendation.words.text()
    assert "about" in form.words.text() or "seconds" in form.words.text()
    assert page.time_words.text()
    command = page.recommendation.command
    qtbot.mouseClick(command.copy_button, _LEFT)
    act, *arguments = shlex.split(QGuiApplication.clipboard().text())
    assert (act, arguments[0]) == ("act", "sweep")
    again = load_recipe(Path(arguments[1]))
    assert again.run == page.context.project.run.path
    assert again.evaluate.limits == page.context.project.draft.evaluate.limits
    assert arguments[2:] == [
        "--share=0.1", "--share=0.2", "--strength=0.5", "--scorer=attributed", "--no-halving",
    ]  # fmt: skip

    page.sweep_view.plane.point_chosen.emit("attributed 10 % × 0.5")
    qtbot.mouseClick(page.sweep_view.adopt_bar.adopt_button, _LEFT)

    draft = page.context.project.draft
    assert draft.localize.budget.share == 0.1
    assert (draft.localize.scorer, draft.transfer.strength) == ("attributed", 0.5)
    with qtbot.waitSignal(page.context.jobs.finished, timeout=60_000):
        pass
    assert page.context.states()["localize"] is StageState.DONE


def test_more_axes_make_more_candidates(page: EvaluatePage, qtbot: QtBot) -> None:
    form = page.sweep_form
    before = len(form.points())
    qtbot.keyClicks(form.prices, "0, 1")
    assert len(form.points()) == before + before // 2  # of attributed, half of the first choice
    form.gates.click()
    form.gate_prices.selectAll()
    qtbot.keyClicks(form.gate_prices, "0, 0.1, 0.2")
    gates = [point for point in form.points() if isinstance(point, GatesPoint)]
    assert [point.settings.l1 for point in gates] == [0, 0.1, 0.2]
    assert not any(box.isVisibleTo(form) for box in form.policies.values())  # one specialist

    page.sweep_view.adopted.emit(gates[1])

    assert page.context.project.draft.gates == gates[1].settings


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


def test_tasks_stand_below_the_own_figures(page: EvaluatePage) -> None:
    tasks = page.figures.tasks
    page.figures.tabs.setCurrentIndex(2)
    assert not tasks.isVisible()
    figure = {"task": "mine", "metric": "acc", "value": 0.5, "error": 0.125, "items": 16}
    figures = [{"candidate": name, **figure} for name in ("target", "result")]
    found = {"harness": "0.4", "missing": "", "figures": figures}
    metrics = {"abilities": {}, "models": {"specialists": {}}, "figures": [], "shares": []}

    page.figures.show_metrics({**metrics, "tasks": found})

    assert tasks.isVisible()
    cells = [tasks.table.item(0, column).text() for column in range(5)]  # type: ignore[union-attr]
    assert cells == ["mine", "acc", "16", "0.5000 ± 0.1250", "0.5000 ± 0.1250"]
    assert "standard error" in tasks.words.text()
    missing = {"missing": "lm-evaluation-harness is not installed.", "figures": []}
    page.figures.show_metrics({**metrics, "tasks": missing})
    assert not tasks.table.isVisible()
    assert tasks.words.text() == missing["missing"]


def test_a_control_cannot_be_adopted(page: EvaluatePage) -> None:
    page.adopt_bar.show_point("random mask", None)

    assert page.adopt_bar.isVisible()
    assert not page.adopt_bar.adopt_button.isVisible()

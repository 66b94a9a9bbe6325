"""Closing while a job runs, and unfinished jobs after that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from act_core.cancel import CancelToken
from act_core.events import EventSink
from act_gui.jobs.close_dialog import CloseDialog
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.works import WORKS

MakeWindow = Callable[..., Any]


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Jobs of the kind `wait` end when the gate is opened, or when they are stopped."""
    gate = threading.Event()

    def wait(_spec: JobSpec, _emit: EventSink, token: CancelToken) -> str:
        while not gate.wait(0.005):
            token.raise_if_cancelled()
        return "done"

    monkeypatch.setitem(WORKS, "wait", wait)  # type: ignore[arg-type] # a dict behind its type
    yield gate
    gate.set()


@pytest.fixture
def busy(make_window: MakeWindow, gate: threading.Event, tmp_path: Path, qtbot: QtBot) -> Any:
    window = make_window()
    window.desk.create(tmp_path / "project")
    jobs = window.context.jobs
    number = jobs.submit(JobSpec("wait", "A long walk", "files"))
    qtbot.waitUntil(lambda: jobs.view(number).state == "running")
    return window


def answer(button: str, asked: list[str]) -> None:
    """Click a button of the question as soon as it is asked."""

    def click() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, CloseDialog):
            QTimer.singleShot(5, click)
            return
        asked.append(button)
        getattr(dialog, button).click()

    QTimer.singleShot(0, click)


def test_keep_working_keeps_the_window_open(busy: Any) -> None:
    asked: list[str] = []
    answer("keep_button", asked)

    busy.close()

    assert asked == ["keep_button"]
    assert busy.isVisible()
    assert busy.context is not None


def test_stopped_jobs_come_back_paused(busy: Any, tmp_path: Path) -> None:
    answer("stop_button", [])
    busy.close()
    assert not busy.isVisible()

    busy.desk.open(tmp_path / "project")

    (view,) = busy.context.jobs.jobs()
    assert (view.state, view.spec.title) == ("paused", "A long walk")
    assert "Unfinished jobs: 1" in busy.parts.notice_area.banners[0].accessibleName()


def test_waiting_closes_the_window_when_the_jobs_are_done(
    busy: Any, gate: threading.Event, qtbot: QtBot
) -> None:
    answer("wait_button", [])
    busy.close()
    assert busy.isVisible()

    gate.set()

    qtbot.waitUntil(lambda: not busy.isVisible())


def test_waiting_closes_only_the_project_where_that_was_wished(
    busy: Any, gate: threading.Event, qtbot: QtBot
) -> None:
    answer("wait_button", [])
    busy.commands.action("close").trigger()
    assert busy.context is not None

    gate.set()

    qtbot.waitUntil(lambda: busy.context is None)
    assert busy.isVisible()


def test_another_project_is_not_opened_over_a_running_job(busy: Any, tmp_path: Path) -> None:
    answer("keep_button", [])

    assert not busy.desk.create(tmp_path / "second")

    assert busy.context.project.folder == tmp_path / "project"
    assert busy.desk.context.jobs.busy()


def test_the_running_job_is_paused_resumed_and_cancelled_by_commands(
    busy: Any, qtbot: QtBot
) -> None:
    jobs = busy.context.jobs

    def state() -> str:
        return str(jobs.jobs()[0].state)

    assert busy.parts.job_summary.button.text() == "A long walk"
    busy.commands.action("pause").trigger()
    qtbot.waitUntil(lambda: state() == "paused")
    busy.commands.action("pause").trigger()
    qtbot.waitUntil(lambda: state() == "running")
    busy.commands.action("cancel").trigger()
    qtbot.waitUntil(lambda: state() == "cancelled")
    qtbot.waitUntil(lambda: not busy.commands.action("cancel").isEnabled())
    assert not busy.parts.job_summary.isVisible()


def test_the_summary_leads_to_the_jobs(busy: Any) -> None:
    busy.parts.job_summary.button.click()

    assert busy.parts.docks["jobs"].isVisible()


def test_pages_go_one_by_one_after_the_project_and_its_context_last(
    make_window: MakeWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window = make_window()
    window.desk.create(tmp_path / "project")
    for name in ("abilities", "try"):
        window.show_page(name)
    pages, context = window.parts.stack.pages(), window.context
    gone: list[str] = []
    for page in pages:
        page.destroyed.connect(lambda *_ignored, stage=page.stage: gone.append(stage))
    context.destroyed.connect(lambda *_ignored: gone.append("context"))
    waits = [timer for page in pages for timer in page.findChildren(QTimer)]
    assert any(timer.isActive() for timer in waits)

    window.desk.close()

    assert gone == []
    assert not any(page.isVisible() for page in pages)
    assert not any(timer.isActive() for timer in waits)
    qtbot.waitUntil(lambda: not isValid(context))
    assert gone == ["models", "abilities", "try", "context"]


def test_a_project_is_opened_while_pages_of_another_still_go(
    make_window: MakeWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window = make_window()
    window.desk.create(tmp_path / "first")
    window.show_page("abilities")
    before = window.context

    window.desk.create(tmp_path / "second")

    page = window.parts.stack.page
    qtbot.waitUntil(lambda: not isValid(before))
    assert isValid(page)
    assert window.parts.stack.page is page
    assert page.isVisible()

"""The dock of jobs, with real clicks and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from act_core.cancel import CancelToken
from act_core.events import EventSink, Note, Progress, Started
from act_core.recipe import Recipe
from act_gui.jobs.manager import JobManager
from act_gui.jobs.panel import JobPanel
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.table_model import JOB, PROGRESS, SHARE_ROLE, STATE, TIME
from act_gui.theme import apply_theme
from tests.gui.access import unnamed, unreached
from tests.gui.jobs.test_manager import Gate, states, waiting

Show = Callable[[JobManager], JobPanel]


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Show]:
    made: list[JobPanel] = []

    def make(jobs: JobManager) -> JobPanel:
        panel = JobPanel(jobs)
        made.append(panel)
        panel.resize(1000, 320)
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    yield make
    for panel in made:
        panel.close()
        panel.deleteLater()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def jobs(make_manager: Callable[..., JobManager], gate: Gate) -> JobManager:
    return make_manager(works=gate.works)


def click(qtbot: QtBot, button: QAbstractButton) -> None:
    qtbot.waitUntil(button.isVisible)
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def pick(qtbot: QtBot, panel: JobPanel, title: str) -> None:
    row = next(r for r in range(panel.model.rowCount()) if cell(panel, r, JOB) == title)
    place = panel.table.visualRect(panel.model.index(row, JOB)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def cell(panel: JobPanel, row: int, column: int) -> str:
    return str(panel.model.index(row, column).data())


def titles(panel: JobPanel) -> list[str]:
    return [cell(panel, row, JOB) for row in range(panel.model.rowCount())]


def test_without_jobs_it_says_the_next_step(jobs: JobManager, show: Show) -> None:
    panel = show(jobs)

    assert panel.empty.isVisible()
    assert "Start a profile" in panel.empty.text.text()


def test_a_real_profile_is_shown_paused_resumed_and_done(
    qtbot: QtBot, manager: JobManager, demo: Recipe, show: Show
) -> None:
    panel = show(manager)
    job = manager.submit(JobSpec("profile", "Profile", "cpu", demo))
    qtbot.waitUntil(lambda: manager.view(job).done > 2, timeout=60_000)

    assert cell(panel, 0, STATE) == "Running"
    assert 0 < panel.model.index(0, PROGRESS).data(SHARE_ROLE) < 1
    assert cell(panel, 0, PROGRESS).endswith(" %")
    assert cell(panel, 0, TIME).endswith("left")
    assert "of 12 layers" in panel.details.progress.text()
    assert "layers a second" in panel.details.progress.text()
    click(qtbot, panel.pause_button)
    qtbot.waitUntil(lambda: cell(panel, 0, STATE) == "Paused", timeout=10_000)
    assert panel.pause_button.accessibleName() == "Resume"
    with qtbot.waitSignal(manager.finished, timeout=60_000):
        click(qtbot, panel.pause_button)

    assert cell(panel, 0, STATE) == "Done"
    assert not panel.pause_button.isEnabled()


def test_one_job_is_cancelled_and_not_its_neighbour(
    qtbot: QtBot, jobs: JobManager, show: Show
) -> None:
    panel = show(jobs)
    jobs.submit(waiting("a"))
    jobs.submit(waiting("b"))

    pick(qtbot, panel, "b")
    click(qtbot, panel.cancel_button)
    assert states(jobs) == {"a": "running", "b": "cancelled"}
    pick(qtbot, panel, "a")
    click(qtbot, panel.cancel_button)

    assert cell(panel, 0, STATE) == "Cancelling…"
    assert not panel.cancel_button.isEnabled()
    qtbot.waitUntil(lambda: states(jobs)["a"] == "cancelled")


def test_waiting_jobs_are_moved_and_stay_chosen(qtbot: QtBot, jobs: JobManager, show: Show) -> None:
    panel = show(jobs)
    for title in "abcd":
        jobs.submit(waiting(title))

    pick(qtbot, panel, "d")
    click(qtbot, panel.up_button)
    click(qtbot, panel.up_button)
    click(qtbot, panel.down_button)

    assert titles(panel) == ["a", "b", "d", "c"]
    assert panel.details.title.text() == "d"
    assert panel.table.currentIndex().row() == 2


def test_a_failed_job_explains_itself_and_is_done_again(
    qtbot: QtBot, make_manager: Callable[..., JobManager], show: Show
) -> None:
    runs: list[int] = []

    def second_time(_spec: JobSpec, emit: EventSink, _token: CancelToken) -> None:
        runs.append(1)
        emit(Started("profile", 4, "layers"))
        emit(Note("Something to know.", "warning"))
        emit(Progress("profile", 2, 4, "layers", 170.0, 3.0))
        if len(runs) == 1:
            raise MemoryError("no room")

    manager = make_manager(works={"try": second_time})
    panel = show(manager)
    with qtbot.waitSignal(manager.failed):
        manager.submit(JobSpec("try", "Try", "files"))

    banner = panel.details.banner
    assert banner is not None
    assert banner.error.title == "Out of memory"
    assert "no room" in banner.error.detail
    click(qtbot, banner.details_button)
    click(qtbot, banner.copy_button)
    assert "no room" in QGuiApplication.clipboard().text()
    with qtbot.waitSignal(panel.log_wanted):
        click(qtbot, banner.log_button)
    assert panel.details.log.toPlainText() == "Something to know."
    click(qtbot, panel.details.copy_button)
    assert "Something to know." in QGuiApplication.clipboard().text()
    with qtbot.waitSignal(manager.finished):
        click(qtbot, panel.retry_button)

    assert cell(panel, 0, STATE) == "Done"
    assert panel.details.banner is None


def test_ended_jobs_are_removed(qtbot: QtBot, jobs: JobManager, gate: Gate, show: Show) -> None:
    panel = show(jobs)
    gate.open.set()
    jobs.submit(waiting("a"))
    qtbot.waitUntil(lambda: states(jobs) == {"a": "done"})

    click(qtbot, panel.remove_button)

    assert jobs.jobs() == ()
    assert panel.empty.isVisible()


def test_everything_is_paused_and_resumed(
    qtbot: QtBot, jobs: JobManager, gate: Gate, show: Show
) -> None:
    panel = show(jobs)
    for title in "ab":
        jobs.submit(waiting(title))

    click(qtbot, panel.pause_all_button)
    qtbot.waitUntil(lambda: states(jobs) == {"a": "paused", "b": "paused"})
    assert not panel.pause_all_button.isEnabled()
    gate.open.set()
    click(qtbot, panel.resume_all_button)

    qtbot.waitUntil(lambda: states(jobs) == {"a": "done", "b": "done"})


def test_it_follows_the_work_until_a_person_picks_a_job(
    qtbot: QtBot, jobs: JobManager, gate: Gate, show: Show
) -> None:
    panel = show(jobs)
    first = jobs.submit(waiting("a"))
    assert panel.details.title.text() == "a"
    gate.open.set()
    qtbot.waitUntil(lambda: jobs.view(first).state == "done")
    gate.open.clear()
    jobs.submit(waiting("b"))
    assert panel.details.title.text() == "b"

    pick(qtbot, panel, "a")
    jobs.submit(waiting("c"))

    assert panel.details.title.text() == "a"


def test_it_is_used_by_keyboard(qtbot: QtBot, jobs: JobManager, show: Show) -> None:
    panel = show(jobs)
    for title in "abc":
        jobs.submit(waiting(title))
    panel.setFocus()
    qtbot.keyClick(panel.table, Qt.Key.Key_Down)

    assert panel.details.title.text() == "b"
    panel.pause_button.setFocus()
    qtbot.keyClick(panel.pause_button, Qt.Key.Key_Space)
    assert states(jobs)["b"] == "paused"
    assert unnamed(panel) == []
    assert unreached(panel) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_bar_is_drawn_in_the_themes_colours(
    qtbot: QtBot, jobs: JobManager, gate: Gate, show: Show, qapp: object, theme: str
) -> None:
    from act_gui.theme import colours_of

    apply_theme(qapp, theme)  # type: ignore[arg-type]
    panel = show(jobs)
    gate.open.set()
    jobs.submit(waiting("a"))
    qtbot.waitUntil(lambda: states(jobs) == {"a": "done"})

    place = panel.table.visualRect(panel.model.index(0, PROGRESS))
    image = panel.table.viewport().grab().toImage()
    seen = {
        image.pixelColor(x, place.center().y()).name() for x in range(place.left(), place.right())
    }

    assert colours_of(panel).accent in seen
    apply_theme(qapp, "light")  # type: ignore[arg-type]

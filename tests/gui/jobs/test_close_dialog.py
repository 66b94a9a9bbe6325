"""The question at closing: it names the jobs, and every answer is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from act_gui.jobs.close_dialog import CloseChoice, CloseDialog
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.state import JobView
from tests.gui.access import unnamed, unreached


@pytest.fixture
def dialog(qtbot: QtBot, qapp: QApplication) -> Iterator[CloseDialog]:
    views = [
        JobView(number, JobSpec("profile", f"Job {number}", "cpu"), "running", eta_s=200.0)
        for number in range(10)
    ]
    made = CloseDialog(views)
    made.open()
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.deleteLater()


def test_it_names_the_jobs(dialog: CloseDialog) -> None:
    said = "\n".join(label.text() for label in dialog.findChildren(QLabel))

    assert "Job 0: Running, about 3 min left" in said
    assert "and 2 more" in said
    assert unnamed(dialog) == []
    assert unreached(dialog) == []


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("stop_button", CloseChoice.STOP),
        ("wait_button", CloseChoice.WAIT),
        ("keep_button", CloseChoice.KEEP_WORKING),
    ],
)
def test_every_answer_is_told(
    qtbot: QtBot, dialog: CloseDialog, name: str, choice: CloseChoice
) -> None:
    with qtbot.waitSignal(dialog.finished):
        qtbot.mouseClick(getattr(dialog, name), Qt.MouseButton.LeftButton)

    assert dialog.choice is choice


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_the_keys_keep_working(qtbot: QtBot, dialog: CloseDialog, key: Qt.Key) -> None:
    with qtbot.waitSignal(dialog.finished):
        qtbot.keyClick(dialog, key)

    assert dialog.choice is CloseChoice.KEEP_WORKING

"""The question when a project is closed while jobs are under way."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from act_gui.jobs.state import JobView
from act_gui.jobs.words import left_text, state_text
from act_gui.text import tr
from act_gui.widgets.buttons import primary_button, push_button
from act_gui.widgets.labels import label

_MOST_NAMED = 8


class CloseChoice(enum.Enum):
    """What the person wants."""

    KEEP_WORKING = "keep working"
    WAIT = "wait"
    STOP = "stop"


class CloseDialog(QDialog):
    """Names the jobs that run. Closing it by any other way means to keep working.

    Args:
        views: Jobs that run.
        parent: The window.

    Attributes:
        choice: The answer.
    """

    def __init__(self, views: Sequence[JobView], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = CloseChoice.KEEP_WORKING
        self.setWindowTitle(tr("Jobs are running"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(10)
        layout.addWidget(label(tr("Close although jobs are running?"), "heading"))
        for view in views[:_MOST_NAMED]:
            layout.addWidget(label(_line(view), wrap=True))
        if len(views) > _MOST_NAMED:
            more = tr("and {count} more", count=len(views) - _MOST_NAMED)
            layout.addWidget(label(more, "muted"))
        layout.addWidget(
            label(
                tr("What is stopped comes back paused and goes on from what is finished."),
                "muted",
                wrap=True,
            )
        )
        self.keep_button = primary_button(tr("Keep working"), self.reject)
        self.wait_button = push_button(
            tr("Close when they are done"), lambda: self._take(CloseChoice.WAIT)
        )
        self.stop_button = push_button(
            tr("Stop them and close"), lambda: self._take(CloseChoice.STOP)
        )
        row = QHBoxLayout()
        row.addWidget(self.stop_button)
        row.addWidget(self.wait_button)
        row.addStretch(1)
        row.addWidget(self.keep_button)
        layout.addSpacing(6)
        layout.addLayout(row)
        self.keep_button.setDefault(True)
        self.keep_button.setFocus()

    def _take(self, choice: CloseChoice) -> None:
        self.choice = choice
        self.accept()


def _line(view: JobView) -> str:
    left = left_text(view.eta_s)
    state = state_text(view.state)
    return f"•  {view.spec.title}: {state}, {left}" if left else f"•  {view.spec.title}: {state}"

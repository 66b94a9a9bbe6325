"""A page's job: one set of buttons that tells how it stands, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from act_core.report.numbers import size
from act_gui.jobs.manager import JobManager, JobView
from act_gui.jobs.words import progress_text
from act_gui.text import tr
from act_gui.widgets.buttons import primary_button, push_button
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label

_STEPS = 1000


@dataclass(frozen=True, slots=True)
class RunWords:
    """What a card calls its job.

    Attributes:
        job: The job, for screen readers.
        progress: Its bar, likewise.
        start: Text of the button that starts it.
        running: What stands there while it runs.
        kept: What is kept while it is paused.
        tunes: It tunes: there is a button that ends the tuning with the best so far.
    """

    job: str
    progress: str
    start: str
    running: str
    kept: str
    tunes: bool = False


class RunCard(Card):
    """Starts, pauses, goes on with and cancels a job; a tuning also ends with the best so far.

    Args:
        words: What it is called.
        jobs: Where the job that is shown is paused, resumed and cancelled.

    Signals:
        start_wanted: The person wants a job.
    """

    start_wanted = Signal()

    def __init__(self, words: RunWords, jobs: JobManager, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(words.job)
        self._words = words
        self._jobs = jobs
        self._job: JobView | None = None
        self.main_button = primary_button(words.start, self._on_main)
        self.best_button = push_button("", self._on_best, "check")
        self.cancel_button = push_button(tr("Cancel"), self._on_cancel, "stop")
        self.plan = label("", wrap=True)
        self.facts = label("", "muted", wrap=True)
        self.bar = QProgressBar(maximum=_STEPS, textVisible=False)
        self.bar.setAccessibleName(words.progress)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self.plan)
        column.addWidget(self.bar)
        column.addWidget(self.facts)
        row = QHBoxLayout()
        row.setSpacing(12)
        for button in (self.main_button, self.best_button, self.cancel_button):
            row.addWidget(button)
        row.addLayout(column, 1)
        self.body.addLayout(row)
        self.show_idle("", "", may_start=False)

    def show_idle(self, plan: str, facts: str, *, may_start: bool) -> None:
        """No job: what a start would compute, and what is known."""
        self._job = None
        self._show_main(self._words.start, may_start)
        self.best_button.hide()
        self.cancel_button.hide()
        self.bar.hide()
        self._say(plan, facts)

    def show_job(self, view: JobView, *figures: str) -> None:
        """A job that has not ended, with what is told beside its progress."""
        self._job = view
        state = str(view.state)
        paused = state == "paused"
        waiting = state in ("pausing", "cancelling")
        text = {
            "paused": tr("Resume"),
            "pausing": tr("Pausing…"),
            "cancelling": tr("Cancelling…"),
        }.get(state, tr("Pause"))
        self._show_main(text, not waiting)
        self._show_best(view)
        self.cancel_button.show()
        self.cancel_button.setEnabled(not waiting)
        self.bar.show()
        self.bar.setMaximum(_STEPS if view.total or paused else 0)
        self.bar.setValue(round(_STEPS * view.done / view.total) if view.total else 0)
        headline = {
            "queued": tr("Waiting for its turn."),
            "paused": self._words.kept,
            "pausing": tr("Pausing after this batch…"),
            "cancelling": tr("Cancelling after this batch…"),
        }.get(state, self._words.running)
        told = (progress_text(view), *figures)
        self._say(headline, ", ".join(filter(None, told)))

    def _say(self, plan: str, facts: str) -> None:
        self.plan.setText(plan)
        self.facts.setText(facts)
        self.facts.setVisible(bool(facts))

    def _show_main(self, text: str, enabled: bool) -> None:
        self.main_button.setText(text)
        self.main_button.setEnabled(enabled)

    def _show_best(self, view: JobView) -> None:
        self.best_button.setVisible(self._words.tunes)
        self.best_button.setEnabled(view.tuning == "under way")
        ends = view.tuning == "ending"
        self.best_button.setText(tr("Stopping…") if ends else tr("Stop and keep the best"))

    def _on_main(self) -> None:
        if self._job is None:
            self.start_wanted.emit()
        elif self._job.state == "paused":
            self._jobs.resume(self._job.id)
        else:
            self._jobs.pause(self._job.id)

    def _on_best(self) -> None:
        if self._job is not None:
            self._jobs.keep_best(self._job.id)

    def _on_cancel(self) -> None:
        if self._job is not None:
            self._jobs.cancel(self._job.id)


def memory_text(size_bytes: int) -> str:
    """Memory in use; empty where it is not known."""
    return tr("{size} of memory", size=size(size_bytes)) if size_bytes else ""

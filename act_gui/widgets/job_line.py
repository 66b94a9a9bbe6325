"""The job that a page waits for: what it does, how far it is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from act_core.report.numbers import duration
from act_gui.context import Context
from act_gui.jobs.manager import JobManager, JobView
from act_gui.jobs.words import amount_text
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.labels import label

_STEPS = 1000
_OPEN = ("queued", "running", "pausing", "paused", "cancelling")


class JobLine(QWidget):
    """Shows the latest unfinished job of some kinds; hidden where there is none.

    Args:
        context: Whose jobs.
        kinds: Of the page's jobs.
    """

    def __init__(
        self, context: Context, kinds: Collection[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs = context.jobs
        self._kinds = kinds
        self._job: int | None = None
        self.text = label()
        self.bar = QProgressBar(maximum=_STEPS, textVisible=False)
        self.bar.setAccessibleName(tr("Progress"))
        self.stop_button = push_button(tr("Cancel"), self._on_stop, "stop")
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self.text)
        words.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(words, 1)
        row.addWidget(self.stop_button)
        context.jobs.changed.connect(self._on_changed)
        context.jobs.added.connect(self._on_changed)
        context.jobs.removed.connect(self._on_changed)
        self._on_changed(0)

    @property
    def busy(self) -> bool:
        """Whether there is a job to wait for."""
        return self._job is not None

    def _on_changed(self, _job: int) -> None:
        view = open_job(self._jobs, self._kinds)
        self._job = view.id if view else None
        self.setVisible(view is not None)
        if view is None:
            return
        self.text.setText(progress_text(view))
        self.bar.setMaximum(_STEPS if view.total else 0)
        self.bar.setValue(round(_STEPS * view.done / view.total) if view.total else 0)
        self.stop_button.setEnabled(view.state != "cancelling")

    def _on_stop(self) -> None:
        if self._job is not None:
            self._jobs.cancel(self._job)


def open_job(jobs: JobManager, kinds: Collection[str]) -> JobView | None:
    """The latest job of these kinds that has not ended."""
    found = [view for view in jobs.jobs() if view.spec.kind in kinds and view.state in _OPEN]
    return max(found, key=lambda view: view.id) if found else None


def progress_text(view: JobView) -> str:
    """A job in a line, e.g. `transfer: 120 of 400 MB, about 3 s left`."""
    state = str(view.state)
    if state == "queued":
        return tr("{title}: waiting for its turn", title=view.spec.title)
    if state == "paused":
        return tr("{title}: paused; resume it under Jobs", title=view.spec.title)
    if state in ("cancelling", "pausing"):
        return tr("{title}: stopping…", title=view.spec.title)
    text = f"{view.spec.title}: {view.stage}" if view.stage else view.spec.title
    if view.total:
        text += f", {amount_text(view)}"
    if view.eta_s is not None:
        text += tr(", about {time} left", time=duration(view.eta_s))
    return text

"""The jobs as rows: what runs, what waits in its order, then what has ended, the latest first."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from act_gui.icons import icon
from act_gui.jobs.manager import JobManager
from act_gui.jobs.state import ACTIVE, ENDED, JobView
from act_gui.jobs.words import left_text, state_text, time_text
from act_gui.text import tr

JOB, STATE, PROGRESS, TIME = range(4)
SHARE_ROLE = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex
_ICONS = {
    "queued": "ready",
    "running": "play",
    "pausing": "pause",
    "paused": "pause",
    "cancelling": "stop",
    "done": "check",
    "failed": "error",
    "cancelled": "stop",
}


class JobTableModel(QAbstractTableModel):
    """Follows a manager.

    Args:
        jobs: Whose jobs.
        parent: Owner.
    """

    def __init__(self, jobs: JobManager, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._views = _ordered(jobs)
        self._headers = (tr("Job"), tr("State"), tr("Progress"), tr("Time"))
        jobs.added.connect(self._on_listed)
        jobs.removed.connect(self._on_listed)
        jobs.reordered.connect(self._on_listed)
        jobs.changed.connect(self._on_changed)

    def view(self, row: int) -> JobView:
        """The job of a row."""
        return self._views[row]

    def row_of(self, job_id: int | None) -> int | None:
        """The row of a job; None where it is not listed."""
        rows = (row for row, view in enumerate(self._views) if view.id == job_id)
        return next(rows, None)

    def _on_changed(self, job_id: int) -> None:
        row = self.row_of(job_id)
        now = self._jobs.view(job_id)
        if row is None or self._views[row].state != now.state:
            self._on_listed()
            return
        self._views[row] = now
        self.dataChanged.emit(self.index(row, 0), self.index(row, TIME))

    def _on_listed(self, _job_id: int = 0) -> None:
        self.beginResetModel()
        self._views = _ordered(self._jobs)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - as Qt has it
        return 0 if parent.isValid() else len(self._views)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - likewise
        return 0 if parent.isValid() else len(self._headers)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        view, column = self._views[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(view, column)
        if role == Qt.ItemDataRole.ToolTipRole and column == JOB:
            return view.spec.title
        if role == Qt.ItemDataRole.DecorationRole and column == STATE:
            return icon(_ICONS[view.state])
        if role == SHARE_ROLE and column == PROGRESS:
            return _share(view)
        return None


def _ordered(jobs: JobManager) -> list[JobView]:
    views = jobs.jobs()
    active = [view for view in views if view.state in ACTIVE]
    waiting = [view for view in views if view.state in ("queued", "paused")]
    ended = [view for view in views if view.state in ENDED]
    return [*active, *waiting, *reversed(ended)]


def _text(view: JobView, column: int) -> str:
    if column == JOB:
        return view.spec.title
    if column == STATE:
        return state_text(view.state)
    if column == PROGRESS:
        share = _share(view)
        return "" if share is None else tr("{percent} %", percent=int(100 * share))
    return left_text(view.eta_s) if view.state == "running" else time_text(view)


def _share(view: JobView) -> float | None:
    """How much of the stage is done; None where that says nothing."""
    if view.state == "done":
        return 1.0
    return min(1.0, view.done / view.total) if view.total else None

"""The dock of jobs: a table, the buttons for the chosen job, and that job in full."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QStackedWidget,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from act_gui.icons import icon
from act_gui.jobs.details import JobDetails
from act_gui.jobs.manager import JobManager
from act_gui.jobs.progress_delegate import ProgressDelegate
from act_gui.jobs.state import ENDED, JobState, JobView
from act_gui.jobs.table_model import JOB, PROGRESS, STATE, TIME, JobTableModel
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button, push_button
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.rows import list_rows

_FIRST_EM = 15
_DETAILS_EM = 24
_ROW_EM = 1.9
_LEAST_EM = 6
_WIDTHS_EM = {STATE: 8, PROGRESS: 9, TIME: 9}


class JobPanel(QWidget):
    """Shows and steers the jobs of a manager.

    Args:
        jobs: Whose jobs.
        parent: Owner.

    Signals:
        log_wanted: The person wants to see the log.
    """

    log_wanted = Signal()

    def __init__(self, jobs: JobManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._chosen: int | None = None
        self._picked = False  # by the person
        self.model = JobTableModel(jobs, self)
        self._build()
        self._connect()
        self._on_reset()

    def _build(self) -> None:
        self.table = self._made_table()
        self.details = JobDetails()
        self.pause_button = icon_button("pause", tr("Pause"), self._on_pause)
        self.cancel_button = icon_button("stop", tr("Cancel the job"), self._on_cancel)
        self.retry_button = icon_button("retry", tr("Do the job again"), self._on_retry)
        self.up_button = icon_button("up", tr("Earlier"), lambda: self._move(-1))
        self.down_button = icon_button("down", tr("Later"), lambda: self._move(1))
        self.remove_button = icon_button("remove", tr("Remove from the list"), self._on_remove)
        self.pause_all_button = push_button(tr("Pause all"), self._jobs.pause_all)
        self.resume_all_button = push_button(tr("Resume all"), self._jobs.resume_all)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(8, 6, 4, 8)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in self._single_buttons():
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.pause_all_button)
        row.addWidget(self.resume_all_button)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(self.details)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 2)
        self.empty = EmptyState(
            "jobs", tr("No jobs yet. Start a profile or a transfer on its page; it appears here.")
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.setFocusProxy(self.table)
        self._fit_to_font()

    def _made_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName(tr("Jobs"))
        table.setModel(self.model)
        table.setItemDelegateForColumn(PROGRESS, ProgressDelegate(table))
        list_rows(table)
        table.horizontalHeader().setSectionResizeMode(JOB, QHeaderView.ResizeMode.Stretch)
        return table

    def _fit_to_font(self) -> None:
        """Widths and heights in the size of the writing."""
        height_px = self.fontMetrics().height()
        for column, width_em in _WIDTHS_EM.items():
            self.table.setColumnWidth(column, width_em * height_px)
        self.table.verticalHeader().setDefaultSectionSize(round(_ROW_EM * height_px))
        self.details.setMinimumWidth(_DETAILS_EM * height_px)
        self.table.horizontalHeader().setMinimumSectionSize(_LEAST_EM * height_px)

    def _single_buttons(self) -> tuple[QToolButton, ...]:
        return (
            self.pause_button,
            self.cancel_button,
            self.retry_button,
            self.up_button,
            self.down_button,
            self.remove_button,
        )

    def _connect(self) -> None:
        self.model.modelReset.connect(self._on_reset)
        self.model.dataChanged.connect(self._show_chosen)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self.details.log_wanted.connect(self.log_wanted)

    def _view(self) -> JobView | None:
        row = self.model.row_of(self._chosen)
        return None if row is None else self.model.view(row)

    def _on_reset(self) -> None:
        """Rows came, went or changed places: keep to the chosen job, else take the first."""
        count = self.model.rowCount()
        self.stack.setCurrentIndex(1 if count else 0)
        row = self.model.row_of(self._chosen)
        # What the person did not pick is let go when it is done; a failed job stays in sight.
        if row is not None and not self._picked and self.model.view(row).state == "done":
            row = None
        if row is None and count:
            row, self._picked = 0, False
        self._chosen = None if row is None else self.model.view(row).id
        if row is not None:
            picked = self._picked
            self.table.selectRow(row)  # the signal that follows is none of the person's
            self._picked = picked
        self._show_chosen()

    def _on_row_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self._picked = True
            self._chosen = self.model.view(current.row()).id
            self._show_chosen()

    def _show_chosen(self) -> None:
        view = self._view()
        self.details.show_job(view)
        state: JobState | None = None if view is None else view.state
        waits, ended = state in ("queued", "paused"), state in ENDED
        self._show_pause(state)
        self.cancel_button.setEnabled(waits or state in ("running", "pausing"))
        self.retry_button.setEnabled(state in ("failed", "cancelled"))
        self.up_button.setEnabled(waits)
        self.down_button.setEnabled(waits)
        self.remove_button.setEnabled(waits or ended)
        states = {self.model.view(row).state for row in range(self.model.rowCount())}
        self.pause_all_button.setEnabled(bool(states & {"running", "queued"}))
        self.resume_all_button.setEnabled("paused" in states)

    def _show_pause(self, state: JobState | None) -> None:
        resumes = state == "paused"
        text = tr("Resume") if resumes else tr("Pause")
        if self.pause_button.toolTip() != text:
            self.pause_button.setToolTip(text)
            self.pause_button.setAccessibleName(text)
            self.pause_button.setIcon(icon("play" if resumes else "pause"))
        self.pause_button.setEnabled(state in ("queued", "running", "paused"))

    def _on_pause(self) -> None:
        view = self._view()
        if view is not None:
            (self._jobs.resume if view.state == "paused" else self._jobs.pause)(view.id)

    def _on_cancel(self) -> None:
        if self._chosen is not None:
            self._jobs.cancel(self._chosen)

    def _on_retry(self) -> None:
        if self._chosen is not None:
            self._jobs.retry(self._chosen)

    def _on_remove(self) -> None:
        if self._chosen is not None:
            self._jobs.remove(self._chosen)

    def _move(self, steps: int) -> None:
        if self._chosen is not None:
            self._jobs.move(self._chosen, steps)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit_to_font()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(super().sizeHint().width(), _FIRST_EM * self.fontMetrics().height())

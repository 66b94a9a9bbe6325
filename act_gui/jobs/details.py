"""One job in full: what it does, how far it is, what it had to say, and why it failed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from act_core.errors import ErrorRecord
from act_gui.jobs.state import JobView
from act_gui.jobs.words import progress_text, state_text, time_text
from act_gui.text import tr
from act_gui.widgets.banner import ErrorBanner, error_text
from act_gui.widgets.buttons import icon_button
from act_gui.widgets.labels import label

_LOG_LINES = 4


class JobDetails(QScrollArea):
    """Shows a job; empty without one.

    Signals:
        log_wanted: The person wants to see the log.
    """

    log_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: JobView | None = None
        self._error: ErrorRecord | None = None
        self.banner: ErrorBanner | None = None
        self._build()
        self.show_job(None)

    def _build(self) -> None:
        self.title = label("", "heading", wrap=True, selectable=True)
        self.state = label("", wrap=True)
        self.progress = label("", "muted", wrap=True)
        self.hint = label("", "warn", wrap=True)
        self.log = QPlainTextEdit(readOnly=True, tabChangesFocus=True)
        self.log.setAccessibleName(tr("What the job had to say"))
        self.log.setMinimumHeight(_LOG_LINES * self.fontMetrics().lineSpacing())
        self.copy_button = icon_button("copy", tr("Copy what is known of the job"), self._on_copy)
        content = QWidget()
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(12, 8, 12, 8)
        self.column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.copy_button)
        self.column.addLayout(head)
        for widget in (self.state, self.progress, self.hint):
            self.column.addWidget(widget)
        self.column.addWidget(self.log, 1)
        self.column.addStretch()
        self.setWidget(content)
        self.setWidgetResizable(True)

    def show_job(self, view: JobView | None) -> None:
        """Show a job as it is now."""
        self._view = view
        self._show_error(None if view is None else view.error)
        for widget in (self.title, self.state, self.copy_button):
            widget.setVisible(view is not None)
        self.title.setText("" if view is None else view.spec.title)
        self.state.setText("" if view is None else _state_line(view))
        self._say(self.progress, "" if view is None else progress_text(view))
        self._say(self.hint, "" if view is None else view.hint)
        notes = "" if view is None else "\n".join(note.text for note in view.notes)
        self.log.setVisible(bool(notes))
        if notes != self.log.toPlainText():
            self.log.setPlainText(notes)

    def _say(self, where: QLabel, text: str) -> None:
        where.setText(text)
        where.setVisible(bool(text))

    def _show_error(self, error: ErrorRecord | None) -> None:
        if error == self._error:
            return
        self._error = error
        if self.banner is not None:
            self.column.removeWidget(self.banner)
            self.banner.hide()
            self.banner.deleteLater()
            self.banner = None
        if error is not None:
            self.banner = ErrorBanner(error)
            self.banner.close_button.hide()
            self.banner.log_wanted.connect(self.log_wanted)
            self.column.insertWidget(1, self.banner)

    def _on_copy(self) -> None:
        if self._view is not None:
            QGuiApplication.clipboard().setText(job_text(self._view))


def job_text(view: JobView) -> str:
    """A job as text for a report."""
    lines = [view.spec.title, _state_line(view), progress_text(view), view.hint]
    lines += [note.text for note in view.notes]
    if view.error is not None:
        lines.append(error_text(view.error))
    return "\n".join(line for line in lines if line)


def _state_line(view: JobView) -> str:
    """E.g. `Running: profiling, since 12 s`."""
    parts = [state_text(view.state)]
    if view.stage and view.state not in ("done", "queued"):
        parts.append(view.stage)
    if view.seconds:
        parts.append(tr("after {time}", time=time_text(view)))
    return " · ".join(parts)

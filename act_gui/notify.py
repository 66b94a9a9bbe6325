"""The one way to tell a person something: errors as data, and short notes."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Signal

from act_core.errors import ErrorRecord, record_of

Level = Literal["info", "good", "warning"]


class Notices(QObject):
    """Passes on what happened to whoever shows it: banners above the page, and the log.

    Signals:
        error_raised: An `ErrorRecord`.
        note_given: Text and level.
        cleared: What is shown is out of date.
    """

    error_raised = Signal(object)
    note_given = Signal(str, str)
    cleared = Signal()

    def error(self, error: ErrorRecord | BaseException) -> None:
        """Show an error: what happened, why, what to do."""
        record = error if isinstance(error, ErrorRecord) else record_of(error)
        self.error_raised.emit(record)

    def note(self, text: str, level: Level = "info") -> None:
        """Show a short text that goes away by itself."""
        self.note_given.emit(text, level)

    def clear(self) -> None:
        """Take away what is shown."""
        self.cleared.emit()

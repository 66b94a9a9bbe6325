"""The project's notes: a plain Markdown file, saved while it is written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from act_core.errors import ActError, output_error
from act_core.files import write_whole
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.named import named

_SAVE_AFTER_MS = 300


class NotesDialog(QDialog):
    """Edits one file.

    Signals:
        failed: The file could not be read or written: an `ActError`.
    """

    failed = Signal(object)

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Project notes"))
        self._path = path
        self.text = named(QPlainTextEdit(tabChangesFocus=True), tr("Notes"))
        self.text.setPlaceholderText(tr("What you tried, and what you found…"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAccessibleName(tr("Close"))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(label(tr("Kept in {path}", path=str(path)), "muted", wrap=True))
        layout.addWidget(self.text, 1)
        layout.addWidget(buttons)
        self._timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._timer.timeout.connect(self._save)
        line_px = self.fontMetrics().height()
        self.resize(36 * line_px, 26 * line_px)
        self._saved = ""

    def load(self) -> bool:
        """Show the file; False: it cannot be read, and must not be written over."""
        try:
            self._saved = self._path.read_text("utf-8") if self._path.exists() else ""
        except OSError as error:
            self.failed.emit(output_error(error, self._path))
            return False
        except UnicodeDecodeError:
            self.failed.emit(
                ActError(
                    f"{self._path} is not text in UTF-8.",
                    remedy="Save it as UTF-8 with a text editor; it was left as it is.",
                    title="Notes cannot be shown",
                )
            )
            return False
        self.text.setPlainText(self._saved)
        self.text.textChanged.connect(self._timer.start)
        return True

    def _save(self) -> None:
        text = self.text.toPlainText()
        if text == self._saved:
            return
        try:
            write_whole(self._path, text)
            self._saved = text
        except ActError as error:
            self.failed.emit(error)

    def done(self, result: int) -> None:
        self._timer.stop()
        self._save()
        super().done(result)

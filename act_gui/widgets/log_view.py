"""The log as people read it: time, level, text; filtered, copied, cleared."""

from __future__ import annotations

import logging
import time

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from act_gui.log import LogLine, LogStore
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button
from act_gui.widgets.named import named, search_line

_SHOWN_LINES = 2000
_FIRST_EM = 13


class LogView(QWidget):
    """Shows the lines of a store from the newest level chosen upwards.

    Args:
        store: Where the lines come from.
        parent: Owner.
    """

    def __init__(self, store: LogStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._cleared_at_s = 0.0
        self._build()
        self._connect()
        self._show_all()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(super().sizeHint().width(), _FIRST_EM * self.fontMetrics().height())

    def _build(self) -> None:
        self.level = named(QComboBox(), tr("Lowest level shown"))
        self.level.addItem(tr("Everything"), logging.INFO)
        self.level.addItem(tr("Warnings and errors"), logging.WARNING)
        self.level.addItem(tr("Errors"), logging.ERROR)
        self.search = search_line(tr("Show lines with this text"))
        self.copy_button = icon_button("copy", tr("Copy the lines shown"), self._on_copy)
        self.clear_button = icon_button("remove", tr("Clear the log shown"), self._on_clear)
        self.text = named(QPlainTextEdit(readOnly=True, tabChangesFocus=True), tr("Log"))
        self.text.setPlaceholderText(tr("Nothing has happened yet."))
        self.text.setMaximumBlockCount(_SHOWN_LINES)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFocusProxy(self.level)
        row = QHBoxLayout()
        row.addWidget(self.level)
        row.addWidget(self.search, 1)
        row.addWidget(self.copy_button)
        row.addWidget(self.clear_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addLayout(row)
        layout.addWidget(self.text, 1)

    def _connect(self) -> None:
        self._store.line_added.connect(self._on_line)
        self.level.currentIndexChanged.connect(self._show_all)
        self.search.textChanged.connect(self._show_all)

    def _on_line(self, line: LogLine) -> None:
        if self._is_shown(line):
            self.text.appendPlainText(line_text(line))

    def _show_all(self) -> None:
        shown = [line_text(line) for line in self._store.lines if self._is_shown(line)]
        self.text.setPlainText("\n".join(shown))
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _is_shown(self, line: LogLine) -> bool:
        if line.at_s < self._cleared_at_s or line.level < int(self.level.currentData()):
            return False
        return self.search.text().casefold() in line.text.casefold()

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())

    def _on_clear(self) -> None:
        """The file keeps what it has; only the view starts afresh."""
        self._cleared_at_s = time.time()
        self._show_all()


def line_text(line: LogLine) -> str:
    """A line with its time and level, further lines of its text indented."""
    names = {
        logging.INFO: tr("Note"),
        logging.WARNING: tr("Warning"),
        logging.ERROR: tr("Error"),
        logging.CRITICAL: tr("Error"),
    }
    at = time.strftime("%H:%M:%S", time.localtime(line.at_s))
    level = names.get(line.level, tr("Note"))
    return f"{at}  {level:8} {line.text}".replace("\n", "\n    ")

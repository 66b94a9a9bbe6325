"""A line that offers what was written there before."""

from __future__ import annotations

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit


def offer(line: QLineEdit, names: QStringListModel) -> QCompleter:
    """Offer those names that hold what is being written, as they are at that time."""
    completer = QCompleter(names, line, filterMode=Qt.MatchFlag.MatchContains)
    completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    line.setCompleter(completer)
    return completer

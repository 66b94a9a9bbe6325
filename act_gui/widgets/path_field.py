"""A folder that can be typed or chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from act_gui.dialogs.folder import ask_folder
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button
from act_gui.widgets.named import named


class PathField(QWidget):
    """A line for the path and a button that opens the dialog.

    Args:
        name: What the folder is for; said by screen readers, and the dialog's title.
        start: What stands in it at first.

    Signals:
        changed: Another text stands in it.
    """

    changed = Signal()

    def __init__(self, name: str, start: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.line = named(QLineEdit(str(start)), name)
        self.line.setCursorPosition(0)  # a long path shows where it begins
        self.line.textChanged.connect(self.changed)
        self.button = icon_button("folder", tr("Choose: {name}", name=name), self._on_choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)

    def path(self) -> Path | None:
        """The folder; None where nothing was written."""
        text = self.line.text().strip()
        return Path(text).expanduser() if text else None

    def set_path(self, path: Path) -> None:
        """Write a folder into it."""
        self.line.setText(str(path))

    def _on_choose(self) -> None:
        ask_folder(self, self._name, self.path() or Path.home(), self.set_path)

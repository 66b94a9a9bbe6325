"""A command that repeats what the window did, to be copied."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from act_gui.text import tr
from act_gui.widgets.buttons import icon_button
from act_gui.widgets.labels import label


class CommandLine(QWidget):
    """The command with a button; hidden where there is none.

    Args:
        name: What it does, e.g. "Repeats this sweep".
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = label("", "mono", wrap=True, selectable=True)
        self.words.setAccessibleName(name)
        # A long path is cut off here, not when it is copied; else it made the page wider.
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.copy_button = icon_button("copy", tr("Copy the command"), self._on_copy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label(name, "muted", wrap=False))
        row.addWidget(self.words, 1)
        row.addWidget(self.copy_button)
        self.show_command("")

    def show_command(self, command: str) -> None:
        """Show a command; an empty one hides the line."""
        self.words.setText(command)
        self.words.setToolTip(command)
        self.setVisible(bool(command))

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.words.text())

"""Less common things behind a button, out of the way until they are wanted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from act_gui.icons import icon


class Unfold(QWidget):
    """A button, and below it what it shows and hides.

    Args:
        text: Of the button.

    Attributes:
        body: Where the content goes.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QToolButton(self)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._content = QWidget(self)
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(4, 4, 0, 0)
        self._content.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.button)
        column.addWidget(self._content)
        self.button.toggled.connect(self._on_toggled)
        self.set_text(text)
        self._on_toggled(False)

    def set_text(self, text: str) -> None:
        """Name what is below the button."""
        self.button.setText(text)
        self.button.setAccessibleName(text)

    def _on_toggled(self, shown: bool) -> None:
        self._content.setVisible(shown)
        self.button.setIcon(icon("down" if shown else "right"))

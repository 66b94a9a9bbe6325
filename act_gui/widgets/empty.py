"""What stands where nothing is yet: why, and the next step."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from act_gui.icons import pixmap
from act_gui.theme import colours_of
from act_gui.widgets.buttons import push_button
from act_gui.widgets.labels import label

_ICON_PX = 40


class EmptyState(QWidget):
    """An icon, a sentence, and where there is one a button for the next step.

    Args:
        icon_name: Of the icon.
        text: The next step in a sentence.
        action: Text of the button.
        on_action: What it does.

    Attributes:
        button: The button; hidden without a text.
    """

    def __init__(
        self,
        icon_name: str,
        text: str,
        action: str = "",
        on_action: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._icon = QLabel()
        self.text = label(text, "muted", wrap=True)
        centred = Qt.AlignmentFlag.AlignCenter
        self._icon.setAlignment(centred)
        self.text.setAlignment(centred)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(self._icon)
        layout.addWidget(self.text)
        self.button = push_button(action, on_action)
        layout.addWidget(self.button, 0, centred)
        self.button.setHidden(not action)
        layout.addStretch(2)
        self._paint_icon()

    def set_text(self, text: str) -> None:
        """Say something else."""
        self.text.setText(text)

    def _paint_icon(self) -> None:
        colour = colours_of(self).muted
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(pixmap(self._icon_name, _ICON_PX, colour, ratio))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_icon()

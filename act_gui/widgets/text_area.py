"""A field of plain text that keeps room for some lines at every size of writing."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

_FRAME_PX = 16


class TextArea(QPlainTextEdit):
    """Tab leaves it.

    Args:
        lines: Room for these at least.
        fixed: Room for no more than these either; more text scrolls.
        read_only: It is only read.
    """

    def __init__(
        self,
        lines: int,
        *,
        fixed: bool = False,
        read_only: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._lines, self._fixed = lines, fixed
        self.setTabChangesFocus(True)
        self.setReadOnly(read_only)
        self._keep_room()

    def _keep_room(self) -> None:
        height_px = self._lines * self.fontMetrics().lineSpacing() + _FRAME_PX
        self.setMinimumHeight(height_px)
        if self._fixed:
            self.setMaximumHeight(height_px)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._keep_room()

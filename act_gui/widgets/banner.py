"""Banners: what happened, why, what to do; details folded, and one click copies all of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_gui.icons import pixmap
from act_gui.text import tr
from act_gui.theme import colours_of
from act_gui.widgets.buttons import icon_button, push_button
from act_gui.widgets.labels import label

_ICONS = {"info": "info", "good": "check", "warn": "warning", "bad": "error"}
_ICON_EM = 1.3
_DETAIL_LINES = 8


class Banner(QFrame):
    """A line of text with an icon; `look` is info, good, warn or bad.

    Signals:
        closed: The person took it away.
    """

    closed = Signal()

    def __init__(
        self, title: str, text: str, look: str = "info", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look = look
        self.setProperty("banner", look)
        self.setAccessibleName(f"{title} {text}".strip())
        self._icon = QLabel()
        self.words = QVBoxLayout()
        self.words.setSpacing(4)
        if title:
            self.words.addWidget(label(title, "heading", wrap=True, selectable=True))
        if text:
            self.words.addWidget(label(text, wrap=True, selectable=True))
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(12, 10, 8, 10)
        self.row.setSpacing(10)
        side = QVBoxLayout()
        side.addWidget(self._icon)
        side.addStretch(1)
        self.row.addLayout(side)
        self.row.addLayout(self.words, 1)
        corner = QVBoxLayout()
        self.close_button = icon_button("close", tr("Dismiss"), self.closed.emit)
        corner.addWidget(self.close_button)
        corner.addStretch(1)
        self.row.addLayout(corner)
        # The icon, the first line and the button stand on one line.
        line_px = self.close_button.sizeHint().height()
        self._icon.setMinimumHeight(line_px)
        first = self.words.itemAt(0)
        if first is not None and (line := first.widget()) is not None:
            line.setMinimumHeight(line_px)
        self._paint_icon()

    def _paint_icon(self) -> None:
        colour = str(getattr(colours_of(self), self._look))
        side_px = round(_ICON_EM * self.fontMetrics().height())
        image = pixmap(_ICONS[self._look], side_px, colour, self.devicePixelRatioF())
        self._icon.setPixmap(image)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._paint_icon()


class ErrorBanner(Banner):
    """An error in full.

    Signals:
        log_wanted: The person wants to see the log.
    """

    log_wanted = Signal()

    def __init__(self, error: ErrorRecord, parent: QWidget | None = None) -> None:
        super().__init__(error.title, error.reason, "bad", parent)
        self.error = error
        self.words.addWidget(label(error.remedy, wrap=True, selectable=True))
        actions = QHBoxLayout()
        self.copy_button = push_button(tr("Copy"), self._on_copy, "copy")
        self.log_button = push_button(tr("Open log"), self.log_wanted.emit, "log")
        self._details = QPlainTextEdit(error.detail, readOnly=True)
        self._details.hide()
        self._details.setAccessibleName(tr("Technical details"))
        line_px = self._details.fontMetrics().lineSpacing()
        self._details.setFixedHeight(_DETAIL_LINES * line_px)
        self.details_button = push_button(tr("Details"))
        self.details_button.setCheckable(True)
        if not error.detail:  # shown before it has a parent, it would be a window for a moment
            self.details_button.hide()
        self.details_button.toggled.connect(self._details.setVisible)
        for button in (self.copy_button, self.log_button, self.details_button):
            actions.addWidget(button)
        actions.addStretch(1)
        self.words.addLayout(actions)
        self.words.addWidget(self._details)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(error_text(self.error))


def error_text(error: ErrorRecord) -> str:
    """An error as text for a bug report."""
    parts = (f"{error.title} ({error.kind})", error.reason, error.remedy, error.detail)
    return "\n\n".join(part for part in parts if part)

"""A door of the start page: a big card with an icon, a title, a sentence and its way in."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLabel, QWidget

from act_gui.icons import pixmap
from act_gui.theme import colours_of
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label

_ICON_EM = 2.2


class Door(Card):
    """A card whose content stands at the bottom, so that doors side by side line up.

    Args:
        icon_name: Of the icon.
        title: What the door leads to.
        sentence: For whom it is.
    """

    def __init__(
        self, icon_name: str, title: str, sentence: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self._icon_name = icon_name
        self.setAccessibleName(title)
        self._icon = QLabel()
        self.body.addWidget(self._icon)
        self.body.addWidget(label(title, "title"))
        self.body.addWidget(label(sentence, "muted", wrap=True))
        self.body.addStretch(1)
        self._paint_icon()

    def _paint_icon(self) -> None:
        side_px = round(_ICON_EM * self.fontMetrics().height())
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(pixmap(self._icon_name, side_px, colours_of(self).accent, ratio))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._paint_icon()

"""A card onto which folders and files can be dropped, and addresses where it takes some."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from act_gui.widgets.card import Card
from act_gui.widgets.labels import set_look


class DropCard(Card):
    """A card that shows when something can be let go over it.

    Signals:
        dropped: Local paths: a list of `Path`.
        addresses_dropped: A list of texts.
    """

    dropped = Signal(list)
    addresses_dropped = Signal(list)

    def __init__(self, heading: str = "", parent: QWidget | None = None) -> None:
        super().__init__(heading, parent)
        self.setAcceptDrops(True)

    def takes_address(self, _address: str) -> bool:
        """Whether an address may be let go here."""
        return False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if any(self._takes(url) for url in event.mimeData().urls()):
            event.acceptProposedAction()
            set_look(self, "over", True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        super().dragLeaveEvent(event)
        set_look(self, "over", False)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        set_look(self, "over", False)
        urls = [url for url in event.mimeData().urls() if self._takes(url)]
        paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        addresses = [url.toString() for url in urls if not url.isLocalFile()]
        if urls:
            event.acceptProposedAction()
        if paths:
            self.dropped.emit(paths)
        if addresses:
            self.addresses_dropped.emit(addresses)

    def _takes(self, url: QUrl) -> bool:
        return url.isLocalFile() or self.takes_address(url.toString())

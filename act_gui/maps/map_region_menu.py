"""What to do with the channels of a rectangle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from act_core.report.numbers import count
from act_gui.text import tr


class RegionMenu(QMenu):
    """Opens beside a rectangle.

    Signals:
        chosen: The channels, and `add`, `remove` or `replace`.
    """

    chosen = Signal(object, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._channels: NDArray[np.int64] = np.empty(0, np.int64)
        self.setAccessibleName(tr("Channels of the rectangle"))
        for mode in ("add", "remove", "replace"):
            self.addAction("").setData(mode)
        self.triggered.connect(self._on_triggered)

    def ask(self, channels: NDArray[np.int64], at: QPoint) -> None:
        """Ask about channels, at a place of the screen."""
        self._channels = channels
        size = count(len(channels))
        texts = (
            tr("Add {n} channels to the mask", n=size),
            tr("Take {n} channels out of the mask", n=size),
            tr("Make {n} channels the mask", n=size),
        )
        for action, text in zip(self.actions(), texts, strict=True):
            action.setText(text)
        self.popup(at)
        self.setActiveAction(self.actions()[0])

    def _on_triggered(self, action: QAction) -> None:
        self.chosen.emit(self._channels, str(action.data()))

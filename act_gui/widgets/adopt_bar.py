"""A chosen point of the plane: what it is, and a button that makes it the recipe's setting."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from act_core.pipeline.points import Point
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.labels import label


class AdoptBar(QFrame):
    """Hidden until a point is chosen.

    Signals:
        adopted: The person wants this `Point`.
    """

    adopted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("banner", "info")
        self._point: Point | None = None
        self.words = label("", wrap=True, selectable=True)
        self.adopt_button = push_button(tr("Adopt"), self._on_adopt, "check")
        row = QHBoxLayout(self)
        row.addWidget(self.words, 1)
        row.addWidget(self.adopt_button)
        self.setVisible(False)

    def show_point(self, text: str, point: Point | None) -> None:
        """Show a candidate; one that is no setting, such as a control, cannot be adopted."""
        self._point = point
        self.words.setText(text)
        self.adopt_button.setVisible(point is not None)
        self.setVisible(True)

    def _on_adopt(self) -> None:
        if self._point is not None:
            self.adopted.emit(self._point)
            self.setVisible(False)

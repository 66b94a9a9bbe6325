"""A card: a ground of its own with a heading, for things that belong together."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from act_gui.widgets.labels import label


class Card(QFrame):
    """A framed ground.

    Attributes:
        head: Row of the heading; buttons go behind it.
        body: What the card holds.
    """

    def __init__(self, heading: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 12, 14, 14)
        outer.setSpacing(10)
        self.head = QHBoxLayout()
        self.heading = label(heading, "heading", wrap=False)
        self.head.addWidget(self.heading)
        self.head.addStretch(1)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        outer.addLayout(self.head)
        self.heading.setVisible(bool(heading))
        if heading:
            self.setAccessibleName(heading)
        outer.addLayout(self.body)

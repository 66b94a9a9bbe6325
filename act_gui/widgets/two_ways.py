"""The decision of an optional page: leave its step out, or take it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QRadioButton, QWidget

from act_gui.widgets.card import Card
from act_gui.widgets.labels import label


class TwoWays(Card):
    """Two choices side by side, each with what it means.

    Args:
        name: What is decided, for screen readers.
        without: Text and meaning of the way that leaves the step out.
        using: The same of the way that takes it.
        parent: Owner.

    Signals:
        chosen: Whether the person takes the step.
    """

    chosen = Signal(bool)

    def __init__(
        self,
        name: str,
        without: tuple[str, str],
        using: tuple[str, str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", parent)
        self.setAccessibleName(name)
        self.without, self.using = QRadioButton(without[0]), QRadioButton(using[0])
        group = QButtonGroup(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(2)
        for column, (button, words) in enumerate(
            ((self.without, without[1]), (self.using, using[1]))
        ):
            group.addButton(button)
            button.setAccessibleDescription(words)
            grid.addWidget(button, 0, column)
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(label(words, "muted", wrap=True), 1, column, top)
            grid.setColumnStretch(column, 1)
        self.body.addLayout(grid)
        self.using.toggled.connect(self.chosen)

    def show_choice(self, *, using: bool, busy: bool) -> None:
        """Show what is chosen; while its job is open nothing else can be."""
        self.using.blockSignals(True)
        (self.using if using else self.without).setChecked(True)
        self.using.blockSignals(False)
        self.without.setEnabled(not busy)
        self.using.setEnabled(not busy)

"""The decision of the page: copy the selected channels, or learn how far each one moves."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QRadioButton, QWidget

from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label


class ChoiceCard(Card):
    """Two choices side by side, each with what it means.

    Signals:
        learning_chosen: Whether the person wants gates.
    """

    learning_chosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(tr("How channels move"))
        self.copy = QRadioButton(tr("Copy the selected channels"))
        self.learn = QRadioButton(tr("Learn how far each channel moves"))
        group = QButtonGroup(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(2)
        for column, (button, words) in enumerate(
            (
                (
                    self.copy,
                    tr(
                        "What the page Localize selected moves as far as the strength says. "
                        "Nothing is learned, and nothing is to be done here."
                    ),
                ),
                (
                    self.learn,
                    tr(
                        "Every channel gets a gate from target to specialist, learned from the "
                        "examples of all abilities together: stronger, but it takes a while."
                    ),
                ),
            )
        ):
            group.addButton(button)
            button.setAccessibleDescription(words)
            grid.addWidget(button, 0, column)
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(label(words, "muted", wrap=True), 1, column, top)
            grid.setColumnStretch(column, 1)
        self.body.addLayout(grid)
        self.learn.toggled.connect(self.learning_chosen)

    def show_choice(self, *, learning: bool, busy: bool) -> None:
        """Show what is chosen; while gates are learned nothing else can be."""
        self.learn.blockSignals(True)
        (self.learn if learning else self.copy).setChecked(True)
        self.learn.blockSignals(False)
        self.copy.setEnabled(not busy)
        self.learn.setEnabled(not busy)

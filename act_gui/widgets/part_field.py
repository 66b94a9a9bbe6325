"""Leave, move or blend: the choice for what a channel mask does not cover."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from act_core.recipe import Part
from act_gui.text import tr
from act_gui.widgets.spin_boxes import DoubleSpinBox

_BLEND = "blend"
_FIRST_BLEND = 0.5


class PartField(QWidget):
    """A choice between leave, move and a strength in between.

    Args:
        name: What is chosen, for people.
        compact: Choices of one word each.

    Signals:
        chosen: The person chose a `Part`.
    """

    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None, *, compact: bool = False) -> None:
        super().__init__(parent)
        self.choice = QComboBox()
        self.choice.setAccessibleName(name)
        for key, text in (
            ("leave", tr("Leave") if compact else tr("Leave as in the target")),
            ("move", tr("Take") if compact else tr("Take from the specialist")),
            (_BLEND, tr("Blend")),
        ):
            self.choice.addItem(text, key)
        self.strength = DoubleSpinBox(
            minimum=0.01, maximum=0.99, singleStep=0.05, decimals=2, value=_FIRST_BLEND
        )
        self.strength.setAccessibleName(tr("{name}: strength of the blend", name=name))
        self.strength.setKeyboardTracking(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.choice)
        row.addWidget(self.strength)
        row.addStretch(1)
        self.choice.activated.connect(self._on_chosen)
        self.strength.valueChanged.connect(self._on_chosen)
        self.set_part("leave")

    def part(self) -> Part:
        """What is chosen."""
        key = self.choice.currentData()
        return round(self.strength.value(), 2) if key == _BLEND else key

    def set_part(self, part: Part) -> None:
        """Show a choice."""
        key = part if isinstance(part, str) else _BLEND
        self.choice.setCurrentIndex(self.choice.findData(key))
        self.strength.setVisible(key == _BLEND)
        if isinstance(part, float):
            self.strength.blockSignals(True)
            self.strength.setValue(part)
            self.strength.blockSignals(False)

    def _on_chosen(self, _value: object) -> None:
        self.strength.setVisible(self.choice.currentData() == _BLEND)
        self.chosen.emit(self.part())

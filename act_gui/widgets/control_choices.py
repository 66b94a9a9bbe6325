"""What stands beside the result: controls, and masks by other scorers."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from act_core.localize.scorers import SCORERS
from act_core.recipe import Draft
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label

_OTHER_SCORERS = ("attributed", "matched", "difference")


class ControlChoices(Card):
    """Checks for each control and each further scorer.

    Signals:
        evaluate_changed: Fields of the recipe's section `evaluate`, as a dict.
    """

    evaluate_changed = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Measured beside the result"), parent)
        self.controls = self._row(
            tr("Controls"),
            {
                "random": tr("Random channels"),
                "weight": tr("Largest weight change"),
                "interpolation": tr("Plain interpolation"),
            },
        )
        self.scorers = self._row(
            tr("Other scorers"), {name: tr(SCORERS[name].title) for name in _OTHER_SCORERS}
        )
        hint = tr("A result means little without its controls: keep them unless time is short.")
        self.body.addWidget(label(hint, "muted", wrap=True))

    def show_draft(self, draft: Draft) -> None:
        """Show a recipe's choices."""
        for boxes, chosen in (
            (self.controls, draft.evaluate.controls),
            (self.scorers, draft.evaluate.scorers),
        ):
            for name, box in boxes.items():
                box.blockSignals(True)
                box.setChecked(name in chosen)
                box.blockSignals(False)

    def _row(self, title: str, names: Mapping[str, str]) -> dict[str, QCheckBox]:
        row = QHBoxLayout()
        row.addWidget(label(title, "muted"))
        boxes = {}
        for name, text in names.items():
            box = QCheckBox(text)
            box.setAccessibleName(f"{title}: {text}")
            box.toggled.connect(self._on_toggled)
            row.addWidget(box)
            boxes[name] = box
        row.addStretch(1)
        self.body.addLayout(row)
        return boxes

    def _on_toggled(self, _checked: bool) -> None:
        self.evaluate_changed.emit(
            {
                "controls": tuple(n for n, box in self.controls.items() if box.isChecked()),
                "scorers": tuple(n for n, box in self.scorers.items() if box.isChecked()),
            }
        )

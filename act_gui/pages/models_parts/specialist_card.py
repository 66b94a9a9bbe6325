"""A specialist: a model with a name, and what of its abilities is brought over."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from act_core.recipe import Specialist
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button
from act_gui.widgets.labels import label
from act_gui.widgets.model_card import ModelCard
from act_gui.widgets.name_field import NameField
from act_gui.widgets.tab_order import order_tabs


class SpecialistCard(ModelCard):
    """A card with a name.

    Signals:
        renamed: Another name.
        swap_wanted: It should be the target, and the target the specialist.
        brings_chosen: Names of the abilities that it brings, or None for all.
    """

    renamed = Signal(str)
    swap_wanted = Signal()
    brings_chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Specialist"), tr("Has what the target lacks."), adapters=True, parent=parent
        )
        self._boxes: dict[str, QCheckBox] = {}
        self.name_field = NameField(tr("Name of the specialist"))
        self.swap_button = icon_button(
            "transfer", tr("Swap target and specialist"), self.swap_wanted.emit
        )
        self.head.insertWidget(1, self.name_field, 1)
        self.head.insertWidget(self.head.indexOf(self.retry_button), self.swap_button)
        self.side.addStretch(1)
        self._order_tabs()
        self._brings = QWidget()
        self._row = QHBoxLayout(self._brings)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(label(tr("Brings over"), "muted"))
        self._row.addStretch(1)
        self.body.addWidget(self._brings)
        self.name_field.name_chosen.connect(self.renamed)
        self.set_name(name, ())

    def set_name(self, name: str, taken: Collection[str]) -> None:
        """Show its name.

        Args:
            name: The name.
            taken: Names of all specialists.
        """
        self.name_field.set_name(name, taken)
        self.setAccessibleName(tr("Specialist {name}", name=name))
        self.clear_button.setAccessibleName(tr("Remove specialist {name}", name=name))
        self.clear_button.setToolTip(self.clear_button.accessibleName())

    def set_brings(self, section: Specialist, abilities: Sequence[str]) -> None:
        """Show which abilities it brings; with one to bring over there is nothing to choose."""
        if tuple(self._boxes) != tuple(abilities):
            for box in self._boxes.values():
                box.hide()
                box.deleteLater()
            self._boxes = {name: self._box(name) for name in abilities}
        for name, box in self._boxes.items():
            box.blockSignals(True)
            box.setChecked(section.brings is None or name in section.brings)
            box.blockSignals(False)
        self._brings.setVisible(len(abilities) > 1)

    def bring_boxes(self) -> dict[str, QCheckBox]:
        """The boxes by ability."""
        return dict(self._boxes)

    def _order_tabs(self) -> None:
        """As it is read: the name, then the path, then the small buttons."""
        small = (self.swap_button, self.retry_button, self.clear_button, self.download_button)
        order_tabs(self.name_field.line, self.picker.line, *self.picker.buttons(), *small)

    def _box(self, name: str) -> QCheckBox:
        box = QCheckBox(name)
        box.setAccessibleName(tr("Brings over {ability}", ability=name))
        box.toggled.connect(self._on_toggled)
        self._row.insertWidget(self._row.count() - 1, box)
        return box

    def _on_toggled(self, _checked: bool) -> None:
        chosen = tuple(name for name, box in self._boxes.items() if box.isChecked())
        self.brings_chosen.emit(None if len(chosen) == len(self._boxes) else chosen)


def lineage_text(distance: float | None) -> str:
    """The relative distance of a specialist from the target; empty where it is not known."""
    if distance is None:
        return ""
    return tr("{distance} from the target", distance=f"{distance:.3g}")


def role_note() -> QLabel:
    """What stands between target and specialists."""
    return label(
        tr(
            "Channels move from the specialists into a copy of the target; no file of theirs is "
            "changed."
        ),
        "muted",
        wrap=True,
    )

"""Embeddings, norms, head and router of several specialists: a row each."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from act_core.recipe import PARTS, PartName, Transfer
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.part_field import PartField


class PartGrid(QWidget):
    """What each specialist does with what no mask covers.

    Args:
        titles: Of the parts, for people.

    Signals:
        chosen: Name of a specialist, name of a part, and the `Part` that the person chose.
    """

    chosen = Signal(str, str, object)

    def __init__(self, titles: Mapping[PartName, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = titles
        self._names: tuple[str, ...] = ()
        self.fields: dict[tuple[str, PartName], PartField] = {}
        self._heads: dict[PartName, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setColumnStretch(len(PARTS) + 1, 1)
        for column, part in enumerate(PARTS, 1):
            self._heads[part] = label(titles[part], "muted")
            self._grid.addWidget(self._heads[part], 0, column)

    def show_choices(
        self, specialists: tuple[str, ...], choices: Transfer, *, has_router: bool
    ) -> bool:
        """Show what is chosen; whether rows had to be made anew."""
        made = specialists != self._names
        if made:
            self._make_rows(specialists)
        for (name, part), field in self.fields.items():
            field.set_part(choices.part(name, part))
            field.setVisible(part != "router" or has_router)
        self._heads["router"].setVisible(has_router)
        return made

    def _make_rows(self, specialists: tuple[str, ...]) -> None:
        for row in range(1, len(self._names) + 1):
            for column in range(len(PARTS) + 1):
                item = self._grid.itemAtPosition(row, column)
                widget = item.widget() if item is not None else None
                if widget is not None:
                    self._grid.removeWidget(widget)
                    widget.hide()
                    widget.deleteLater()
        self._names, self.fields = specialists, {}
        for row, name in enumerate(specialists, 1):
            self._grid.addWidget(label(name), row, 0)
            for column, part in enumerate(PARTS, 1):
                field = PartField(
                    tr("{part} of {specialist}", part=self._titles[part], specialist=name),
                    compact=True,
                )
                field.chosen.connect(
                    lambda chosen, name=name, part=part: self.chosen.emit(name, part, chosen)
                )
                self._grid.addWidget(field, row, column)
                self.fields[name, part] = field

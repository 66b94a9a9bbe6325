"""The abilities of the project, each with its role and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from act_core.recipe import Ability
from act_gui.icons import icon
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button, push_button
from act_gui.widgets.drop_card import DropCard
from act_gui.widgets.tab_order import order_tabs

_NAME = Qt.ItemDataRole.UserRole
_LEAST_ROWS = 6
_ICONS = {"good": "check", "warned": "warning", "bad": "error", "waiting": "running"}


class AbilityList(DropCard):
    """A list; files that are dropped on it become an ability.

    Signals:
        chosen: Name of the ability that the person looks at.
        add_wanted: Files to begin with: a list, empty where the person pressed the button.
        remove_wanted: Name of an ability.
    """

    chosen = Signal(str)
    add_wanted = Signal(list)
    remove_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Abilities"), parent)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Abilities"))
        self.list.setMinimumHeight(_LEAST_ROWS * 2 * self.fontMetrics().lineSpacing())
        self.add_button = push_button(tr("Add ability…"), lambda: self.add_wanted.emit([]), "add")
        self.remove_button = icon_button("remove", tr("Remove this ability"), self._on_remove)
        self.head.addWidget(self.remove_button)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.add_button)
        order_tabs(self.list, self.add_button, self.remove_button)
        self.list.currentItemChanged.connect(self._on_current)
        self.dropped.connect(lambda paths: self.add_wanted.emit([Path(path) for path in paths]))

    def set_abilities(
        self, abilities: Mapping[str, Ability], states: Mapping[str, str], current: str
    ) -> None:
        """Show abilities.

        Args:
            abilities: By name.
            states: `good`, `warned`, `bad` or `waiting`, by name.
            current: Which is looked at.
        """
        self.list.blockSignals(True)
        names = [self.list.item(row).data(_NAME) for row in range(self.list.count())]
        if names != list(abilities):
            self.list.clear()
            for name in abilities:
                item = QListWidgetItem()
                item.setData(_NAME, name)
                self.list.addItem(item)
        for row, (name, ability) in enumerate(abilities.items()):
            item = self.list.item(row)
            role = tr("bring over") if ability.role == "bring" else tr("keep")
            state = states.get(name, "waiting")
            item.setText(f"{name}\n{role}")
            item.setIcon(icon(_ICONS[state]))
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole, f"{name}, {role}, {_state_word(state)}"
            )
            item.setToolTip(_state_word(state))
            if name == current:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self.remove_button.setEnabled(bool(abilities))

    def _on_current(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(_NAME))

    def _on_remove(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.remove_wanted.emit(item.data(_NAME))


def _state_word(state: str) -> str:
    words = {
        "good": tr("checked"),
        "warned": tr("checked; held-out items leak"),
        "bad": tr("cannot be used yet"),
        "waiting": tr("not read yet"),
    }
    return words[state]

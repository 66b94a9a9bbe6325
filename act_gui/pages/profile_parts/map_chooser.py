"""Which map is shown: specialist, ability, statistic."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QSizePolicy, QWidget

from act_core.profile.tables import TableKey
from act_gui.text import tr
from act_gui.widgets.labels import label


class MapChooser(QWidget):
    """Three choices among the maps that hold something.

    Signals:
        chosen: The `TableKey` to show.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: tuple[TableKey, ...] = ()
        self.specialist, self.ability, self.statistic = QComboBox(), QComboBox(), QComboBox()
        self.follow = QCheckBox(tr("Follow the running one"))
        self.follow.setChecked(True)
        self.follow.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for name, box in (
            (tr("Specialist"), self.specialist),
            (tr("Ability"), self.ability),
            (tr("Statistic"), self.statistic),
        ):
            box.setAccessibleName(name)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            box.activated.connect(self._on_activated)
            row.addWidget(label(name, "muted"))
            row.addWidget(box)
            row.addSpacing(8)
        row.addWidget(self.follow)
        row.addStretch(1)

    @property
    def key(self) -> TableKey | None:
        """The map that is chosen."""
        if not self.statistic.currentText():
            return None
        return TableKey(
            self.specialist.currentText(), self.ability.currentText(), self.statistic.currentData()
        )

    def set_keys(self, keys: Sequence[TableKey]) -> None:
        """Offer maps; the chosen one stays where it is still there."""
        if tuple(keys) == self._keys:
            return
        self._keys = tuple(keys)
        now = self.key
        for box, names in (
            (self.specialist, dict.fromkeys(key.specialist for key in keys)),
            (self.ability, dict.fromkeys(key.ability for key in keys)),
            (self.statistic, dict.fromkeys(key.statistic for key in keys)),
        ):
            box.clear()
            for name in names:
                box.addItem(tr(name.capitalize()) if box is self.statistic else name, name)
        if self._keys:
            self.set_key(now if now in self._keys else self._keys[0])

    def set_key(self, key: TableKey) -> None:
        """Choose a map."""
        for box, name in (
            (self.specialist, key.specialist),
            (self.ability, key.ability),
            (self.statistic, key.statistic),
        ):
            box.setCurrentIndex(box.findData(name))

    def set_running(self, running: bool) -> None:
        """While a profile runs the map can follow it."""
        if running and not self.follow.isVisibleTo(self):
            self.follow.setChecked(True)
        self.follow.setVisible(running)

    def _on_activated(self, _index: int) -> None:
        self.follow.setChecked(False)
        self.chosen.emit(self.key)

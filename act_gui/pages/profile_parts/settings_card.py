"""How statistics are gathered: device, dtype, batch, which ones, and when it is enough."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QWidget,
)

from act_core.profile.devices import Device
from act_core.recipe import ProfileSettings
from act_core.report.numbers import size
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label
from act_gui.widgets.number_field import FaultLine, NumberField, read_count, write_count
from act_gui.widgets.spin_boxes import DoubleSpinBox, SpinBox

_MOST_ROUNDS = 6
_STABLE_BELOW = 0.05


class SettingsCard(Card):
    """The settings of a profile in two rows.

    Signals:
        edited: The person changed fields of `ProfileSettings`: a dict of them.
    """

    edited = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(tr("Settings of the profile"))
        self._settings = ProfileSettings()
        self._build()
        self._connect()

    def set_devices(self, devices: Sequence[Device]) -> None:
        """Offer the devices of this machine."""
        chosen = self.device.currentData()
        self.device.clear()
        for device in devices:
            memory = tr(", {size}", size=size(device.total_bytes)) if device.total_bytes else ""
            self.device.addItem(device.title + memory, device.name)
        self._show_device(chosen or self._settings.device)

    def set_settings(self, settings: ProfileSettings, needed: Collection[str]) -> None:
        """Show settings.

        Args:
            settings: Of the recipe.
            needed: Statistics that its scorers read, which are gathered anyway.
        """
        self._settings = settings
        self._show_device(settings.device)
        self.dtype.setCurrentIndex(self.dtype.findData(settings.dtype))
        self.batch.set_number(settings.batch_tokens)
        for name, box in self.statistics.items():
            box.setEnabled(name not in needed)
            box.setChecked(name in needed or name in settings.statistics)
            box.setText(
                tr("{name} (needed)", name=_titles()[name]) if name in needed else _titles()[name]
            )
        with QSignalBlocker(self.rounds), QSignalBlocker(self.threshold):
            self.rounds.setValue(settings.rounds)
            self.threshold.setValue(100 * (settings.stop_below or _STABLE_BELOW))
        self.stop.setChecked(settings.stop_below is not None)
        self._show_stop()

    def set_busy(self, busy: bool) -> None:
        """While a job runs its settings are frozen; what is changed is for the next one."""
        for widget in (self.device, self.dtype, self.batch, self.rounds, self.stop):
            widget.setEnabled(not busy)
        if busy:
            for box in self.statistics.values():
                box.setEnabled(False)
        self._show_stop()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.device = QComboBox()
        self.device.currentTextChanged.connect(self.device.setToolTip)
        self.dtype = QComboBox()
        for dtype in ("float32", "bfloat16", "float16"):
            self.dtype.addItem(dtype, dtype)
        self.batch = NumberField(
            tr("Tokens in a batch"), read_count, write_count, empty=tr("Automatic")
        )
        self.rounds = SpinBox(minimum=1, maximum=_MOST_ROUNDS)
        self.rounds.setKeyboardTracking(False)
        self.stop = QCheckBox(tr("Stop when stable, below"))
        self.stop.setAccessibleName(tr("Stop when stable"))
        self.threshold = DoubleSpinBox(
            minimum=0.1, maximum=50, decimals=1, singleStep=0.5, suffix=" %"
        )
        self.threshold.setKeyboardTracking(False)
        self.threshold.setAccessibleName(
            tr("Stable when less than this share of the top 5 % changes in a round")
        )
        self.statistics = {name: QCheckBox(title) for name, title in _titles().items()}
        self.body.addLayout(self._first_row())
        self.body.addWidget(FaultLine(self.batch))
        self.body.addLayout(self._statistics_row())

    def _first_row(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        for column, (name, widget, stretch) in enumerate(
            (
                (tr("Device"), self.device, 3),
                (tr("Compute in"), self.dtype, 2),
                (tr("Tokens in a batch"), self.batch, 2),
                (tr("Rounds"), self.rounds, 1),
            )
        ):
            title = label(name, "muted")
            title.setBuddy(widget)
            widget.setAccessibleName(name)
            grid.addWidget(title, 0, column)
            grid.addWidget(widget, 1, column)
            grid.setColumnStretch(column, stretch)
        grid.addWidget(self.stop, 0, 4)
        grid.addWidget(self.threshold, 1, 4)
        grid.setColumnStretch(4, 2)
        return grid

    def _statistics_row(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(0)
        for column, (name, box) in enumerate(self.statistics.items()):
            box.setAccessibleName(tr("Gather {name}", name=_titles()[name]))
            box.setAccessibleDescription(_costs()[name])
            grid.addWidget(box, 0, column)
            cost = label(_costs()[name], "muted", wrap=True)
            grid.addWidget(cost, 1, column, Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(column, 1)
        return grid

    def _connect(self) -> None:
        self.device.activated.connect(self._on_device)
        self.dtype.activated.connect(self._on_dtype)
        self.batch.number_chosen.connect(self._on_batch)
        self.rounds.valueChanged.connect(lambda rounds: self.edited.emit({"rounds": rounds}))
        self.stop.clicked.connect(self._on_stop)
        self.threshold.valueChanged.connect(self._on_stop)
        for box in self.statistics.values():
            box.clicked.connect(self._on_statistics)

    # --------------------------------------------------------------------------- slots

    def _on_device(self, _index: int) -> None:
        self.edited.emit({"device": self.device.currentData()})

    def _on_dtype(self, _index: int) -> None:
        self.edited.emit({"dtype": self.dtype.currentData()})

    def _on_batch(self, tokens: float | None) -> None:
        self.edited.emit({"batch_tokens": None if tokens is None else int(tokens)})

    def _on_stop(self, _value: object) -> None:
        self._show_stop()
        share = round(self.threshold.value() / 100, 6)
        self.edited.emit({"stop_below": share if self.stop.isChecked() else None})

    def _on_statistics(self, _checked: bool) -> None:
        chosen = tuple(
            name
            for name, box in self.statistics.items()
            if (box.isChecked() if box.isEnabled() else name in self._settings.statistics)
        )
        self.edited.emit({"statistics": chosen})

    # ------------------------------------------------------------------------- showing

    def _show_device(self, name: str) -> None:
        """A device that this machine does not have is shown as what it is."""
        if self.device.findData(name) < 0:
            known = self.device.count() > 0
            self.device.addItem(tr("{name} (not here)", name=name) if known else name, name)
        self.device.setCurrentIndex(self.device.findData(name))

    def _show_stop(self) -> None:
        self.threshold.setEnabled(self.stop.isChecked() and self.stop.isEnabled())


def _titles() -> dict[str, str]:
    return {
        "difference": tr("Difference"),
        "matched": tr("Matched"),
        "attributed": tr("Attributed"),
    }


def _costs() -> dict[str, str]:
    return {
        "difference": tr("Walks the specialist as well: about twice the time of matched."),
        "matched": tr("Walks the target alone: the cheapest."),
        "attributed": tr("Walks halfway between both, forward and back: the slowest."),
    }

"""The colour bar: limits to drag or to type, logarithmic or not, and which colours."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from act_core.maps.data import Values
from act_core.maps.limits import ColourScale
from act_gui.maps.colour_strip import ColourStrip
from act_gui.maps.map_card import value_text
from act_gui.maps.scales import DIVERGING, SEQUENTIAL, title_of
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.number_field import NumberField


class ColourBar(QWidget):
    """Shows a scale and lets a person change it.

    Signals:
        scale_changed: A `ColourScale` whose limits the person has set.
        range_wanted: `robust` or `exact`: limits from the values.
        log_changed: Whether the scale should be logarithmic.
        map_changed: Name of a colour map.
    """

    scale_changed = Signal(object)
    range_wanted = Signal(str)
    log_changed = Signal(bool)
    map_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale = ColourScale(0.0, 1.0)
        self._signed: bool | None = None
        self._build()
        self._connect()
        self.set_signed(False)

    def _build(self) -> None:
        self.strip = ColourStrip()
        self.high_field = NumberField(tr("Upper limit of the colours"), _read, value_text)
        self.low_field = NumberField(tr("Lower limit of the colours"), _read, value_text)
        self.log_box = QCheckBox(tr("Log scale"))
        self.log_box.setAccessibleName(tr("Logarithmic colours"))
        self.map_box = QComboBox()
        self.map_box.setAccessibleName(tr("Colour map"))
        self.robust_button = push_button(tr("Typical range"))
        self.robust_button.setToolTip(tr("Limits that a few extreme channels do not move"))
        self.exact_button = push_button(tr("Full range"))
        self.exact_button.setToolTip(tr("Limits at the smallest and the largest value"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.high_field)
        column.addWidget(self.strip, 1)
        column.addWidget(self.low_field)
        for part in (self.robust_button, self.exact_button, self.log_box, self.map_box):
            column.addWidget(part)
        for field in (self.high_field, self.low_field, self.map_box):
            field.setMinimumWidth(1)
        self._fit()

    def _fit(self) -> None:
        """As wide as the widest part, so that changing numbers do not move the map."""
        parts = (self.strip, self.robust_button, self.exact_button, self.log_box)
        self.setFixedWidth(max(part.sizeHint().width() for part in parts))

    def _connect(self) -> None:
        self.strip.scale_changed.connect(self.scale_changed)
        self.high_field.number_chosen.connect(self._on_high_chosen)
        self.low_field.number_chosen.connect(self._on_low_chosen)
        self.robust_button.clicked.connect(self._on_robust_clicked)
        self.exact_button.clicked.connect(self._on_exact_clicked)
        self.log_box.toggled.connect(self.log_changed)
        self.map_box.activated.connect(self._on_map_activated)

    def set_compact(self, compact: bool) -> None:
        """Show only the strip, for low maps: its limits can still be dragged and moved by key."""
        for part in (
            self.high_field,
            self.low_field,
            self.robust_button,
            self.exact_button,
            self.log_box,
            self.map_box,
        ):
            part.setVisible(not compact)

    def set_scale(self, scale: ColourScale) -> None:
        """Show a scale, without a signal."""
        self._scale = scale
        self.strip.set_scale(scale)
        self.high_field.set_number(scale.high)
        self.low_field.set_number(scale.low)
        blocked = self.log_box.blockSignals(True)
        self.log_box.setChecked(scale.log)
        self.log_box.blockSignals(blocked)

    def set_values(self, values: Values | None) -> None:
        """Show how values are spread."""
        self.strip.set_values(values)

    def set_signed(self, signed: bool) -> str:
        """Offer the maps for values with or without a sign; returns the one that is chosen."""
        if signed is not self._signed:
            self._signed = signed
            self.map_box.clear()
            for name in DIVERGING if signed else SEQUENTIAL:
                self.map_box.addItem(title_of(name), name)
            self.map_box.setEnabled(self.map_box.count() > 1)
        name = str(self.map_box.currentData())
        self.strip.set_map(name)
        return name

    def set_map(self, name: str) -> None:
        """Show a colour map that is offered, without a signal."""
        self.map_box.setCurrentIndex(max(self.map_box.findData(name), 0))
        self.strip.set_map(str(self.map_box.currentData()))

    def _on_high_chosen(self, number: float) -> None:
        self.scale_changed.emit(self._scale.with_limits(self._scale.low, number))

    def _on_low_chosen(self, number: float) -> None:
        self.scale_changed.emit(self._scale.with_limits(number, self._scale.high))

    def _on_robust_clicked(self) -> None:
        self.range_wanted.emit("robust")

    def _on_exact_clicked(self) -> None:
        self.range_wanted.emit("exact")

    def _on_map_activated(self, _index: int) -> None:
        name = str(self.map_box.currentData())
        self.strip.set_map(name)
        self.map_changed.emit(name)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()


def _read(text: str) -> float:
    try:
        number = float(text.strip().replace("\u2212", "-").replace(",", ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e38:
        raise ValueError(tr("Give a number, such as 0.25 or 1e-6."))
    return number

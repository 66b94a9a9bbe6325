"""How much is selected: a slider and three fields that always say the same."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSlider, QWidget

from act_core.report.numbers import count
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label
from act_gui.widgets.number_field import (
    FaultLine,
    NumberField,
    read_count,
    read_share,
    read_size,
    write_count,
    write_share,
    write_size,
)

LEAST_SHARE = 1e-4
_STEPS_A_DECADE = 250
_STEPS = round(-math.log10(LEAST_SHARE)) * _STEPS_A_DECADE
_RESTS_AFTER_MS = 300


class BudgetCard(Card):
    """The budget as a share of channels, on a logarithmic slider, and what it comes to.

    Signals:
        share_moved: The budget while it moves, a share of all channels.
        share_rested: The budget once it rests.
        parameters_wanted: The person gave the budget in parameters.
        size_wanted: The person gave it in bytes of the target's dtype.
        budget_wanted: Back from a mask file to what the budget selects.
    """

    share_moved = Signal(float)
    share_rested = Signal(float)
    parameters_wanted = Signal(int)
    size_wanted = Signal(int)
    budget_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Budget"), parent)
        self._share = 0.05
        self._unsaid = False  # it has moved and not rested yet
        self._rest = QTimer(self, singleShot=True, interval=_RESTS_AFTER_MS)
        self._build()
        self._connect()

    @property
    def share(self) -> float:
        """The budget that is shown."""
        return self._share

    def set_share(self, share: float) -> None:
        """Show a budget without a signal."""
        self._share = share
        with QSignalBlocker(self.slider):
            self.slider.setValue(_place(share))
        self.share_field.set_number(share)

    def set_figures(self, channels: int, total: int, parameters: int, size_bytes: int) -> None:
        """Say what the selection comes to."""
        self.counts.setText(
            tr("{channels} of {total} channels", channels=count(channels), total=count(total))
        )
        self.parameters_field.set_number(parameters)
        self.size_field.set_number(size_bytes)

    def set_mask_words(self, words: str) -> None:
        """Say which mask is used in place of the budget; empty: the budget selects."""
        for widget in (self.slider, self.share_field, self.parameters_field, self.size_field):
            widget.setEnabled(not words)
        self.mask_words.setText(words)
        self.mask_words.setVisible(bool(words))
        self.budget_button.setVisible(bool(words))

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setAccessibleName(tr("Budget"))
        self.slider.setPageStep(_STEPS_A_DECADE // 4)
        self.slider.setSingleStep(_STEPS_A_DECADE // 50)
        self.share_field = NumberField(tr("Share"), read_share, write_share)
        self.parameters_field = NumberField(tr("Parameters"), read_count, write_count)
        self.size_field = NumberField(tr("Size"), read_size, write_size)
        self.counts = label("", "muted")
        self.head.addWidget(self.counts)
        self.mask_words = label("", wrap=True)
        self.budget_button = push_button(tr("Select by budget"), self.budget_wanted.emit, "undo")
        self.budget_button.setToolTip(tr("Leave the mask in the library and use the budget again"))
        held = QHBoxLayout()
        held.addWidget(self.mask_words, 1)
        held.addWidget(self.budget_button)
        self.body.addLayout(held)
        self.body.addWidget(self.slider)
        fields = QGridLayout()
        fields.setHorizontalSpacing(8)
        fields.setVerticalSpacing(2)
        for column, field in enumerate((self.share_field, self.parameters_field, self.size_field)):
            title = label(field.accessibleName(), "muted")
            title.setBuddy(field)
            fields.addWidget(title, 0, column)
            fields.addWidget(field, 1, column)
        self.body.addLayout(fields)
        self.fault = FaultLine(self.share_field, self.parameters_field, self.size_field)
        self.body.addWidget(self.fault)
        self.set_share(self._share)
        self.set_mask_words("")

    def _connect(self) -> None:
        self.slider.valueChanged.connect(self._on_slid)
        self.slider.sliderReleased.connect(self._on_rested)
        self._rest.timeout.connect(self._on_rested)
        self.share_field.number_chosen.connect(self._on_share)
        self.parameters_field.number_chosen.connect(lambda n: self.parameters_wanted.emit(int(n)))
        self.size_field.number_chosen.connect(lambda n: self.size_wanted.emit(int(n)))

    def _on_slid(self, place: int) -> None:
        self._share = share_at(place)
        self._unsaid = True
        self.share_field.set_number(self._share)
        self._rest.start()
        self.share_moved.emit(self._share)

    def _on_rested(self) -> None:
        """At the end of a drag, or a while after the last key."""
        if self._unsaid and not self.slider.isSliderDown():
            self._unsaid = False
            self._rest.stop()
            self.share_rested.emit(self._share)

    def _on_share(self, share: float) -> None:
        self._unsaid = False
        self._rest.stop()
        self.set_share(share)
        self.share_moved.emit(share)
        self.share_rested.emit(share)


def share_at(place: int) -> float:
    """The share at a place of the slider, with four digits that count."""
    return float(f"{LEAST_SHARE * 10 ** (place / _STEPS_A_DECADE):.4g}")


def _place(share: float) -> int:
    return round(_STEPS_A_DECADE * math.log10(max(share, LEAST_SHARE) / LEAST_SHARE))

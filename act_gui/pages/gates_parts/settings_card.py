"""How gates are learned: the simple settings in sight, the others under More."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from act_core.recipe import GateSettings
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.form_rows import FormRows, decimal_field, explain
from act_gui.widgets.labels import label
from act_gui.widgets.learning_fields import LearningFields
from act_gui.widgets.number_field import NumberField, read_share, write_share
from act_gui.widgets.unfold import Unfold

_WIDEST = 2.0


class SettingsCard(Card):
    """The fields of `GateSettings`.

    Signals:
        edited: The person changed some: a dict of them.
    """

    edited = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Settings"), parent)
        self.setAccessibleName(tr("Settings of the gates"))
        self.learning = LearningFields(self)
        self._build_simple()
        self._build_more()
        self._connect()

    def set_settings(self, settings: GateSettings, *, several: bool) -> None:
        """Show settings; `several` specialists cannot be interpolated."""
        low, high = settings.bounds
        with QSignalBlocker(self.strength), QSignalBlocker(self.low), QSignalBlocker(self.high):
            self.strength.setRange(0.01, high)
            self.high.setRange(settings.strength, _WIDEST)
            self.strength.setValue(settings.strength)
            self.low.setValue(low)
            self.high.setValue(high)
        for field, value in (
            (self.rate, settings.learning_rate),
            (self.price, settings.l1),
        ):
            with QSignalBlocker(field):
                field.setValue(value)
        self.budget.set_number(settings.budget)
        self.learning.set_settings(settings)
        self._show_start(settings.start, several)

    def set_busy(self, busy: bool) -> None:
        """While gates are learned their settings are frozen."""
        for field in (
            self.start, self.strength, self.rate, self.price, self.budget, self.low, self.high,
            *self.learning.fields,
        ):  # fmt: skip
            field.setEnabled(not busy)

    # --------------------------------------------------------------------------- build

    def _build_simple(self) -> None:
        self.start = QComboBox()
        for name, title in _starts().items():
            self.start.addItem(title, name)
        self.start_words = label("", "muted", wrap=True)
        self.strength = decimal_field(0.01, _WIDEST, 2, 0.05)
        form = FormRows()
        form.add(tr("Start"), self.start, tr("Where the gates stand before the first step."))
        form.add_below(self.start_words)
        form.add(
            tr("Strength of the start"), self.strength, tr("0 is the target, 1 the specialist.")
        )
        self.learning.add_length(form, tr("Of each ability."))
        self.body.addLayout(form)

    def _build_more(self) -> None:
        self.rate = decimal_field(0.0001, 1.0, 4, 0.01)
        self.price = decimal_field(0.0, 1000.0, 3, 0.05)
        self.budget = NumberField(
            tr("Share of gates that stays open"), read_share, write_share, empty=tr("No limit")
        )
        self.low = decimal_field(-_WIDEST, 0.0, 2, 0.1)
        self.high = decimal_field(0.01, _WIDEST, 2, 0.1)
        bounds = QHBoxLayout()
        bounds.addWidget(self.low)
        bounds.addWidget(label(tr("to"), "muted"))
        bounds.addWidget(self.high)
        bounds.addStretch(1)
        form = FormRows()
        form.add(tr("Learning rate"), self.rate, tr("How far a gate moves in one step."))
        form.add(
            tr("Price"),
            self.price,
            tr(
                "What opening every gate costs, in nats; above 0 it closes gates that bring "
                "little, so that those left are a selection."
            ),
        )
        form.add(
            tr("Budget"),
            self.budget,
            tr(
                "Share of all gates that stays open; the others are closed in the first half of "
                "the steps, those first that cost least."
            ),
        )
        form.add_fields(tr("Gates from"), bounds)
        explain(self.low, tr("Lowest gate"), tr("Below 0 a channel may move away."))
        explain(self.high, tr("Highest gate"), tr("Above 1 it may move beyond the specialist."))
        self.learning.add_stopping(form)
        self.learning.add_memory(form)
        self.more = Unfold(tr("More"))
        self.more.body.addLayout(form)
        self.body.addWidget(self.more)

    def _connect(self) -> None:
        self.start.activated.connect(
            lambda _row: self.edited.emit({"start": self.start.currentData()})
        )
        self.learning.edited.connect(self.edited)
        self.budget.number_chosen.connect(lambda share: self.edited.emit({"budget": share}))
        for name, field in (
            ("strength", self.strength),
            ("learning_rate", self.rate),
            ("l1", self.price),
        ):
            field.valueChanged.connect(lambda value, name=name: self._say(name, value))
        for field in (self.low, self.high):
            field.valueChanged.connect(self._on_bounds)

    # --------------------------------------------------------------------------- slots

    def _say(self, name: str, value: Any) -> None:
        self.edited.emit({name: round(value, 6)})

    def _on_bounds(self, _value: float) -> None:
        self.edited.emit({"bounds": (round(self.low.value(), 2), round(self.high.value(), 2))})

    def _show_start(self, start: str, several: bool) -> None:
        model = self.start.model()
        plain = self.start.findData("interpolation")
        model.setData(  # what cannot be chosen is greyed
            model.index(plain, 0), 0 if several else None, Qt.ItemDataRole.UserRole - 1
        )
        self.start.setCurrentIndex(self.start.findData(start))
        self.start_words.setText(_start_words()[start])


def _starts() -> dict[str, str]:
    return {
        "interpolation": tr("Part of the way"),
        "task-arithmetic": tr("Task arithmetic"),
        "mask": tr("Selected channels"),
    }


def _start_words() -> dict[str, str]:
    return {
        "interpolation": tr("Every channel begins part of the way to the specialist."),
        "task-arithmetic": tr("Every channel begins with what all specialists change, added up."),
        "mask": tr("Selected channels begin open, all others closed; any of them may move."),
    }

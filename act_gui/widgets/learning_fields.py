"""The fields that everything which learns has: how long, from how much, and when it stops."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from act_core.recipe import GateSettings, TuneSettings
from act_gui.text import tr
from act_gui.widgets.form_rows import FormRows, explain
from act_gui.widgets.number_field import NumberField, read_count, write_count
from act_gui.widgets.spin_boxes import SpinBox

_MOST_STEPS = 100_000


class LearningFields(QObject):
    """Fields of `GateSettings` and `TuneSettings` alike; a card puts them among its own.

    Signals:
        edited: The person changed one: a dict of it.
    """

    edited = Signal(dict)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.steps = SpinBox(minimum=1, maximum=_MOST_STEPS)
        self.tokens = NumberField(tr("Tokens of each ability in a step"), read_count, write_count)
        self.validation = SpinBox(minimum=0, maximum=90, singleStep=5, suffix=" %")
        self.every = SpinBox(minimum=1, maximum=_MOST_STEPS)
        self.patience = SpinBox(minimum=1, maximum=1000)
        self.checkpointing = QCheckBox(tr("Save memory"))
        self._connect()

    @property
    def fields(self) -> tuple[QWidget, ...]:
        """All of them."""
        return (
            self.steps, self.tokens, self.validation, self.every, self.patience,
            self.checkpointing,
        )  # fmt: skip

    def add_length(self, form: FormRows, tokens_words: str) -> None:
        """Put steps and tokens below what a form has."""
        words = tr("At most; it stops earlier once validation no longer gains.")
        form.add(tr("Steps"), self.steps, words)
        form.add(tr("Tokens in a step"), self.tokens, tokens_words)

    def add_stopping(self, form: FormRows) -> None:
        """Put what says when to stop below what a form has."""
        form.add(
            tr("Validation"),
            self.validation,
            tr("Share of the examples that nothing learns from; they say when to stop."),
        )
        form.add(tr("Check every"), self.every, tr("Steps from one check to the next."))
        form.add(tr("Patience"), self.patience, tr("Checks without gain before it stops."))

    def add_memory(self, form: FormRows) -> None:
        """Put what saves memory below what a form has."""
        form.add_below(self.checkpointing)
        explain(
            self.checkpointing,
            tr("Save memory"),
            tr("Computes each layer again on the way back: less memory, a third more time."),
        )

    def set_settings(self, settings: GateSettings | TuneSettings) -> None:
        """Show settings; without validation there is nothing to say of checks."""
        for field, value in (
            (self.steps, settings.steps),
            (self.validation, round(100 * settings.validation)),
            (self.every, settings.check_every),
            (self.patience, settings.patience),
        ):
            with QSignalBlocker(field):
                field.setValue(value)
        self.tokens.set_number(settings.batch_tokens)
        self.checkpointing.setChecked(settings.checkpointing)
        checked = settings.validation > 0 and self.steps.isEnabled()
        self.every.setEnabled(checked)
        self.patience.setEnabled(checked)

    def _connect(self) -> None:
        for name, field in (
            ("steps", self.steps),
            ("check_every", self.every),
            ("patience", self.patience),
        ):
            field.setKeyboardTracking(False)
            field.valueChanged.connect(lambda value, name=name: self.edited.emit({name: value}))
        self.validation.setKeyboardTracking(False)
        self.validation.valueChanged.connect(
            lambda percent: self.edited.emit({"validation": percent / 100})
        )
        self.tokens.number_chosen.connect(
            lambda tokens: self.edited.emit({"batch_tokens": int(tokens)})
        )
        self.checkpointing.clicked.connect(lambda on: self.edited.emit({"checkpointing": on}))

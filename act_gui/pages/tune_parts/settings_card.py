"""How is tuned: what learns, how long, how fast; the rest under More."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from act_core.recipe import ProfileSettings, TuneSettings
from act_gui.pages.tune_parts.presets import preset_in, preset_titles, preset_words
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.form_rows import FormRows, explain
from act_gui.widgets.labels import label
from act_gui.widgets.learning_fields import LearningFields
from act_gui.widgets.number_field import NumberField, read_rate, write_rate
from act_gui.widgets.spin_boxes import SpinBox
from act_gui.widgets.unfold import Unfold

_MOST_RANK = 1024


class SettingsCard(Card):
    """The fields of `TuneSettings`, but for the shares.

    Signals:
        edited: The person changed some: a dict of them.
        kind_chosen: What shall learn.
        preset_chosen: Name of a preset.
    """

    edited = Signal(dict)
    kind_chosen = Signal(str)
    preset_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Settings"), parent)
        self.setAccessibleName(tr("Settings of the tuning"))
        self.learning = LearningFields(self)
        self._build_simple()
        self._build_more()
        self._connect()

    def set_settings(self, settings: TuneSettings, profile: ProfileSettings) -> None:
        """Show settings; the profile's say on what and in what is computed."""
        lora = settings.kind == "lora"
        self.kind.setCurrentIndex(self.kind.findData(settings.kind))
        self.kind_words.setText(_kind_words()[settings.kind])
        self._show_preset(settings)
        with QSignalBlocker(self.rank):
            self.rank.setValue(settings.rank)
        self.learning.set_settings(settings)
        self.rate.set_number(settings.rate)
        self.keep.setCurrentIndex(self.keep.findData(settings.keep))
        self.keep_words.setText(_keep_words()[settings.keep])
        for row in (self.rank, self.keep, self.keep_words):
            self._form.show_row(row, shown=lora)
        self.decay.setChecked(settings.decay)
        self.computes.setText(
            tr(
                "Computes in {dtype}, as on the page Profile; what learns is float32. Batches "
                "follow memory, and their gradients are added up.",
                dtype=profile.dtype,
            )
        )

    def set_busy(self, busy: bool) -> None:
        """While it is tuned the settings are frozen."""
        for field in (
            self.kind, self.preset, self.rate, self.rank, self.keep, self.decay,
            *self.learning.fields,
        ):  # fmt: skip
            field.setEnabled(not busy)

    # --------------------------------------------------------------------------- build

    def _build_simple(self) -> None:
        self.kind, self.preset, self.keep = QComboBox(), QComboBox(), QComboBox()
        self.kind.addItem(tr("The transferred channels"), "channels")
        self.kind.addItem(tr("A LoRA adapter"), "lora")
        for name, title in preset_titles().items():
            self.preset.addItem(title, name)
        self.preset.addItem(tr("Own settings"), None)
        self.keep.addItem(tr("Merge it into the weights"), "merged")
        self.keep.addItem(tr("Keep it beside the weights"), "adapter")
        self.kind_words, self.preset_words = (label("", "muted", wrap=True) for _ in range(2))
        self.keep_words = label("", "muted", wrap=True)
        self.rank = SpinBox(minimum=1, maximum=_MOST_RANK)
        self.rank.setKeyboardTracking(False)
        self.rate = NumberField(tr("Learning rate"), read_rate, write_rate)
        self._form = form = FormRows()
        form.add(tr("What learns"), self.kind, tr("Everything else is frozen."))
        form.add_below(self.kind_words)
        form.add(tr("Preset"), self.preset, tr("Sets several fields at once."))
        form.add_below(self.preset_words)
        self.learning.add_length(form, tr("Of each ability, where all have an equal share."))
        form.add(tr("Learning rate"), self.rate, tr("Of Adam, at its highest."))
        form.add(tr("Rank"), self.rank, tr("Of the adapter: a higher one can learn more."))
        form.add(tr("Afterwards"), self.keep, tr("What becomes of the adapter."))
        form.add_below(self.keep_words)
        self.body.addLayout(form)

    def _build_more(self) -> None:
        self.decay = QCheckBox(tr("Warm up, then slow down"))
        self.computes = label("", "muted", wrap=True)
        form = FormRows()
        self.learning.add_stopping(form)
        form.add_below(self.decay)
        explain(
            self.decay,
            tr("Warm up, then slow down"),
            tr("The rate rises over a tenth of the steps, then falls towards zero."),
        )
        self.learning.add_memory(form)
        self.more = Unfold(tr("More"))
        self.more.body.addLayout(form)
        self.more.body.addWidget(self.computes)
        self.body.addWidget(self.more)

    def _connect(self) -> None:
        self.kind.activated.connect(lambda _row: self.kind_chosen.emit(self.kind.currentData()))
        self.preset.activated.connect(self._on_preset)
        self.keep.activated.connect(
            lambda _row: self.edited.emit({"keep": self.keep.currentData()})
        )
        self.learning.edited.connect(self.edited)
        self.rate.number_chosen.connect(lambda rate: self.edited.emit({"learning_rate": rate}))
        self.decay.clicked.connect(lambda on: self.edited.emit({"decay": on}))
        self.rank.valueChanged.connect(lambda rank: self.edited.emit({"rank": rank}))

    # --------------------------------------------------------------------------- slots

    def _on_preset(self, _row: int) -> None:
        if self.preset.currentData() is not None:
            self.preset_chosen.emit(self.preset.currentData())

    def _show_preset(self, settings: TuneSettings) -> None:
        preset = preset_in(settings)
        own = self.preset.count() - 1
        self.preset.model().setData(  # one comes to it by changing a field, not by choosing it
            self.preset.model().index(own, 0), 0 if preset else None, Qt.ItemDataRole.UserRole - 1
        )
        self.preset.setCurrentIndex(self.preset.findData(preset) if preset else own)
        self.preset_words.setText(preset_words(preset))


def _kind_words() -> dict[str, str]:
    return {
        "channels": tr("Rows that the transfer moved learn; all others stay the target's."),
        "lora": tr("Small matrices beside all linear modules learn; what was transferred stays."),
    }


def _keep_words() -> dict[str, str]:
    return {
        "merged": tr("The checkpoint loads as any other; every linear module changes a little."),
        "adapter": tr("The checkpoint holds the transfer, and a folder with the adapter."),
    }

"""How much a tuning reads of each ability."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QWidget

from act_core.recipe import Draft, TuneSettings
from act_core.report.numbers import count, part
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.form_rows import decimal_field, explain
from act_gui.widgets.labels import label

_MOST = 100.0


class MixCard(Card):
    """A row for every ability: its part, relative to the others, and what that makes.

    Signals:
        share_chosen: Name of an ability, and its part.
    """

    share_chosen = Signal(str, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Mix of the examples"), parent)
        self.fields: dict[str, QDoubleSpinBox] = {}
        self.said: dict[str, QLabel] = {}
        self._grid = QGridLayout()
        self._grid.setColumnStretch(2, 1)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        words = tr("Parts of a step, from the calibration examples; held-out ones are never read.")
        self.body.addWidget(label(words, "muted", wrap=True))
        self.body.addLayout(self._grid)

    def show_draft(self, draft: Draft, settings: TuneSettings) -> None:
        """Show the mix of a recipe."""
        if list(self.fields) != list(draft.abilities):
            self._make_rows(tuple(draft.abilities))
        parts = {name: settings.shares.get(name, 1.0) for name in draft.abilities}
        step_tokens = settings.batch_tokens * len(parts)
        for name, one in parts.items():
            with QSignalBlocker(self.fields[name]):
                self.fields[name].setValue(one)
            share = one / sum(parts.values())
            self.said[name].setText(
                tr(
                    "{share}, {tokens} tokens a step",
                    share=part(share),
                    tokens=count(max(1, round(share * step_tokens))),
                )
            )

    def set_busy(self, busy: bool) -> None:
        """While it is tuned the mix is frozen."""
        for field in self.fields.values():
            field.setEnabled(not busy)

    def _make_rows(self, names: tuple[str, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.fields, self.said = {}, {}
        for row, name in enumerate(names):
            field = decimal_field(0.01, _MOST, 2, 0.5)
            explain(field, tr("Part of {ability}", ability=name), tr("1 is an equal part."))
            field.valueChanged.connect(
                lambda value, name=name: self.share_chosen.emit(name, round(value, 2))
            )
            self.fields[name], self.said[name] = field, label("", "muted", wrap=True)
            title = label(name)
            title.setBuddy(field)
            for column, widget in enumerate((title, field, self.said[name])):
                self._grid.addWidget(widget, row, column)

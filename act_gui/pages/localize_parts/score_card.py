"""By which score channels are ranked: specialist, scorer, ranking, price, ties."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QWidget,
)

from act_core.localize.scorers import SCORERS
from act_core.recipe import Localize
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label
from act_gui.widgets.spin_boxes import DoubleSpinBox

_PRICED = "attributed"
_REASON = int(Qt.ItemDataRole.ToolTipRole)


class ScoreCard(Card):
    """The choice of a score.

    Signals:
        edited: The person changed fields of `Localize`: a dict of them.
        specialist_chosen: The person wants to see this specialist's selection.
    """

    edited = Signal(dict)
    specialist_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Score"), parent)
        self._settings = Localize()
        self._faults: dict[str, str] = {}
        self._build()
        self._connect()

    def set_specialists(self, names: Sequence[str], shown: str) -> None:
        """Offer specialists; one alone needs no choice."""
        if [self.specialist.itemText(i) for i in range(self.specialist.count())] != list(names):
            self.specialist.clear()
            self.specialist.addItems(list(names))
        self.specialist.setCurrentText(shown)
        self._form.setRowVisible(self.specialist, len(names) > 1)

    def set_faults(self, faults: Mapping[str, str]) -> None:
        """Grey out scorers that cannot be used; a fault says why."""
        model = self.scorer.model()
        assert isinstance(model, QStandardItemModel)
        for row, name in enumerate(SCORERS):
            fault = faults.get(name, "")
            item = model.item(row)
            item.setEnabled(not fault)
            title = tr(SCORERS[name].title)
            item.setText(tr("{title} - not available", title=title) if fault else title)
            item.setData(fault or tr(SCORERS[name].good_for), _REASON)
        self._faults = dict(faults)
        self._show_words()

    def set_ties(self, ties: Collection[str]) -> None:
        """Offer the ties that apply to the model."""
        for name, box in self.ties.items():
            box.setVisible(name in ties)
        self._form.setRowVisible(self._tie_row, bool(ties))

    def set_settings(self, settings: Localize) -> None:
        """Show settings."""
        self._settings = settings
        self.scorer.setCurrentIndex(list(SCORERS).index(settings.scorer))
        self.ranking.setCurrentIndex(self.ranking.findData(settings.ranking))
        if self.price.value() != settings.price:
            self.price.blockSignals(True)
            self.price.setValue(settings.price)
            self.price.blockSignals(False)
        self._form.setRowVisible(self.price, settings.scorer == _PRICED)
        for name, box in self.ties.items():
            box.setChecked(name in settings.tie)
        self._show_words()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.specialist = QComboBox()
        self.scorer: QComboBox = QComboBox()
        for scorer in SCORERS.values():
            self.scorer.addItem(tr(scorer.title), scorer.name)
        self.formula = label("", wrap=True, selectable=True)
        self.good_for = label("", "muted", wrap=True)
        self.ranking = QComboBox()
        for name, title, _ in _rankings():
            self.ranking.addItem(title, name)
        self.ranking_words = label("", "muted", wrap=True)
        self.price = DoubleSpinBox(minimum=0, maximum=1000, decimals=2, singleStep=0.25)
        self.price.setKeyboardTracking(False)
        self.price.setToolTip(tr("How much a loss on the abilities to keep counts against a gain."))
        self.ties = {name: QCheckBox(title) for name, title, _ in _ties()}
        self._tie_row = QWidget()
        boxes = QHBoxLayout(self._tie_row)
        boxes.setContentsMargins(0, 0, 0, 0)
        for name, _, sentence in _ties():
            self.ties[name].setToolTip(sentence)
            self.ties[name].setAccessibleDescription(sentence)
            boxes.addWidget(self.ties[name])
        boxes.addStretch(1)
        self._lay_out()

    def _lay_out(self) -> None:
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for name, widget in (
            (tr("Specialist"), self.specialist),
            (tr("Scorer"), self.scorer),
            ("", self.formula),
            ("", self.good_for),
            (tr("Ranking"), self.ranking),
            ("", self.ranking_words),
            (tr("Price"), self.price),
            (tr("Tie"), self._tie_row),
        ):
            if name:
                widget.setAccessibleName(name)
                self._form.addRow(name, widget)
            else:
                self._form.addRow(widget)
        self.price.setAccessibleName(tr("Price of the abilities to keep"))
        self.body.addLayout(self._form)

    def _connect(self) -> None:
        self.specialist.textActivated.connect(self.specialist_chosen.emit)
        self.scorer.activated.connect(
            lambda _index: self.edited.emit({"scorer": self.scorer.currentData()})
        )
        self.ranking.activated.connect(
            lambda _index: self.edited.emit({"ranking": self.ranking.currentData()})
        )
        self.price.valueChanged.connect(lambda price: self.edited.emit({"price": round(price, 4)}))
        for box in self.ties.values():
            box.clicked.connect(self._on_tied)

    def _on_tied(self, _checked: bool) -> None:
        chosen = tuple(name for name, box in self.ties.items() if box.isChecked())
        self.edited.emit({"tie": chosen})

    def _show_words(self) -> None:
        scorer = SCORERS[self._settings.scorer]
        self.formula.setText(tr(scorer.formula))
        self.good_for.setText(self._faults.get(scorer.name) or tr(scorer.good_for))
        self.ranking_words.setText(
            next(words for name, _, words in _rankings() if name == self._settings.ranking)
        )


def _rankings() -> tuple[tuple[str, str, str], ...]:
    return (
        ("module", tr("Per module"), tr("Every module spends the same share of the budget.")),
        ("global", tr("Global"), tr("All channels of the model compete with their raw scores.")),
        (
            "normalised",
            tr("Normalised"),
            tr("All compete, each score divided by the mean of its module."),
        ),
    )


def _ties() -> tuple[tuple[str, str, str], ...]:
    return (
        ("rotary", tr("Rotary"), tr("The two rows of a rotary pair move together.")),
        ("kv", tr("Heads"), tr("All rows of a key/value head move together.")),
        ("neuron", tr("Neurons"), tr("Gate, up and down of an MLP neuron move together.")),
    )

"""What an ability is: its name, role, data, measures, and how its items become tokens."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from act_core.recipe import Ability, Measure
from act_gui.pages.abilities_parts.edits import filtered, where_of, where_text
from act_gui.pages.abilities_parts.shots_field import ShotsField
from act_gui.pages.abilities_parts.template_form import TemplateForm
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import set_look
from act_gui.widgets.name_field import NameField
from act_gui.widgets.named import named
from act_gui.widgets.number_field import FaultLine, NumberField, read_count, write_count
from act_gui.widgets.source_field import SourceField
from act_gui.widgets.unfold import Unfold

_MEASURES: tuple[Measure, ...] = ("loss", "exact", "choice", "label")
# Those that ask a question, before which exemplars may stand.
_ASKING = frozenset(_MEASURES) - {"loss"}
_LEAST_LENGTH = 2
_LEAST_CHARACTERS = 16
_NARROW = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon


class AbilityForm(Card):
    """The fields of one ability.

    Signals:
        renamed: Another name.
        edited: Other values of fields of `Ability`: a dict.
    """

    renamed = Signal(str)
    edited = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(tr("Settings of the ability"))
        self._ability: Ability | None = None
        self._build()
        self._connect()

    def set_ability(
        self,
        name: str,
        ability: Ability,
        names: Collection[str],
        possible: Collection[str] | None,
        fields: Sequence[str],
    ) -> None:
        """Show an ability.

        Args:
            name: Its name.
            ability: Its settings.
            names: Names of all abilities.
            possible: Measures that its items allow; None: not known yet.
            fields: Names of the fields of its rows.
        """
        self._ability = ability
        self.name.set_name(name, names)
        self.role.setCurrentIndex(self.role.findData(ability.role))
        self.calibration.set_sources(ability.calibration)
        self.heldout.set_sources(ability.heldout)
        self.template.set_template(ability.template, fields)
        self.counted.setCurrentIndex(self.counted.findData(ability.counted))
        for measure, box in self.measures.items():
            allowed = possible is None or measure in possible
            box.setChecked(measure in ability.measures)
            box.setEnabled(allowed or box.isChecked())
            box.setToolTip("" if allowed else tr("The held-out items do not allow this measure"))
        for field, number in self._numbers().items():
            number.set_number(getattr(ability, field))
        self.shots.set_shots(ability.shots)
        self._number_rows.setRowVisible(self.new_tokens, "exact" in ability.measures)
        asks = bool(_ASKING & set(ability.measures))
        self._number_rows.setRowVisible(self.shots, asks or ability.shots is not None)
        self.packed.setChecked(ability.packed)
        self._show_where(ability)

    def flush(self) -> None:
        """Take what is being written now."""
        self.template.flush()

    def _numbers(self) -> dict[str, NumberField]:
        return {
            "calibration_tokens": self.calibration_tokens,
            "heldout_items": self.heldout_items,
            "length_tokens": self.length_tokens,
            "new_tokens": self.new_tokens,
        }

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.name = NameField(tr("Name of the ability"))
        self.role = named(QComboBox(), tr("Role"))
        self.role.addItem(tr("Bring over from the specialist"), "bring")
        self.role.addItem(tr("Keep as the target has it"), "keep")
        self.calibration = SourceField(tr("Calibration items"))
        self.heldout = SourceField(tr("Held-out items"))
        self.measures = {measure: QCheckBox(text) for measure, text in _measure_texts().items()}
        measures = QHBoxLayout()
        for box in self.measures.values():
            named(box, tr("Measure: {measure}", measure=box.text()))
            measures.addWidget(box)
        measures.addStretch(1)
        self.template = TemplateForm()
        self.counted = named(QComboBox(), tr("Counted tokens"))
        for choice in (self.role, self.counted, self.template.kind):
            choice.setSizeAdjustPolicy(_NARROW)
            choice.setMinimumContentsLength(_LEAST_CHARACTERS)
            choice.currentTextChanged.connect(choice.setToolTip)
        self.counted.addItem(tr("The answer where there is a prompt, else all"), None)
        self.counted.addItem(tr("The answer"), "answer")
        self.counted.addItem(tr("All tokens"), "all")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Name"), self.name)
        form.addRow(tr("Role"), self.role)
        form.addRow(tr("Calibration"), self.calibration)
        form.addRow(tr("Held-out"), self.heldout)
        form.addRow(tr("Measures"), measures)
        form.addRow(tr("Template"), self.template)
        form.addRow(tr("Counted tokens"), self.counted)
        self.body.addLayout(form)
        self._build_more()

    def _build_more(self) -> None:
        self.calibration_tokens, self.heldout_items, self.length_tokens, self.new_tokens = (
            NumberField(name, read_count, write_count)
            for name in (
                tr("Counted tokens to profile on"),
                tr("Held-out items to measure"),
                tr("Most tokens of an item"),
                tr("Most tokens generated for an exact match"),
            )
        )
        self.where = named(QLineEdit(), tr("Only rows where"))
        self.where.setPlaceholderText(tr("field = value, field = value"))
        self.packed = named(QCheckBox(tr("Join items to full blocks")), tr("Join items"))
        self.packed.setToolTip(tr("Fewer, longer sequences without padding; nothing is cut"))
        self.shots = ShotsField()
        self.shots.setToolTip(tr("Solved items before every question; losses are without them"))
        self.more = Unfold(tr("More"))
        rows = QFormLayout()
        self._number_rows = rows
        rows.addRow(tr("Only rows where"), self.where)
        for number in self._numbers().values():
            rows.addRow(number.accessibleName(), number)
        rows.addRow(tr("Exemplars"), self.shots)
        rows.addRow("", self.packed)
        self.more.body.addLayout(rows)
        self.more.body.addWidget(FaultLine(*self._numbers().values(), self.shots.count))
        self.body.addWidget(self.more)

    def _connect(self) -> None:
        self.name.name_chosen.connect(self.renamed)
        self.role.activated.connect(lambda: self._say("role", self.role.currentData()))
        self.counted.activated.connect(lambda: self._say("counted", self.counted.currentData()))
        self.calibration.chosen.connect(lambda sources: self._say("calibration", sources))
        self.heldout.chosen.connect(lambda sources: self._say("heldout", sources))
        self.template.template_chosen.connect(lambda template: self._say("template", template))
        self.shots.shots_chosen.connect(lambda shots: self._say("shots", shots))
        self.packed.clicked.connect(lambda packed: self._say("packed", packed))
        self.where.editingFinished.connect(self._on_where)
        for box in self.measures.values():
            box.clicked.connect(self._on_measures)
        for field, number in self._numbers().items():
            number.number_chosen.connect(lambda value, field=field: self._on_number(field, value))

    # --------------------------------------------------------------------------- slots

    def _say(self, field: str, value: object) -> None:
        self.edited.emit({field: value})

    def _on_number(self, field: str, value: float) -> None:
        least = _LEAST_LENGTH if field == "length_tokens" else 1
        self._say(field, max(least, int(value)))

    def _on_measures(self) -> None:
        chosen = tuple(measure for measure, box in self.measures.items() if box.isChecked())
        self._say("measures", chosen)

    def _on_where(self) -> None:
        if self._ability is None:
            return
        try:
            where = where_of(self.where.text())
        except ValueError as error:
            self._mark_where(str(error))
            return
        self._mark_where("")
        self.where.setModified(False)
        sources = self._ability.calibration, self._ability.heldout
        calibration, heldout = (filtered(one, where) for one in sources)
        if (tuple(calibration), tuple(heldout)) != sources:
            self.edited.emit({"calibration": calibration, "heldout": heldout})

    def _show_where(self, ability: Ability) -> None:
        if self.where.isModified():
            return
        self.where.setText(where_text((*ability.calibration, *ability.heldout)))
        self._mark_where("")

    def _mark_where(self, fault: str) -> None:
        set_look(self.where, "invalid", bool(fault))
        self.where.setToolTip(fault)
        self.where.setAccessibleDescription(fault)


def _measure_texts() -> dict[Measure, str]:
    texts = (tr("Loss"), tr("Exact match"), tr("Right choice"), tr("Right label"))
    return dict(zip(_MEASURES, texts, strict=True))

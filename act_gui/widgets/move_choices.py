"""What moves and how far: masks, strength, embeddings, norms, head, and who wins a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from act_core.localize.scorers import SCORERS
from act_core.recipe import PARTS, Budget, Draft, Part, PartName, Parts, Transfer
from act_core.report.numbers import count
from act_core.report.numbers import part as share_text
from act_core.transfer.policies import POLICIES
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label
from act_gui.widgets.part_field import PartField
from act_gui.widgets.part_grid import PartGrid
from act_gui.widgets.spin_boxes import DoubleSpinBox
from act_gui.widgets.tab_order import order_before

_STRENGTH_STEPS = 100  # a hundredth each, to twice the way


class MoveChoices(QWidget):
    """The choices of a transfer.

    Args:
        library: Folder of the mask library.

    Signals:
        transfer_changed: Fields of the recipe's section `transfer`, as a dict.
        mask_chosen: Name of a specialist, and the file of its mask or None for the budget's.
    """

    transfer_changed = Signal(dict)
    mask_chosen = Signal(str, object)

    def __init__(self, library: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._transfer = Transfer()
        self.masks: dict[str, QComboBox] = {}
        self._build()
        self._connect()

    def show_draft(self, draft: Draft, *, has_router: bool = False) -> None:
        """Show a recipe's choices; those for a router only where the target has one."""
        self._show_masks(draft)
        self._show_strength(draft.transfer.strength)
        for widget in (*self.masks.values(), self.slider, self.strength):
            widget.setEnabled(draft.gates is None)  # gates take their place
        several = len(draft.specialists) > 1
        self._show_parts(draft, several, has_router)
        self._form.setRowVisible(self._policy_row, several)
        self.policy.setCurrentIndex(self.policy.findData(draft.transfer.policy))
        self._explain_policy()

    def _build(self) -> None:
        card = Card(tr("What moves"), self)
        self._mask_form = QFormLayout()
        card.body.addLayout(self._mask_form)
        self._form = QFormLayout()
        for form in (self._mask_form, self._form):
            form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        card.body.addLayout(self._form)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(1, 2 * _STRENGTH_STEPS)
        self.slider.setAccessibleName(tr("Strength"))
        self.strength = DoubleSpinBox(minimum=0.01, maximum=2.0, singleStep=0.05, decimals=2)
        self.strength.setKeyboardTracking(False)
        self.strength.setAccessibleName(tr("Strength, as a number"))
        row = QHBoxLayout()
        row.addWidget(self.slider, 1)
        row.addWidget(self.strength)
        self._form.addRow(tr("Strength"), row)
        self._form.addRow(
            "",
            label(tr("0 is the target, 1 the specialist; in between is blended."), "muted"),
        )
        self._build_parts()
        self._build_policy()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)

    def _build_parts(self) -> None:
        """One form for a specialist alone, a grid for several."""
        titles = _part_titles()
        ground = self.slider.parentWidget()
        self.parts = {name: PartField(titles[name], ground) for name in PARTS}
        for name, field in self.parts.items():
            self._form.addRow(titles[name], field)
        self._grid_row = QWidget(ground)
        self.grid = PartGrid(titles, self._grid_row)
        inner = QVBoxLayout(self._grid_row)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.grid)
        inner.addWidget(
            label(
                tr(
                    "Blends add up. Where one takes a part whole and another changes it too, it "
                    "is contested like a channel."
                ),
                "muted",
                wrap=True,
            )
        )
        self._form.addRow(tr("Outside the masks"), self._grid_row)

    def _build_policy(self) -> None:
        self.policy = QComboBox()
        self.policy.setAccessibleName(tr("Contested channels"))
        for name, policy in POLICIES.items():
            self.policy.addItem(tr(policy.title), name)
        self.policy_note = label("", "muted", wrap=True)
        self._policy_row = QWidget()
        inner = QVBoxLayout(self._policy_row)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.policy)
        inner.addWidget(self.policy_note)
        self._form.addRow(tr("Contested channels"), self._policy_row)

    def _connect(self) -> None:
        self.slider.valueChanged.connect(self._on_slider)
        self.strength.valueChanged.connect(self._on_strength)
        for name, field in self.parts.items():
            field.chosen.connect(lambda part, name=name: self._on_part(name, part))
        self.grid.chosen.connect(self._on_own_part)
        self.policy.activated.connect(self._on_policy)

    def _show_parts(self, draft: Draft, several: bool, has_router: bool) -> None:
        self._transfer = draft.transfer
        names = tuple(draft.specialists)
        for part, field in self.parts.items():
            field.set_part(draft.transfer.part(names[0] if names else "", part))
            self._form.setRowVisible(field, not several and (part != "router" or has_router))
        self._form.setRowVisible(self._grid_row, several)
        if several and self.grid.show_choices(names, draft.transfer, has_router=has_router):
            order_before(self.policy, *self._stops_of_grid())

    def _stops_of_grid(self) -> list[QWidget]:
        return [
            stop for field in self.grid.fields.values() for stop in (field.choice, field.strength)
        ]

    def _show_strength(self, strength: float) -> None:
        for widget in (self.slider, self.strength):
            widget.blockSignals(True)
        self.slider.setValue(round(strength * _STRENGTH_STEPS))
        self.strength.setValue(strength)
        for widget in (self.slider, self.strength):
            widget.blockSignals(False)

    def _show_masks(self, draft: Draft) -> None:
        if list(self.masks) != list(draft.specialists):
            while self._mask_form.rowCount():
                self._mask_form.removeRow(0)
            self.masks = {name: self._mask_box(name) for name in draft.specialists}
            order_before(self.slider, *self.masks.values())
        by_budget = tr(
            "Selected by budget: {scorer}, {budget}",
            scorer=tr(SCORERS[draft.localize.scorer].title).lower(),
            budget=_budget_text(draft.localize.budget),
        )
        files = sorted(self._library.glob("*.safetensors"))
        for name, box in self.masks.items():
            box.clear()
            box.addItem(by_budget, None)
            chosen = draft.specialists[name].mask
            paths = list(dict.fromkeys((*files, *([chosen] if chosen else []))))
            for path in paths:
                box.addItem(tr("Mask {name}", name=path.stem), path)
            # Qt finds a path by its identity, not by what it says.
            box.setCurrentIndex(paths.index(chosen) + 1 if chosen else 0)

    def _mask_box(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(tr("Channels from {specialist}", specialist=name))
        box.activated.connect(lambda _row: self.mask_chosen.emit(name, box.currentData()))
        self._mask_form.addRow(tr("Channels from {specialist}", specialist=name), box)
        return box

    def _on_slider(self, value: int) -> None:
        self._on_strength(value / _STRENGTH_STEPS)

    def _on_strength(self, value: float) -> None:
        self._show_strength(value)
        self.transfer_changed.emit({"strength": round(value, 2)})

    def _on_part(self, name: PartName, part: Part) -> None:
        """For a specialist alone the choice is the transfer's."""
        own = {who: one.model_copy(update={name: None}) for who, one in self._own().items()}
        self.transfer_changed.emit({name: part, "specialists": _said(own)})

    def _on_own_part(self, specialist: str, name: PartName, part: Part) -> None:
        own = self._own()
        chosen = None if part == getattr(self._transfer, name) else part
        own[specialist] = own.get(specialist, Parts()).model_copy(update={name: chosen})
        self.transfer_changed.emit({"specialists": _said(own)})

    def _own(self) -> dict[str, Parts]:
        return dict(self._transfer.specialists)

    def _on_policy(self, _row: int) -> None:
        self._explain_policy()
        self.transfer_changed.emit({"policy": self.policy.currentData()})

    def _explain_policy(self) -> None:
        name = self.policy.currentData()
        self.policy_note.setText(tr(POLICIES[name].explanation) if name else "")


def _said(own: Mapping[str, Parts]) -> dict[str, Parts]:
    """Without specialists that choose nothing of their own."""
    return {name: parts for name, parts in own.items() if parts != Parts()}


def _part_titles() -> dict[PartName, str]:
    """What a mask does not cover, for people."""
    return {
        "embeddings": tr("Embeddings"),
        "norms": tr("Norms"),
        "head": tr("Head"),
        "router": tr("Router"),
    }


def _budget_text(budget: Budget) -> str:
    if budget.share is not None:
        return tr("{share} of all channels", share=share_text(budget.share))
    if budget.parameters is not None:
        return tr("{count} parameters", count=count(budget.parameters))
    return tr("every channel that helps")

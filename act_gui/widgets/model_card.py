"""A model for people: how it is chosen, what it is, what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_core.hub.names import hub_name
from act_core.models.describe import ModelCard as Described
from act_core.models.pair import Finding
from act_core.report.numbers import count, size
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button, push_button
from act_gui.widgets.drop_card import DropCard
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.finding_list import FindingList
from act_gui.widgets.labels import label, set_look
from act_gui.widgets.model_picker import ModelPicker, reference_of, short_name
from act_gui.widgets.tab_order import order_tabs


class ModelCard(DropCard):
    """One model of the project.

    Args:
        heading: Its part in the work.
        hint: What it is for, while none is chosen.
        adapters: Whether it may be an adapter.
        several: Whether everything that is dropped at once is taken, or the first only.

    Attributes:
        side: Column at the right, beside the facts.

    Signals:
        chosen: Reference of another model; empty: none.
        look_wanted: Its files may have changed.
        download_wanted: Reference of a model that should be fetched from the Hub.
        hub_wanted: The person wants to look for one on the Hub.
    """

    chosen = Signal(str)
    look_wanted = Signal()
    download_wanted = Signal(str)
    hub_wanted = Signal()

    def __init__(
        self,
        heading: str,
        hint: str,
        *,
        adapters: bool,
        several: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(heading, parent)
        self._heading, self._hint, self._several = heading, hint, several
        self._error: tuple[ErrorRecord, int] | None = None
        self.fault: Fault | None = None
        self._build(adapters)
        self.picker.chosen.connect(self.chosen)
        self.picker.hub_wanted.connect(self.hub_wanted)
        self.dropped.connect(self._on_dropped)
        self.addresses_dropped.connect(self._on_dropped)

    def show_nothing(self) -> None:
        """No model is chosen."""
        self._show("", "")
        self._set_fault(None)
        self._middle.hide()

    def show_reading(self, reference: str) -> None:
        """It is being read."""
        self._show(reference, tr("Reading the model…"))
        self._set_fault(None)
        self._middle.hide()

    def show_error(self, reference: str, error: ErrorRecord, *buttons: QPushButton) -> None:
        """It cannot be read.

        Args:
            reference: Which.
            error: Why.
            *buttons: What helps; the card owns them.
        """
        self._show(reference, "")
        self._set_fault(error, *buttons)
        self._middle.hide()

    def show_model(self, card: Described, more: Mapping[str, str]) -> None:
        """Show what is known of it.

        Args:
            card: The model.
            more: Facts from elsewhere, such as its lineage.
        """
        self._show(card.reference, "")
        self._set_fault(None)
        self._middle.show()
        self._name.setText(short_name(card.reference))
        self._name.setToolTip(card.reference)
        self.facts.set_facts({**model_facts(card), **more})
        self._notes.setText("\n".join(card.notes))
        self._notes.setVisible(bool(card.notes))

    def set_download(self, size_bytes: int, *, under_way: bool = False) -> None:
        """Offer to fetch a model that is only known by its headers.

        Args:
            size_bytes: At most; 0: it is on this computer.
            under_way: It is being fetched.
        """
        self._offer.setVisible(bool(size_bytes))
        words = tr("On the Hub; at most {size} to fetch.", size=size(size_bytes))
        self._offer_words.setText(tr("It is being fetched; see Jobs.") if under_way else words)
        self.download_button.setVisible(not under_way)

    def set_findings(self, findings: Sequence[Finding], waiting: str = "") -> None:
        """Show findings beside the facts.

        Args:
            findings: What was found.
            waiting: What is still being done or missing.
        """
        self.findings.set_findings(findings)
        self.findings.setVisible(bool(findings))
        self._waiting.setText(waiting)
        self._waiting.setVisible(bool(waiting))

    def _build(self, adapters: bool) -> None:
        self.picker = ModelPicker(self._heading, adapters=adapters)
        self.retry_button = icon_button(
            "retry", tr("Read again: {model}", model=self._heading), self.look_wanted.emit
        )
        self.clear_button = icon_button(
            "close", tr("Take away: {model}", model=self._heading), lambda: self.chosen.emit("")
        )
        self.head.addWidget(self.retry_button)
        self.head.addWidget(self.clear_button)
        hint = tr("{purpose} Drop it here, or choose it.", purpose=self._hint)
        self._hint_label = label(hint, "muted", wrap=True)
        self.status = label("", "muted", wrap=True)
        self._faults = QVBoxLayout()
        self._middle = QWidget()
        columns = QHBoxLayout(self._middle)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(24)
        left, self.side = QVBoxLayout(), QVBoxLayout()
        for column in (left, self.side):
            column.setSpacing(8)
        self._name = label("", "heading", selectable=True)
        self._offer = QWidget()
        self._offer_words = label("", "muted", wrap=True)
        self.download_button = push_button(
            tr("Download"),
            lambda: self.download_wanted.emit(self.picker.reference()),
            "download",
        )
        self.download_button.setAccessibleName(tr("Download: {model}", model=self._heading))
        row = QHBoxLayout(self._offer)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.download_button)
        row.addWidget(self._offer_words, 1)
        self.facts = FactGrid(columns=2)
        self._notes = label("", "muted", wrap=True, selectable=True)
        for widget in (self._name, self._offer, self.facts, self._notes):
            left.addWidget(widget)
        left.addStretch(1)
        self.findings = FindingList()
        self._waiting = label("", "muted", wrap=True)
        self.side.addWidget(self.findings)
        self.side.addWidget(self._waiting)
        columns.addLayout(left, 4)
        columns.addLayout(self.side, 5)
        for part in (self._hint_label, self.picker, self.status):
            self.body.addWidget(part)
        self.body.addLayout(self._faults)
        self.body.addWidget(self._middle)
        small = (self.retry_button, self.clear_button, self.download_button)
        order_tabs(self.picker.line, *self.picker.buttons(), *small)
        self.show_nothing()
        self.set_download(0)
        self.set_findings(())

    def _show(self, reference: str, status: str) -> None:
        self.picker.set_reference(reference)
        self._hint_label.setVisible(not reference)
        self.status.setText(status)
        self.status.setVisible(bool(status))
        self.retry_button.setVisible(bool(reference))
        self.clear_button.setVisible(bool(reference))
        set_look(self, "drop", not reference)
        set_look(self, "card", bool(reference))

    def _set_fault(self, error: ErrorRecord | None, *buttons: QPushButton) -> None:
        shown = None if error is None else (error, len(buttons))
        if shown == self._error:
            for button in buttons:
                button.deleteLater()
            return
        self._error = shown
        fault = None
        if error is not None:
            fault = Fault(error, *buttons)
        self.fault = replace_fault(self._faults, self.fault, fault)

    def takes_address(self, address: str) -> bool:
        name = hub_name(address)
        return name is not None and name.kind == "model"

    def _on_dropped(self, places: Sequence[Path | str]) -> None:
        for place in places if self._several else places[:1]:
            self.chosen.emit(reference_of(str(place)))


def model_facts(card: Described) -> dict[str, str]:
    """What people are told of a model."""
    family = card.family
    if card.inferred:
        family += tr(" (described automatically)")
    dtypes = ", ".join(f"{dtype} ({count(tensors)})" for dtype, tensors in card.dtypes.items())
    return {
        tr("Family"): family,
        tr("Parameters"): count(card.parameters),
        tr("Layers"): count(card.layers),
        tr("Width"): count(card.hidden),
        tr("Vocabulary"): tr("{count} tokens", count=count(card.vocabulary)),
        tr("Context"): tr("{count} tokens", count=count(card.context)) if card.context else "",
        tr("Stored as"): next(iter(card.dtypes), "") if len(card.dtypes) == 1 else dtypes,
        tr("Size on disk"): size(card.size_bytes),
        tr("Licence"): card.licence or tr("not stated"),
        tr("Derived from"): card.base_model or "",
    }

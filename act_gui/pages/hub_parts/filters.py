"""What is looked for on the Hub: words, order, and filters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from PySide6.QtCore import QStringListModel, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from act_core.hub.names import hub_name
from act_core.hub.search import Kind, Search, Sort
from act_core.models.families import FAMILIES
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.completing import offer
from act_gui.widgets.form_rows import explain
from act_gui.widgets.labels import set_look
from act_gui.widgets.named import named, search_line
from act_gui.widgets.number_field import FaultLine, NumberField, read_count, write_count

_TYPING_MS = 400
LICENCES = (
    "apache-2.0", "mit", "llama3", "llama3.1", "llama3.2", "llama3.3", "gemma", "qwen",
    "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "bsd-3-clause", "openrail", "other",
)  # fmt: skip


class Filters(QWidget):
    """Speaks a moment after the person has stopped typing, and at once for everything else.

    Args:
        recent: Names that were used lately.

    Signals:
        changed: Something else is looked for.
        fits_wanted: Models made from the base should be checked against the target.
    """

    changed = Signal()
    fits_wanted = Signal()

    def __init__(self, recent: QStringListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least: int | None = None
        self._most: int | None = None
        self._build()
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._connect(recent)

    def search(self) -> Search:
        """What is looked for."""
        kind = self.origin.currentData()
        family = self.family.currentData()
        return Search(
            words=self.words.text().strip(),
            sort=cast("Sort", self.sort.currentData()),
            families=(family,) if family else (),
            min_parameters=self._least,
            max_parameters=self._most,
            licence=self.licence.currentData(),
            gated=self.access.currentData(),
            base=self.base_repo() if kind else "",
            kind=cast("Kind", kind) if kind in ("finetune", "adapter") else None,
            usable_only=self.usable.isChecked(),
        )

    def base_repo(self) -> str:
        """`owner/name` of the base; empty where none is written."""
        name = hub_name(self.base.text())
        return "" if name is None else name.repo

    def set_base(self, repo: str) -> None:
        """Begin with the project's base, unless the person has written one."""
        if not self.base.isModified():
            self.base.setText(repo)
            self._mark_base()

    def clear_words(self) -> None:
        """Take the words out; nothing is looked for by that alone."""
        self.words.clear()
        self._typing.stop()

    def fields(self) -> tuple[QWidget, ...]:
        """Everything the tab key stops at, in the order of reading."""
        first = (self.words, self.sort, self.usable, self.family, self.least, self.most)
        return (*first, self.licence, self.access, self.origin, self.base, self.fits_button)

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.words = search_line(tr("Words, owner/name, or the address of a model's page"))
        sorts = {
            "downloads": tr("Most downloads"), "likes": tr("Most likes"),
            "trending": tr("Trending"), "updated": tr("Updated last"), "created": tr("Newest"),
        }  # fmt: skip
        self.sort = _choice(tr("Order"), sorts.items())
        self.usable = QCheckBox(tr("Only what can be used"))
        explain(
            self.usable,
            tr("Only what can be used"),
            tr("Leave out what is quantised, has no safetensors files or is no text decoder."),
        )
        families = ((family.name, family.title) for family in FAMILIES)
        self.family = _choice(tr("Family"), (("", tr("Any family")), *families))
        self.least = _count_field(tr("Least parameters"), tr("parameters from"))
        self.most = _count_field(tr("Most parameters"), tr("to, e.g. 3B"))
        licences = ((name, name) for name in LICENCES)
        self.licence = _choice(tr("Licence"), (("", tr("Any licence")), *licences))
        access = ((None, tr("Open or gated")), (False, tr("Open")), (True, tr("Gated")))
        self.access = _choice(tr("Access"), access)
        origins = {
            "": tr("Of any origin"), "any": tr("Made from"), "finetune": tr("Fine-tunes of"),
            "adapter": tr("Adapters of"),
        }  # fmt: skip
        self.origin = _choice(tr("Origin"), origins.items())
        self.base = named(QLineEdit(placeholderText=tr("owner/name of the base")), tr("Base"))
        self.fits_button = push_button(tr("Show what fits"), self.fits_wanted.emit, "check")
        explain(
            self.fits_button,
            tr("Show what fits"),
            tr(
                "Check the fine-tunes and adapters of the base against the target, by headers. "
                "Words and filters count here too."
            ),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(_row((self.words, 1), (self.sort, 0), (self.usable, 0)))
        numbers = ((self.family, 0), (self.least, 1), (self.most, 1))
        column.addLayout(_row(*numbers, (self.licence, 0), (self.access, 0)))
        column.addWidget(FaultLine(self.least, self.most))
        column.addLayout(_row((self.origin, 0), (self.base, 1), (self.fits_button, 0)))

    def _connect(self, recent: QStringListModel) -> None:
        self._typing.timeout.connect(self.changed)
        self.words.textChanged.connect(lambda _text: self._typing.start())
        self.words.returnPressed.connect(self._at_once)
        offer(self.words, recent)
        offer(self.base, recent)
        for box in (self.sort, self.family, self.licence, self.access, self.origin):
            box.activated.connect(self._at_once)
        self.usable.toggled.connect(self._at_once)
        self.least.number_chosen.connect(lambda number: self._on_range(number, self._most))
        self.most.number_chosen.connect(lambda number: self._on_range(self._least, number))
        self.base.editingFinished.connect(self._on_base)

    def _at_once(self, _value: object = None) -> None:
        self._typing.stop()
        self.changed.emit()

    def _on_range(self, least: float | None, most: float | None) -> None:
        self._least = None if least is None else int(least)
        self._most = None if most is None else int(most)
        self._at_once()

    def _on_base(self) -> None:
        self._mark_base()
        if self.base.isModified() and self.origin.currentData():
            self._at_once()

    def _mark_base(self) -> None:
        text = self.base.text().strip()
        wrong = bool(text) and not self.base_repo()
        set_look(self.base, "invalid", wrong)
        words = tr("Write it as owner/name.") if wrong else tr("What the models were made from")
        explain(self.base, tr("Base"), words)


def _choice(name: str, choices: Iterable[tuple[Any, str]]) -> QComboBox:
    box = named(QComboBox(), name)
    for value, text in choices:
        box.addItem(text, value)
    return box


def _count_field(name: str, empty: str) -> NumberField:
    return NumberField(name, read_count, write_count, empty)


def _row(*fields: tuple[QWidget, int]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for field, stretch in fields:
        row.addWidget(field, stretch)
    return row

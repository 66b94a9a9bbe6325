"""An ability from a data set of the Hub: found, looked at for little, and cut into two parts."""

from __future__ import annotations

import json
from collections.abc import Collection

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from act_core.abilities.hub_preview import SplitLook, preview_split
from act_core.abilities.offers import offer_of
from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord
from act_core.hub.access import page_of
from act_core.hub.dataset_files import DatasetFacts, dataset_facts
from act_core.hub.datasets import FoundDataset, search_datasets
from act_core.hub.names import HubName, hub_name
from act_core.recipe import Source
from act_core.report.numbers import count
from act_core.settings import HubSettings
from act_gui.jobs.network import HubQuestions, Tell
from act_gui.pages.abilities_parts.adding import Added, Choice, make
from act_gui.pages.abilities_parts.file_offer import FileOffer
from act_gui.pages.abilities_parts.first_rows import FirstRows
from act_gui.pages.abilities_parts.hub_splits import SplitChoices
from act_gui.text import tr
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.hub_fault import hub_fault
from act_gui.widgets.labels import label
from act_gui.widgets.named import named, search_line
from act_gui.widgets.scrolling import ScrollArea

_TYPING_MS = 400
_LIST_LINES = 7
_SEARCH, _FACTS, _ROWS = "search data sets", "a data set", "first rows"


class HubTab(QWidget):
    """Searches while the person types; a name can be written too.

    Signals:
        suggested: A text for the name of the ability.
        command_wanted: Id of a command of the window that should be carried out.
        filled: It needs more room than before.
    """

    suggested = Signal(str)
    filled = Signal()
    command_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hub = HubQuestions(self)
        self._page = ""
        self.facts: DatasetFacts | None = None
        self.look: SplitLook | None = None
        self.fault: Fault | None = None
        self._build()
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._on_search)
        self.words.textEdited.connect(lambda _text: self._typing.start())
        self.words.returnPressed.connect(self._on_return)
        self.list.currentItemChanged.connect(self._on_row)
        self.choices.part_chosen.connect(self._on_part)

    def added(self, name: str, role: str, taken: Collection[str]) -> Added:
        """The ability as it is chosen; its rows are still on the Hub.

        Args:
            name: Of the ability.
            role: `bring` or `keep`.
            taken: Names that there are.

        Raises:
            ValueError: Something is missing or does not go together; the reason is for people.
            AbilityDataError: A row that was looked at lacks a chosen column.
        """
        if self.facts is None or self.look is None:
            raise ValueError(tr("No data set is chosen, or its first rows are not there yet."))
        calibration, heldout = self.choices.sources()
        choice = self.offer.choice() or Choice()
        text = tr("The data of {name} is being fetched from the Hub.", name=name)
        parts = (calibration,), (heldout,)
        return make(name, role, *parts, choice, taken, text, self.look.rows)

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.words = search_line(tr("Words, or owner/name of a data set"))
        self.list = named(QTreeWidget(), tr("Data sets"))
        self.list.setRootIsDecorated(False)
        self.list.setHeaderLabels(
            [tr("Data set"), tr("Rows"), tr("Languages"), tr("Licence"), tr("Downloads"),
             tr("Access")]
        )  # fmt: skip
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.setFixedHeight(_LIST_LINES * round(1.7 * self.fontMetrics().height()))
        self.status = label(_hint(), "muted", wrap=True)
        self._faults = QVBoxLayout()
        self._chosen = QWidget()
        self.choices, self.offer, self.rows = SplitChoices(), FileOffer(), FirstRows()
        column = QVBoxLayout(self._chosen)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.choices)
        column.addWidget(self.offer)
        column.addWidget(self.rows, 1)
        self._chosen.hide()
        self.content = QWidget()
        inner = QVBoxLayout(self.content)
        inner.setContentsMargins(14, 12, 14, 12)
        inner.setSpacing(8)
        inner.addWidget(self.words)
        inner.addWidget(self.list)
        inner.addWidget(self.status)
        inner.addLayout(self._faults)
        inner.addWidget(self._chosen, 1)
        inner.addStretch(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(ScrollArea(self.content))

    # -------------------------------------------------------------------------- search

    def _on_search(self) -> None:
        words = self.words.text().strip()
        if not words:
            self._hub.forget(_SEARCH)
            self.list.clear()
            self.status.setText(_hint())
            return
        self.status.setText(tr("Searching…"))

        def work(way: HubSettings, _tell: Tell, token: CancelToken) -> tuple[FoundDataset, ...]:
            return search_datasets(way, words, token=token)

        self._hub.ask(_SEARCH, work, self._on_found, self._on_failed)

    def _on_found(self, found: tuple[FoundDataset, ...]) -> None:
        self._show_fault(None)
        self.list.blockSignals(True)
        self.list.clear()
        for one in found:
            self.list.addTopLevelItem(_item(one))
        self.list.blockSignals(False)
        self.status.setText("" if found else tr("No data set of that name was found."))

    def _on_return(self) -> None:
        """A whole name needs no search; else the search need not wait."""
        self._typing.stop()
        name = hub_name(self.words.text(), "dataset")
        if name is not None and name.kind == "dataset":
            self.show_dataset(name)
        else:
            self._on_search()

    def _on_row(self, item: QTreeWidgetItem | None, _before: object) -> None:
        if item is not None:
            self.show_dataset(item.data(0, Qt.ItemDataRole.UserRole))

    # --------------------------------------------------------------------- the data set

    def show_dataset(self, name: HubName) -> None:
        """Look at a data set."""
        self.facts = self.look = None
        self._hub.forget(_ROWS)
        self._chosen.hide()
        self._show_fault(None)
        self.status.setText(tr("Looking at {name}…", name=name.repo))

        def work(way: HubSettings, tell: Tell, token: CancelToken) -> DatasetFacts:
            tell(page_of(way, name))
            return dataset_facts(way, name, token=token)

        self._hub.ask(_FACTS, work, self._on_facts, self._on_failed, self._on_told_page)

    def _on_told_page(self, page: str) -> None:
        self._page = page

    def _on_facts(self, facts: DatasetFacts) -> None:
        self.facts = facts
        self.choices.set_facts(facts)  # asks for the first rows
        self.suggested.emit(facts.name.repo.partition("/")[2])

    def _on_part(self, *_ignored: object) -> None:
        split = self.choices.calibration.split.currentData()
        if self.facts is None or split is None:
            return
        facts, config = self.facts, self.choices.config_name()
        self.look = None
        self.offer.set_offer(None)
        self.status.setText(tr("Reading the first rows…"))

        def work(way: HubSettings, _tell: Tell, token: CancelToken) -> SplitLook:
            return preview_split(way, facts, config, split, token=token)

        self._hub.ask(_ROWS, work, self._on_rows, self._on_failed)

    def _on_rows(self, look: SplitLook) -> None:
        assert self.facts is not None
        self._show_fault(None)
        self.look = look if look.rows else None
        self.status.setText(_licence_text(self.facts) if look.rows else tr("The split is empty."))
        if look.rows:
            split = self.choices.calibration.split.currentData()
            hub = f"{self.facts.name.repo}@{self.facts.name.revision}"
            self.offer.set_offer(offer_of(Source(hub=hub, split=split), look.rows))
            self.choices.estimate(_mean_bytes(look))
        self.rows.set_rows(look.columns, look.rows)
        self._chosen.show()
        self.filled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter looks for what was written, and is not the dialog's Enter, which adds."""
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not (is_enter and self.words.hasFocus()):
            super().keyPressEvent(event)

    # -------------------------------------------------------------------------- faults

    def retry(self) -> None:
        """Do again what has failed; the Hub may be reached otherwise now."""
        if self.fault is None:
            return
        self._show_fault(None)
        if self.facts is not None:
            self._on_part()
        else:
            self._on_return()

    def _on_failed(self, error: ErrorRecord) -> None:
        self.status.clear()
        self._show_fault(error)

    def _show_fault(self, error: ErrorRecord | None) -> None:
        self.fault = replace_fault(
            self._faults, self.fault, None if error is None else self._told(error)
        )

    def _told(self, error: ErrorRecord) -> Fault:
        return hub_fault(
            error,
            self.command_wanted.emit,
            self.retry,
            self._page,
            tr("What the project has fetched works all the same, and so do the other tabs."),
        )


def _hint() -> str:
    return tr("Write what it is about, or its name; then choose a data set of the list.")


def _item(one: FoundDataset) -> QTreeWidgetItem:
    languages = ", ".join(one.languages[:4]) + ("…" if len(one.languages) > 4 else "")
    access = tr("gated") if one.gated else (tr("private") if one.private else tr("open"))
    item = QTreeWidgetItem(
        [one.name.repo, _span_text(one.size), languages, one.licence, count(one.downloads), access]
    )
    item.setData(0, Qt.ItemDataRole.UserRole, one.name)
    item.setTextAlignment(4, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return item


def _mean_bytes(look: SplitLook) -> float:
    """What a row takes as JSON."""
    texts = [json.dumps(row, ensure_ascii=False, default=str) for row in look.rows]
    return sum(len(text.encode()) for text in texts) / len(texts)


def _span_text(span: str) -> str:
    """A number of rows in words, from the Hub's `10K<n<100K`, `n<1K` or `n>1T`."""
    least, most = span.rpartition("<n")[0], span.rpartition("n<")[2]
    if least and most != span:
        return tr("{least} to {most}", least=least, most=most)
    return span.replace("n<", "< ").replace("n>", "> ")


def _licence_text(facts: DatasetFacts) -> str:
    return tr(
        "Licence: {licence}. Pinned to commit {commit}.",
        licence=facts.licence or tr("not stated"),
        commit=facts.name.short_revision,
    )

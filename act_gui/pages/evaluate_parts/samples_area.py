"""The browser of samples: every held-out item with each candidate's answer, and who was right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_core.evaluate.listing import Listing, export_listing, list_samples
from act_core.evaluate.samples import Sample, SampleFile
from act_core.pipeline.samples import samples_of_run
from act_core.report.numbers import count
from act_core.report.results import Results
from act_gui.dialogs.files import ask_save
from act_gui.jobs.lookup import Lookups
from act_gui.pages.evaluate_parts.sample_choices import SampleChoices
from act_gui.pages.evaluate_parts.sample_table import SampleTable
from act_gui.pages.evaluate_parts.sample_text import SampleText
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.labels import label

_FILES_KEY, _LIST_KEY, _ITEM_KEY = "samples of a run", "list of samples", "one sample"
_EXPORT_KEY = "export of samples"
_TABLE_LINES, _TEXT_LINES = 9, 8


class SamplesArea(QWidget):
    """Reads on other threads, and only while it is looked at.

    Args:
        lookups: Read, list and export.

    Signals:
        measure_wanted: The person wants the figures measured again, with their samples.
        written: Path of an exported list.
        failed: An `ErrorRecord` of something that the person asked for.
    """

    measure_wanted = Signal()
    written = Signal(object)
    failed = Signal(object)

    def __init__(self, lookups: Lookups, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lookups = lookups
        self._asked: object = None
        self._due: tuple[Path, Mapping[str, Any]] | None = None
        self._may_measure = False
        self._listing: Listing | None = None
        self.sample: Sample | None = None
        self._build()
        self.choices.changed.connect(self._list)
        self.table.row_chosen.connect(self._on_row)
        self.table.copy_wanted.connect(self._on_copy)

    def show_metrics(self, run: Path, metrics: Mapping[str, Any]) -> None:
        """Browse the samples of a run's figures, once this is looked at.

        Args:
            run: The run folder.
            metrics: As in metrics.json; it has figures.
        """
        asked = (run, metrics.get("key"), metrics.get("created"))
        if asked == self._asked:
            return
        self._asked = asked
        self._due = (run, metrics)
        if self.isVisible():
            self._look()

    def show_none(self, text: str) -> None:
        """Say the next step: nothing was measured."""
        self._asked = self._due = None
        self._lookups.forget(_FILES_KEY)
        self._show_reason(text, may_measure=False)

    def set_may_measure(self, may: bool) -> None:
        """Whether measuring again can be asked for now."""
        self._may_measure = may
        self.empty.button.setEnabled(may)

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.empty = EmptyState(
            "table", "", tr("Measure again, keeping samples"), self.measure_wanted.emit
        )
        self.choices = SampleChoices()
        self.table = SampleTable()
        self.text = SampleText()
        self.words = label("", "muted", wrap=True)
        self.copy_button = icon_button("copy", tr("Copy this item"), self._on_copy)
        self.export_button = icon_button(
            "download", tr("Export the listed items (CSV or JSON lines)…"), self._on_export
        )
        line = self.fontMetrics().lineSpacing()
        self.table.setMinimumHeight(_TABLE_LINES * line)
        self.text.setMinimumHeight(_TEXT_LINES * line)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        split.addWidget(self.table)
        split.addWidget(self.text)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        row.addWidget(self.copy_button)
        row.addWidget(self.export_button)
        browser = QWidget()
        column = QVBoxLayout(browser)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.choices)
        column.addLayout(row)
        column.addWidget(split, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(browser)
        self.browser = browser

    # ---------------------------------------------------------------------------- read

    def _look(self) -> None:
        """Find the samples of the figures that are shown."""
        if self._due is None:
            return
        (run, metrics), self._due = self._due, None
        results = Results(metrics)
        abilities = tuple(dict.fromkeys(ability for ability, _ in results.columns))
        self._lookups.ask(
            _FILES_KEY,
            lambda: samples_of_run(run, abilities),
            lambda files: self._on_files(files, results),
            self._on_none,
        )

    def _list(self) -> None:
        """List what is chosen."""
        file, wanted = self.choices.file(), self.choices.wanted()
        self._lookups.ask(
            _LIST_KEY, lambda: list_samples(file, wanted), self._on_listed, self._on_none
        )

    # --------------------------------------------------------------------------- slots

    def _on_files(self, files: Mapping[str, SampleFile], results: Results) -> None:
        if not files:
            return
        self.choices.set_files(files, results)
        self._list()

    def _on_none(self, error: ErrorRecord) -> None:
        self._show_reason(error.reason, may_measure=True)

    def _on_listed(self, listing: Listing) -> None:
        self._listing = listing
        wanted, found = listing.wanted, len(listing.rows)
        self.table.set_listing(listing, tuple(map(self.choices.label_of, wanted.shown)))
        self.words.setText(_counted(listing))
        self.export_button.setEnabled(bool(found))
        if not found:
            self._show_sample(None)
        self._pages.setCurrentWidget(self.browser)

    def _on_row(self, number: int) -> None:
        if self._listing is None:
            return
        file, offset = self._listing.file, self.table.samples.row(number).offset
        self._lookups.ask(_ITEM_KEY, lambda: file.at(offset), self._show_sample, self.failed.emit)

    def _show_sample(self, sample: Sample | None) -> None:
        if self._listing is None:
            return
        self.sample = sample
        wanted = self._listing.wanted
        names = dict.fromkeys((*wanted.shown, wanted.against, wanted.candidate))
        labels = {name: self.choices.label_of(name) for name in names}
        self.text.set_sample(sample, wanted.measure, labels)
        self.copy_button.setEnabled(sample is not None)

    def _show_reason(self, text: str, *, may_measure: bool) -> None:
        """Why there is nothing to browse."""
        self._listing = self.sample = None
        self._lookups.forget(_LIST_KEY)
        self.empty.set_text(text)
        self.empty.button.setVisible(may_measure)
        self.empty.button.setEnabled(self._may_measure)
        self._pages.setCurrentWidget(self.empty)

    def _on_copy(self) -> None:
        if self.sample is not None:
            QGuiApplication.clipboard().setText(self.text.toPlainText())

    def _on_export(self) -> None:
        if self._listing is None:
            return
        wanted = self._listing.wanted
        name = "-".join((self._listing.file.ability, wanted.measure, wanted.only or "all"))
        kinds = tr("Table (*.csv);;JSON lines (*.jsonl)")
        ask_save(self, tr("Export the listed items"), f"{name}.csv", kinds, self.export)

    def export(self, path: Path) -> None:
        """Write the listed items, in the background; CSV or JSON lines by the ending."""
        listing = self._listing
        if listing is not None:
            self._lookups.ask(
                _EXPORT_KEY,
                lambda: export_listing(listing, path),
                lambda _nothing: self.written.emit(path),
                self.failed.emit,
            )

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._look()


def _counted(listing: Listing) -> str:
    """How many items are listed, and what they are."""
    found, all_ = count(len(listing.rows)), count(listing.items)
    if listing.wanted.only is None and not listing.wanted.search:
        return tr("{found} items", found=found)
    if not listing.rows:
        return tr("None of {all} items is like that.", all=all_)
    return tr("{found} of {all} items", found=found, all=all_)

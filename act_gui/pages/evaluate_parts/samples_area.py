"""The browser of samples: every held-out item with each candidate's answer, and who was right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from act_core.errors import ErrorRecord
from act_core.evaluate.listing import Listing, export_listing, list_samples
from act_core.evaluate.samples import Sample, SampleFile
from act_core.pipeline.recommend import Recommendation
from act_core.pipeline.samples import samples_of_run, samples_of_sweep
from act_core.report.numbers import count
from act_core.report.results import RESULT, TARGET, Results
from act_gui.dialogs.files import ask_save
from act_gui.jobs.lookup import Lookups
from act_gui.pages.evaluate_parts.sample_choices import Origin, SampleChoices
from act_gui.pages.evaluate_parts.sample_table import SampleTable
from act_gui.pages.evaluate_parts.sample_text import SampleText
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.labels import label
from act_gui.widgets.named import named
from act_gui.widgets.tab_order import order_inside

_FILES_KEY, _LIST_KEY, _ITEM_KEY = "samples of a run", "list of samples", "one sample"
_EXPORT_KEY = "export of samples"
_RUN, _SWEEP = "run", "sweep"
_TABLE_LINES, _TEXT_LINES = 9, 8


@dataclass(frozen=True, slots=True)
class _Source:
    """Samples that can be looked at.

    Attributes:
        asked: What they depend on.
        origin: What they are samples of.
        read: Finds them, on another thread.
    """

    asked: object
    origin: Origin
    read: Callable[[], Mapping[str, SampleFile]]


class SamplesArea(QWidget):
    """Of the run's figures, or of what its sweep recommends.

    Reads on other threads, and only while it is looked at.

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
        self._sources: dict[str, _Source] = {}
        self._asked: _Source | None = None
        self._none = ""
        self._may_measure = False
        self._listing: Listing | None = None
        self.sample: Sample | None = None
        self._filled = False
        self._build()

    def show_metrics(self, run: Path, metrics: Mapping[str, Any]) -> None:
        """Browse the samples of a run's figures, once this is looked at.

        Args:
            run: The run folder.
            metrics: As in metrics.json; it has figures.
        """
        results = Results(metrics)
        abilities = tuple(dict.fromkeys(ability for ability, _ in results.columns))
        self._offer(
            _RUN,
            _Source(
                (run, metrics.get("key"), metrics.get("created")),
                Origin(tr("Figures of the run"), RESULT, results=results),
                lambda: samples_of_run(run, abilities),
            ),
        )

    def show_none(self, text: str) -> None:
        """Say the next step: nothing was measured."""
        self._none = text
        self._offer(_RUN, None)

    def show_sweep(
        self, run: Path, found: Recommendation | None, abilities: tuple[str, ...]
    ) -> None:
        """Offer the samples of what a sweep recommends, beside what it was held against.

        Args:
            run: The run folder.
            found: What is recommended; None: nothing.
            abilities: Names of the recipe's abilities.
        """
        if found is None or not found.candidate:
            self._offer(_SWEEP, None)
            return
        names = tuple(filter(None, (TARGET, found.candidate, found.rival)))
        self._offer(
            _SWEEP,
            _Source(
                (run, found, abilities),
                Origin(tr("What the sweep recommends"), found.candidate, names),
                lambda: samples_of_sweep(run, abilities)[1],
            ),
        )

    def set_may_measure(self, may: bool) -> None:
        """Whether measuring again can be asked for now."""
        self._may_measure = may
        self.empty.button.setEnabled(may)

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.empty = EmptyState(
            "table", "", tr("Measure again, keeping samples"), self.measure_wanted.emit
        )
        self.source = named(QComboBox(), tr("Samples of"))
        self.source.activated.connect(lambda _index: self._look())
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._source_row = QWidget()
        first = QHBoxLayout(self._source_row)
        first.setContentsMargins(8, 8, 8, 0)
        first.addWidget(label(tr("Samples of"), "muted"))
        first.addWidget(self.source)
        first.addStretch(1)
        outer.addWidget(self._source_row)
        self._source_row.hide()
        self._pages = QStackedLayout()
        outer.addLayout(self._pages, 1)
        self.browser = QWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.browser)

    def _fill(self) -> None:
        """Make what samples are browsed in, once there are some."""
        self._filled = True
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
        column = QVBoxLayout(self.browser)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.choices)
        column.addLayout(row)
        column.addWidget(split, 1)
        order_inside(self.browser)
        self.choices.changed.connect(self._list)
        self.table.row_chosen.connect(self._on_row)
        self.table.copy_wanted.connect(self._on_copy)

    # ---------------------------------------------------------------------------- read

    def _offer(self, name: str, source: _Source | None) -> None:
        """Samples of this name come from there; None: there are none."""
        before = self._sources.get(name)
        if source is None:
            self._sources.pop(name, None)
        elif before is None or before.asked != source.asked:
            self._sources[name] = source
        if before is not self._sources.get(name) or not self._sources:
            self._offer_sources()
            if self.isVisible() or not self._sources:
                self._look()

    def _offer_sources(self) -> None:
        chosen = self.source.currentData()
        self.source.clear()
        for name in sorted(self._sources):
            self.source.addItem(self._sources[name].origin.title, name)
        self.source.setCurrentIndex(max(0, self.source.findData(chosen)))
        self._source_row.setVisible(len(self._sources) > 1)

    def _look(self) -> None:
        """Find the samples of what is chosen."""
        source = self._sources.get(self.source.currentData() or "")
        if source is None:
            self._asked = None
            self._lookups.forget(_FILES_KEY)
            self._show_reason(self._none, may_measure=False)
        elif source is not self._asked:
            self._asked = source
            self._lookups.ask(
                _FILES_KEY,
                source.read,
                lambda files: self._on_files(files, source.origin),
                self._on_none,
            )

    def _list(self) -> None:
        """List what is chosen."""
        file, wanted = self.choices.file(), self.choices.wanted()
        self._lookups.ask(
            _LIST_KEY, lambda: list_samples(file, wanted), self._on_listed, self._on_none
        )

    # --------------------------------------------------------------------------- slots

    def _on_files(self, files: Mapping[str, SampleFile], origin: Origin) -> None:
        if not files:
            return
        if not self._filled:
            self._fill()
        self.choices.set_files(files, origin)
        self._list()

    def _on_none(self, error: ErrorRecord) -> None:
        if self.source.currentData() == _SWEEP:
            self._show_reason(f"{error.reason} {error.remedy}", may_measure=False)
        else:
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

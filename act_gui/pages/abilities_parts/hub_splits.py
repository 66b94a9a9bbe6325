"""Which split of a data set, and which of its rows, calibrate and are held out."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from act_core.hub.dataset_files import DatasetFacts
from act_core.hub.dataset_layout import DataConfig, DataSplit
from act_core.recipe import Source
from act_core.report.numbers import count, size
from act_gui.text import tr
from act_gui.widgets.form_rows import FormRows
from act_gui.widgets.labels import label
from act_gui.widgets.named import named
from act_gui.widgets.spin_boxes import SpinBox

# So many rows of each part are proposed: an ability needs few, and no more files are fetched.
_PROPOSED_ROWS = 2_000
_MOST_ROWS = 99_999_999
# Of the rows that a split seems to hold by its size; the first rows may be shorter than others.
_SURE_SHARE = 0.8
_HELD_OUT = ("test", "validation")

# Split, first and last row.
_Part = tuple[str, int, int]


class SplitChoice(QWidget):
    """A split, and its rows from one to another, counted from 1 as people do.

    Args:
        name: What the rows are for.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.split = named(QComboBox(), tr("{part}: split", part=name))
        self.first = named(_row_field(1), tr("{part}: first row", part=name))
        self.last = named(_row_field(0), tr("{part}: last row", part=name))
        self.last.setSpecialValueText(tr("the end"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.split, 1)
        row.addWidget(label(tr("rows")))
        row.addWidget(self.first)
        row.addWidget(label(tr("to")))
        row.addWidget(self.last)

    def set_splits(self, splits: tuple[DataSplit, ...]) -> None:
        """Offer these."""
        self.split.clear()
        for one in splits:
            told = "" if one.rows is None else tr("{rows} rows, ", rows=count(one.rows))
            self.split.addItem(f"{one.name} ({told}{size(one.size_bytes)})", one.name)

    def choose(self, split: str, first: int, last: int) -> None:
        """Choose a split and rows; `last` 0 is the end."""
        self.split.setCurrentIndex(self.split.findData(split))
        self.first.setValue(first)
        self.last.setValue(last)

    def chosen(self) -> _Part:
        """Split, first and last row."""
        return str(self.split.currentData()), self.first.value(), self.last.value()

    def rows(self) -> tuple[int, int] | None:
        """As a `Source` has them; None: all."""
        first, last = self.first.value() - 1, self.last.value()
        return None if (first, last) == (0, 0) else (first, last or _MOST_ROWS)


class SplitChoices(FormRows):
    """Two of them for a data set, and its configuration where there are several.

    Signals:
        part_chosen: Calibration has another split, or another configuration.
    """

    part_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._facts: DatasetFacts | None = None
        self._proposal: tuple[_Part, _Part] | None = None
        self.config = QComboBox()
        self.calibration = SplitChoice(tr("Calibration"))
        self.heldout = SplitChoice(tr("Held-out"))
        self.add(tr("Configuration"), self.config, tr("Which of the data sets in the repository."))
        self.add(tr("Calibration"), self.calibration, tr("Rows to localize and tune with."))
        self.add(tr("Held-out"), self.heldout, tr("Rows to measure with; others than those."))
        self.config.activated.connect(self._on_config)
        self.calibration.split.activated.connect(self.part_chosen)

    def set_facts(self, facts: DatasetFacts) -> None:
        """Offer what a data set holds, and propose parts that share no row."""
        self._facts = facts
        self.config.clear()
        self.config.addItems([one.name for one in facts.configs])
        self.show_row(self.config, shown=len(facts.configs) > 1)
        self._on_config()

    def config_name(self) -> str | None:
        """As a `Source` has it: None where there is one."""
        return self.config.currentText() if self.config.count() > 1 else None

    def sources(self) -> tuple[Source, Source]:
        """Of calibration and held-out.

        Raises:
            ValueError: They share rows, or end before they begin; the reason is for people.
        """
        parts = (self.calibration, self.heldout)
        ranges = [part.rows() or (0, _MOST_ROWS) for part in parts]
        if any(first >= behind for first, behind in ranges):
            raise ValueError(tr("The rows end before they begin."))
        one, other = (part.split.currentData() for part in parts)
        if one == other and max(r[0] for r in ranges) < min(r[1] for r in ranges):
            raise ValueError(tr("Calibration and held-out share rows of {split}.", split=one))
        assert self._facts is not None
        hub = f"{self._facts.name.repo}@{self._facts.name.revision}"
        calibration, heldout = (
            Source(hub=hub, config=self.config_name(), split=part.split.currentData(),
                   rows=part.rows())
            for part in parts
        )  # fmt: skip
        return calibration, heldout

    def estimate(self, row_bytes: float) -> None:
        """Propose again, where one split that does not tell its length serves for both parts.

        Args:
            row_bytes: What one of its rows takes, about.
        """
        parts = (self.calibration, self.heldout)
        if self._facts is None or tuple(part.chosen() for part in parts) != self._proposal:
            return  # the person has chosen otherwise
        config = self._config(self._facts)
        if len(config.splits) == 1 and config.splits[0].rows is None:
            split = config.splits[0]
            rows = int(_SURE_SHARE * split.size_bytes / max(1.0, row_bytes))
            self._propose(_proposed(DataConfig(config.name, (replace(split, rows=rows),))))

    def _on_config(self, *_ignored: object) -> None:
        if self._facts is None:
            return
        config = self._config(self._facts)
        for part in (self.calibration, self.heldout):
            part.set_splits(config.splits)
        self._propose(_proposed(config))
        self.part_chosen.emit()

    def _config(self, facts: DatasetFacts) -> DataConfig:
        return facts.configs[max(0, self.config.currentIndex())]

    def _propose(self, proposal: tuple[_Part, _Part]) -> None:
        self._proposal = proposal
        for part, proposed in zip((self.calibration, self.heldout), proposal, strict=True):
            part.choose(*proposed)


def _row_field(least: int) -> QSpinBox:
    field = SpinBox(minimum=least, maximum=_MOST_ROWS)
    field.setGroupSeparatorShown(True)
    return field


def _proposed(config: DataConfig) -> tuple[_Part, _Part]:
    """Split, first and last row of calibration and held-out."""
    calibration = config.splits[0]
    others = {one.name: one for one in config.splits[1:]}
    heldout = next((others[name] for name in _HELD_OUT if name in others), None)
    heldout = heldout or next(iter(others.values()), None)
    if heldout is not None:
        return (calibration.name, 1, _end(calibration)), (heldout.name, 1, _end(heldout))
    known = calibration.rows
    half = _PROPOSED_ROWS if known is None else max(1, min(_PROPOSED_ROWS, known // 2))
    return (calibration.name, 1, half), (calibration.name, half + 1, 2 * half)


def _end(split: DataSplit) -> int:
    few = split.rows is not None and split.rows <= _PROPOSED_ROWS
    return 0 if few else _PROPOSED_ROWS

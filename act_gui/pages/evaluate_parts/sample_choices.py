"""What of the samples is looked at: ability, measure, whose answers against whose, which items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from act_core.evaluate.browse import Only
from act_core.evaluate.evaluator import MeasureName
from act_core.evaluate.listing import Wanted
from act_core.evaluate.samples import SampleFile
from act_core.report.results import MEASURES, RESULT, TARGET, Results
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.labels import label
from act_gui.widgets.named import named, search_line

_SEARCH_AFTER_MS = 250
_LEAST_CHARACTERS = 9
_TIPS = Qt.ItemDataRole.ToolTipRole


@dataclass(frozen=True, slots=True)
class Origin:
    """What the samples are samples of.

    Attributes:
        title: For people.
        first: Whose answers are looked at first, where they are there.
        beside: Who stands beside each other at first; empty: target, specialists and result.
        results: The figures, for their names; None where candidates name themselves.
    """

    title: str
    first: str
    beside: tuple[str, ...] = ()
    results: Results | None = None

    def label(self, candidate: str) -> str:
        """A candidate's name for people."""
        return candidate if self.results is None else self.results.label(candidate)

    def columns(self, names: Iterable[str]) -> set[str]:
        """Who of these stands beside each other at first; controls are a click away."""
        controls = () if self.results is None else self.results.controls
        return set(names) & set(self.beside) if self.beside else set(names) - set(controls)


class SampleChoices(QWidget):
    """Two rows of choices.

    Signals:
        changed: Another list is wanted.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files: Mapping[str, SampleFile] = {}
        self._origin = Origin("", RESULT)
        self.ability = _box(tr("Ability"))
        self.measure = _box(tr("Measure"))
        self.candidate = _box(tr("Whose answers"))
        self.against = _box(tr("Compared with"))
        self.only = _box(tr("Which items"))
        for text, name, _ in _filters():
            self.only.addItem(text, name)
        self.search = search_line(tr("Search prompts and answers"))
        self.shown = push_button("")
        self.shown.setToolTip(tr("Whose answers stand side by side"))
        self.menu = QMenu(self.shown)
        self.menu.setAccessibleName(self.shown.toolTip())
        self.shown.setMenu(self.menu)
        self._boxes: dict[str, QAction] = {}
        self._timer = QTimer(self, singleShot=True, interval=_SEARCH_AFTER_MS)
        self._build()
        self._connect()

    def set_files(self, files: Mapping[str, SampleFile], origin: Origin) -> None:
        """Offer what was measured; what was chosen before stays where it is still there.

        Args:
            files: By ability; at least one.
            origin: What these are samples of.
        """
        if origin.title != self._origin.title:
            self._boxes = {}  # who stood beside each other there does not here
        self._files, self._origin = files, origin
        _offer(self.ability, {name: name for name in files}, next(iter(files)))
        self._offer_of_file()

    def file(self) -> SampleFile:
        """The samples of the chosen ability."""
        return self._files[self.ability.currentData()]

    def wanted(self) -> Wanted:
        """What is chosen now."""
        return Wanted(
            self.measure.currentData(),
            self.candidate.currentData(),
            self.against.currentData(),
            tuple(name for name, box in self._boxes.items() if box.isChecked()),
            self.only.currentData(),
            self.search.text().strip(),
        )

    def label_of(self, candidate: str) -> str:
        """A candidate's name for people."""
        return self._origin.label(candidate)

    def _build(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for text, box in (
            (tr("Ability"), self.ability),
            (tr("Measure"), self.measure),
            (tr("Answers of"), self.candidate),
            (tr("against"), self.against),
        ):
            first.addWidget(label(text, "muted"))
            first.addWidget(box, 1)
        second.addWidget(label(tr("Show"), "muted"))
        second.addWidget(self.only)
        second.addWidget(self.search, 1)
        second.addWidget(self.shown)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(first)
        column.addLayout(second)

    def _connect(self) -> None:
        self.ability.activated.connect(self._on_ability)
        self.measure.activated.connect(self._on_measure)
        for box in (self.candidate, self.against, self.only):
            box.activated.connect(lambda _index: self.changed.emit())
        self.search.textChanged.connect(lambda _text: self._timer.start())
        self._timer.timeout.connect(self.changed)

    def _offer_of_file(self) -> None:
        """Measures and candidates of the chosen ability."""
        file = self.file()
        _offer(self.measure, {name: tr(MEASURES[name]) for name in file.measures}, _first(file))
        names = {name: self.label_of(name) for name in file.candidates}
        first = self._origin.first
        after = first if first in names else file.candidates[-1]
        _offer(self.candidate, names, after)
        _offer(self.against, names, TARGET if TARGET in names else file.candidates[0])
        self._offer_columns(names)
        self._allow_filters()

    def _offer_columns(self, names: Mapping[str, str]) -> None:
        if tuple(names) == tuple(self._boxes):
            return
        checked = {name for name, box in self._boxes.items() if box.isChecked()} & set(names)
        checked = checked or self._origin.columns(names)
        self.menu.clear()
        self._boxes = {}
        for name, text in names.items():
            action = QAction(text, self.menu, checkable=True, checked=name in checked)
            action.toggled.connect(self._on_column)
            self.menu.addAction(action)
            self._boxes[name] = action
        self._count_columns()

    def _allow_filters(self) -> None:
        """A loss is never wrong, so with losses nothing is still wrong."""
        is_loss = self.measure.currentData() == "loss"
        model = self.only.model()
        assert isinstance(model, QStandardItemModel)
        for row, (_, name, tips) in enumerate(_filters()):
            self.only.setItemData(row, tips[is_loss], _TIPS)
            model.item(row).setEnabled(name != "still-wrong" or not is_loss)
        if is_loss and self.only.currentData() == "still-wrong":
            self.only.setCurrentIndex(0)

    def _count_columns(self) -> None:
        count = sum(box.isChecked() for box in self._boxes.values())
        text = tr("Side by side: {count} of {all}", count=count, all=len(self._boxes))
        self.shown.setText(text)
        self.shown.setAccessibleName(text)

    def _on_ability(self) -> None:
        self._offer_of_file()
        self.changed.emit()

    def _on_measure(self) -> None:
        self._allow_filters()
        self.changed.emit()

    def _on_column(self, _checked: bool) -> None:
        self._count_columns()
        self.changed.emit()


def _filters() -> tuple[tuple[str, Only | None, tuple[str, str]], ...]:
    """Text and name of each filter, and what it means for answers and for losses."""
    largest = tr("Every item, the largest change first")
    return (
        (tr("All"), None, (tr("Every item in its order"), largest)),
        (
            tr("Lost"),
            "lost",
            (tr("Right before and wrong now"), tr("Items whose loss rose, the most first")),
        ),
        (
            tr("Recovered"),
            "recovered",
            (tr("Wrong before and right now"), tr("Items whose loss fell, the most first")),
        ),
        (
            tr("Changed"),
            "changed",
            (tr("Another answer than before, right or wrong"), tr("Items whose loss changed")),
        ),
        (tr("Still wrong"), "still-wrong", (tr("Neither is right"), tr("Losses have no wrong"))),
    )


def _first(file: SampleFile) -> MeasureName:
    """The measure to begin with: one by which answers are right or wrong, where there is one."""
    return next((name for name in file.measures if name != "loss"), file.measures[0])


def _box(name: str) -> QComboBox:
    box = named(QComboBox(), name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(_LEAST_CHARACTERS)
    box.currentTextChanged.connect(box.setToolTip)
    return box


def _offer(box: QComboBox, names: Mapping[str, str], first: str) -> None:
    """Fill a box; what was chosen stays where it is still offered."""
    chosen = box.currentData() if box.currentData() in names else first
    box.clear()
    for name, text in names.items():
        box.addItem(text, name)
    box.setCurrentIndex(box.findData(chosen))

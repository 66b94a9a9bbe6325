"""What stands beside the result: controls, masks by other scorers, and other ways to merge."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QWidget

from act_core.baselines.mergekit_run import INSTALL, mergekit_version
from act_core.baselines.registry import BASELINES
from act_core.localize.scorers import SCORERS
from act_core.recipe import BaselineName, Draft
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label
from act_gui.widgets.unfold import Unfold

_OTHER_SCORERS = ("attributed", "matched", "difference")
_COLUMNS = 4


class ControlChoices(Card):
    """Checks for each control, each further scorer and each baseline.

    Signals:
        evaluate_changed: Fields of the recipe's section `evaluate`, as a dict.
    """

    evaluate_changed = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Measured beside the result"), parent)
        self.controls = self._row(
            tr("Controls"),
            {
                "random": tr("Random channels"),
                "weight": tr("Largest weight change"),
                "interpolation": tr("Plain interpolation"),
            },
        )
        self.scorers = self._row(
            tr("Other scorers"), {name: tr(SCORERS[name].title) for name in _OTHER_SCORERS}
        )
        hint = tr("A result means little without its controls: keep them unless time is short.")
        self.body.addWidget(label(hint, "muted", wrap=True))
        self._parameters: Mapping[BaselineName, dict[str, tuple[float, ...]]] = {}
        self.fold = Unfold("")
        self.baselines = self._baseline_boxes()
        self.body.addWidget(self.fold)
        self._count_baselines()

    def show_draft(self, draft: Draft) -> None:
        """Show a recipe's choices."""
        self._parameters = draft.evaluate.baselines
        _check(self.controls, draft.evaluate.controls)
        _check(self.scorers, draft.evaluate.scorers)
        _check(self.baselines, draft.evaluate.baselines)
        self._count_baselines()

    def _baseline_boxes(self) -> dict[BaselineName, QCheckBox]:
        grid = QGridLayout()
        boxes = {}
        for number, (name, baseline) in enumerate(BASELINES.items()):
            box = QCheckBox(tr(baseline.title))
            box.setAccessibleName(tr("Baseline: {title}", title=tr(baseline.title)))
            box.setToolTip(baseline.source)
            box.toggled.connect(self._on_toggled)
            grid.addWidget(box, number // _COLUMNS, number % _COLUMNS)
            boxes[name] = box
        grid.setColumnStretch(_COLUMNS, 1)
        self.fold.body.addLayout(grid)
        self.hint = label(_merging_hint(), "muted", wrap=True, selectable=True)
        self.fold.body.addWidget(self.hint)
        return boxes

    def _count_baselines(self) -> None:
        count = sum(box.isChecked() for box in self.baselines.values())
        chosen = tr("{count} chosen", count=count) if count else tr("none chosen")
        self.fold.set_text(tr("Other ways to merge ({chosen})", chosen=chosen))

    def _row(self, title: str, names: Mapping[str, str]) -> dict[str, QCheckBox]:
        row = QHBoxLayout()
        row.addWidget(label(title, "muted"))
        boxes = {}
        for name, text in names.items():
            box = QCheckBox(text)
            box.setAccessibleName(f"{title}: {text}")
            box.toggled.connect(self._on_toggled)
            row.addWidget(box)
            boxes[name] = box
        row.addStretch(1)
        self.body.addLayout(row)
        return boxes

    def _on_toggled(self, _checked: bool) -> None:
        self._count_baselines()
        self.evaluate_changed.emit(
            {
                "controls": tuple(n for n, box in self.controls.items() if box.isChecked()),
                "scorers": tuple(n for n, box in self.scorers.items() if box.isChecked()),
                "baselines": {
                    name: self._parameters.get(name, {})
                    for name, box in self.baselines.items()
                    if box.isChecked()
                },
            }
        )


def _check(boxes: Mapping[Any, QCheckBox], chosen: Collection[Any]) -> None:
    """Check the boxes of what is chosen, without a word to anyone."""
    for name, box in boxes.items():
        box.blockSignals(True)
        box.setChecked(name in chosen)
        box.blockSignals(False)


def _merging_hint() -> str:
    text = tr("Every value of a method's parameters is a candidate; each takes a merge of its own.")
    version = mergekit_version()
    if version is not None:
        return text + " " + tr("mergekit {version} is installed.", version=version)
    own = tr(" and ").join(tr(one.title) for one in BASELINES.values() if not one.mergekit)
    missing = tr(
        "All but {own} need mergekit, which is not installed: {command}", own=own, command=INSTALL
    )
    return text + " " + missing

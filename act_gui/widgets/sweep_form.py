"""What a sweep measures: every chosen scorer at every budget and strength."""

from __future__ import annotations

import itertools
import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from act_core.localize.scorers import SCORERS
from act_core.pipeline.sweep import SweepPoint
from act_core.recipe import ScorerName
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label, set_look, set_role

_SHARES = "1, 2, 5, 10, 20"
_STRENGTHS = "0.5, 1"
_SCORERS: tuple[ScorerName, ...] = ("attributed", "matched", "difference", "weight", "random")
_FIRST: tuple[ScorerName, ...] = ("attributed", "matched")
_MOST_POINTS = 200


class SweepForm(Card):
    """Budgets, strengths and scorers, and how many candidates that makes.

    Signals:
        started: The person wants these `SweepPoint`s measured.
    """

    started = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Sweep over budget and strength"), parent)
        self._may_start = False
        form = QFormLayout()
        self.shares = QLineEdit(_SHARES)
        self.shares.setAccessibleName(tr("Budgets in % of channels"))
        self.strengths = QLineEdit(_STRENGTHS)
        self.strengths.setAccessibleName(tr("Strengths"))
        form.addRow(tr("Budgets, in % of channels"), self.shares)
        form.addRow(tr("Strengths"), self.strengths)
        boxes = QHBoxLayout()
        self.scorers: dict[ScorerName, QCheckBox] = {}
        for name in _SCORERS:
            box = QCheckBox(tr(SCORERS[name].title))
            box.setChecked(name in _FIRST)
            box.setAccessibleName(tr("Sweep the scorer {scorer}", scorer=tr(SCORERS[name].title)))
            box.setToolTip(tr(SCORERS[name].formula))
            box.toggled.connect(self._on_edited)
            self.scorers[name] = box
            boxes.addWidget(box)
        boxes.addStretch(1)
        form.addRow(tr("Scorers"), boxes)
        self.body.addLayout(form)
        row = QHBoxLayout()
        self.start_button = push_button(tr("Start sweep"), self._on_start, "play")
        self.words = label("", "muted", wrap=True)
        row.addWidget(self.start_button)
        row.addWidget(self.words, 1)
        self.body.addLayout(row)
        for field in (self.shares, self.strengths):
            field.textEdited.connect(self._on_edited)
        self._on_edited()

    def points(self) -> list[SweepPoint]:
        """The candidates that the fields name.

        Raises:
            ValueError: A number is missing, no number, or outside its limits; says which.
        """
        shares = _numbers(self.shares.text(), tr("Budgets"), 100.0)
        strengths = _numbers(self.strengths.text(), tr("Strengths"), 2.0)
        scorers = [name for name, box in self.scorers.items() if box.isChecked()]
        if not scorers:
            raise ValueError(tr("Choose a scorer."))
        found = [
            SweepPoint(scorer, share / 100, strength)
            for scorer, share, strength in itertools.product(scorers, shares, strengths)
        ]
        if len(found) > _MOST_POINTS:
            text = tr("These are {count} candidates; {most} are the most in one sweep.")
            raise ValueError(text.format(count=len(found), most=_MOST_POINTS))
        return found

    def set_may_start(self, may: bool) -> None:
        """Whether everything that a sweep needs is there."""
        self._may_start = may
        self._on_edited()

    def _on_edited(self, *_ignored: object) -> None:
        try:
            text, valid = tr("{count} candidates", count=len(self.points())), True
        except ValueError as error:
            text, valid = str(error), False
        self.words.setText(text)
        set_role(self.words, "muted" if valid else "bad")
        for field in (self.shares, self.strengths):
            set_look(field, "invalid", not valid and field.hasFocus())
        self.start_button.setEnabled(valid and self._may_start)

    def _on_start(self) -> None:
        self.started.emit(self.points())


def _numbers(text: str, name: str, most: float) -> list[float]:
    """Distinct numbers above zero, in ascending order."""
    words = [word.rstrip("%") for word in re.split(r"[,;\s]+", text) if word.rstrip("%")]
    try:
        found = sorted({float(word) for word in words})
    except ValueError:
        raise ValueError(tr("{name}: write numbers with commas between.", name=name)) from None
    if not found or not all(0 < number <= most for number in found):
        raise ValueError(tr("{name}: numbers above 0, up to {most:g}.", name=name, most=most))
    return found

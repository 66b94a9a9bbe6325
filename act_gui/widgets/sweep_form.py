"""What a sweep compares: masks and gates at many settings, under limits of what may be lost."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from act_core.localize.scorers import SCORERS
from act_core.pipeline.pace import expected_sweep
from act_core.pipeline.points import GatesPoint, Point, grid
from act_core.pipeline.recommend import DEFAULT_LIMIT
from act_core.profile.expect import Expectation
from act_core.recipe import Draft, GateSettings, PolicyName, ScorerName
from act_core.transfer.policies import POLICIES
from act_gui.jobs.words import about_text
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label, set_look, set_role
from act_gui.widgets.number_field import FaultLine, NumberField, read_share, write_share
from act_gui.widgets.tab_order import order_before
from act_gui.widgets.unfold import Unfold

_SHARES = "1, 2, 5, 10, 20"
_STRENGTHS = "0.5, 1"
_SCORERS: tuple[ScorerName, ...] = ("attributed", "matched", "difference", "weight", "random")
_FIRST: tuple[ScorerName, ...] = ("attributed", "matched")
_MOST_POINTS = 200


class SweepForm(Card):
    """Budgets, strengths, scorers and limits; prices, refreshes, policies and gates behind "More".

    Signals:
        started: The person wants these points compared, and whether the worse half is dropped.
        limits_changed: Most that may be lost, by ability to keep.
    """

    started = Signal(list, bool)
    limits_changed = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Sweep: find the best setting"), parent)
        self._may_start = False
        self._draft: Draft | None = None
        self._pace: Expectation | None = None
        self._form = QFormLayout()
        self.shares = self._numbers_field(tr("Budgets, in % of channels"), _SHARES)
        self.strengths = self._numbers_field(tr("Strengths"), _STRENGTHS)
        self.scorers: dict[ScorerName, QCheckBox] = {}
        self._form.addRow(tr("Scorers"), self._scorer_row())
        self.limits: dict[str, NumberField] = {}
        self._limit_row = QHBoxLayout()
        self._limit_name = label(tr("Lose at most"), wrap=False)
        self._form.addRow(self._limit_name, self._limit_row)
        self.body.addLayout(self._form)
        self.limit_fault = FaultLine()
        self.body.addWidget(self.limit_fault)
        self._more_part = self._more()
        self.body.addWidget(self._more_part)
        row = QHBoxLayout()
        self.start_button = push_button(tr("Start sweep"), self._on_start, "play")
        self.words = label("", "muted", wrap=True)
        row.addWidget(self.start_button)
        row.addWidget(self.words, 1)
        self.body.addLayout(row)
        for field in self._fields():
            field.textEdited.connect(self._on_edited)
        for box in (*self.scorers.values(), *self.policies.values(), self.gates, self.halving):
            box.toggled.connect(self._on_edited)
        self._on_edited()

    def points(self) -> list[Point]:
        """The candidates that the fields name.

        Raises:
            ValueError: A number is missing, no number, or outside its limits; says which.
        """
        shares = _numbers(self.shares.text(), tr("Budgets"), 100.0)
        strengths = _numbers(self.strengths.text(), tr("Strengths"), 2.0)
        prices = _numbers(self.prices.text(), tr("Prices"), 1000.0, zero=True, empty=True)
        again = _numbers(self.refreshes.text(), tr("Refreshes"), 100.0, zero=True, empty=True)
        scorers = [name for name, box in self.scorers.items() if box.isChecked()]
        gates = self._gates()
        if not scorers and not gates:
            raise ValueError(tr("Choose a scorer."))
        masks = grid(
            scorers,
            [share / 100 for share in shares],
            strengths,
            prices=prices,
            refreshes=[int(number) for number in again],
            policies=[n for n, box in self.policies.items() if box.isChecked() and self._several()],
        )
        found: list[Point] = [*masks, *gates]
        if len(found) > _MOST_POINTS:
            text = tr(
                "These are {count} candidates; {most} are the most in one sweep.",
                count=len(found),
                most=_MOST_POINTS,
            )
            raise ValueError(text)
        return found

    def show_draft(self, draft: Draft, pace: Expectation | None) -> None:
        """Show a recipe's limits.

        Args:
            draft: The recipe as it is now.
            pace: Time of measuring a candidate; None where not known.
        """
        self._draft, self._pace = draft, pace
        kept = draft.with_role("keep")
        if kept != tuple(self.limits):
            self._build_limits(kept)
        for name, field in self.limits.items():
            field.set_number(draft.evaluate.limits.get(name, DEFAULT_LIMIT))
        for widget in (self._policy_name, *self.policies.values()):
            widget.setVisible(self._several())
        self._on_edited()

    def set_may_start(self, may: bool) -> None:
        """Whether everything that a sweep needs is there."""
        self._may_start = may
        self._on_edited()

    # ------------------------------------------------------------------------- parts

    def _numbers_field(self, name: str, text: str, form: QFormLayout | None = None) -> QLineEdit:
        field = QLineEdit(text)
        field.setAccessibleName(name)
        (form or self._form).addRow(name, field)
        return field

    def _scorer_row(self) -> QHBoxLayout:
        boxes = QHBoxLayout()
        for name in _SCORERS:
            title = tr(SCORERS[name].title)
            box = self._box(title, tr("Sweep the scorer {scorer}", scorer=title))
            box.setChecked(name in _FIRST)
            box.setToolTip(tr(SCORERS[name].formula))
            self.scorers[name] = box
            boxes.addWidget(box)
        boxes.addStretch(1)
        return boxes

    def _more(self) -> Unfold:
        more = Unfold(tr("More"))
        form = QFormLayout()
        self.prices = self._numbers_field(tr("Prices of what is lost"), "", form)
        self.prices.setPlaceholderText(tr("as in the recipe"))
        self.refreshes = self._numbers_field(tr("Refreshes"), "", form)
        self.refreshes.setPlaceholderText(tr("as in the recipe"))
        self._policy_name = label(tr("Contested channels"), wrap=False)
        row = QHBoxLayout()
        self.policies: dict[PolicyName, QCheckBox] = {}
        for policy in POLICIES.values():
            if policy.name == "refuse":
                continue
            box = self._box(tr(policy.title), tr("Sweep the policy {name}", name=tr(policy.title)))
            self.policies[policy.name] = box
            row.addWidget(box)
        row.addStretch(1)
        form.addRow(self._policy_name, row)
        self.gates = self._box(tr("Learned gates"), tr("Sweep learned gates"))
        self.gate_prices = QLineEdit("0")
        self.gate_prices.setAccessibleName(tr("Prices of opening gates"))
        gate_row = QHBoxLayout()
        gate_row.addWidget(self.gates)
        gate_row.addWidget(label(tr("prices of opening them"), "muted"))
        gate_row.addWidget(self.gate_prices, 1)
        form.addRow(tr("Gates"), gate_row)
        self.halving = self._box(
            tr("Drop the worse half early"), tr("Drop the worse half of the candidates early")
        )
        self.halving.setChecked(True)
        form.addRow(tr("Time"), self.halving)
        more.body.addLayout(form)
        return more

    def _box(self, text: str, name: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setAccessibleName(name)
        return box

    def _build_limits(self, kept: tuple[str, ...]) -> None:
        while (item := self._limit_row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.limits = {}
        for name in kept:
            field = NumberField(tr("Most of {name} to lose", name=name), read_share, write_share)
            field.number_chosen.connect(self._on_limit)
            self._limit_row.addWidget(field)
            self._limit_row.addWidget(label(tr("of {name}", name=name), "muted", wrap=False))
            self.limits[name] = field
        if kept:
            order_before(self._more_part.button, *self.limits.values())
        self._limit_row.addStretch(1)
        self._limit_name.setVisible(bool(kept))
        self.limit_fault.follow(*self.limits.values())

    # ------------------------------------------------------------------------ values

    def _fields(self) -> tuple[QLineEdit, ...]:
        return self.shares, self.strengths, self.prices, self.refreshes, self.gate_prices

    def _several(self) -> bool:
        return self._draft is not None and len(self._draft.specialists) > 1

    def _gates(self) -> list[GatesPoint]:
        if not self.gates.isChecked():
            return []
        own = self._draft.gates if self._draft is not None else None
        settings = own or GateSettings(
            start="task-arithmetic" if self._several() else "interpolation"
        )
        prices = _numbers(self.gate_prices.text(), tr("Prices of gates"), 1000.0, zero=True)
        return [GatesPoint(settings.model_copy(update={"l1": price})) for price in prices]

    def _on_limit(self, _number: object) -> None:
        if any(field.fault for field in self.limits.values()):
            return
        found = {name: read_share(field.text()) for name, field in self.limits.items()}
        self.limits_changed.emit(found)

    def _on_edited(self, *_ignored: object) -> None:
        try:
            points, fault = self.points(), ""
        except ValueError as error:
            points, fault = [], str(error)
        self.words.setText(fault or self._size_text(points))
        set_role(self.words, "bad" if fault else "muted")
        for field in self._fields():
            set_look(field, "invalid", bool(fault) and field.hasFocus())
        self.start_button.setEnabled(not fault and self._may_start)

    def _size_text(self, points: list[Point]) -> str:
        text = tr("{count} candidates, beside the baselines", count=len(points))
        if self._draft is None or self._pace is None:
            return text
        halving = self.halving.isChecked()
        time = about_text(expected_sweep(points, self._draft, self._pace.seconds, halving))
        if not self._pace.measured:
            time = tr("at most {time}, a rough estimate", time=time)
        note = tr(", without learning gates") if self.gates.isChecked() else ""
        return f"{text}; {time}{note}"

    def _on_start(self) -> None:
        self.started.emit(self.points(), self.halving.isChecked())


def _numbers(
    text: str, name: str, most: float, *, zero: bool = False, empty: bool = False
) -> list[float]:
    """Distinct numbers in ascending order, above zero unless `zero`, at least one unless `empty`.

    Raises:
        ValueError: They are not; the reason is for people.
    """
    words = [word.rstrip("%") for word in re.split(r"[,;\s]+", text) if word.rstrip("%")]
    try:
        found = sorted({float(word) for word in words})
    except ValueError:
        raise ValueError(tr("{name}: write numbers with commas between.", name=name)) from None
    within: Callable[[float], bool] = (
        (lambda number: 0 <= number <= most) if zero else (lambda number: 0 < number <= most)
    )
    if (not found and not empty) or not all(within(number) for number in found):
        low = tr("from 0") if zero else tr("above 0")
        raise ValueError(
            tr("{name}: numbers {low}, up to {most:g}.", name=name, low=low, most=most)
        )
    return found

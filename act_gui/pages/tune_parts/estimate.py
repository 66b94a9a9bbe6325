"""What a tuning would take, asked in the background whenever its settings have changed."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from act_core.errors import ErrorRecord
from act_core.pipeline.tune_plan import TunePlan, tune_plan
from act_core.profile.fit import TaskFit, tune_fit
from act_core.recipe import Draft
from act_gui.jobs.lookup import Lookups

_KEY = "estimate of the tuning"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known before the start.

    Attributes:
        plan: What learns, what is read, and how long that takes.
        fit: Whether it fits into the memory that is free now.
    """

    plan: TunePlan
    fit: TaskFit


class Estimates(QObject):
    """Asks again when what an estimate depends on has changed.

    Signals:
        found: An `Estimate`.
        failed: Why there is none: an `ErrorRecord`.
    """

    found = Signal(object)
    failed = Signal(object)

    def __init__(self, lookups: Lookups, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lookups = lookups
        self._asked: object = None

    def forget(self) -> None:
        """What was selected, or what is known of the speed, may be another now."""
        self._asked = None

    def look(self, draft: Draft, *, measure: bool) -> None:
        """Estimate a draft that lacks nothing, unless that is the last question.

        Args:
            draft: Has a section tune.
            measure: Time a product of matrices where no tuning told the speed yet; not while
                something else computes.
        """
        if draft == self._asked:
            return
        self._asked = draft
        recipe = draft.complete()

        def work() -> Estimate:
            from act_core.profile.machine import read_machine

            plan = tune_plan(recipe, measure=measure)
            machine = read_machine(recipe.profile.device)
            return Estimate(plan, tune_fit(plan.memory, machine, plan.assumptions))

        self._lookups.ask(_KEY, work, self._on_found, self._on_failed)

    def _on_found(self, estimate: Estimate) -> None:
        self.found.emit(estimate)

    def _on_failed(self, error: ErrorRecord) -> None:
        self.failed.emit(error)

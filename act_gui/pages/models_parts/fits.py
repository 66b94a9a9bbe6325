"""Memory estimates for the whole work and for each specialist, asked in the background."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from act_core.errors import ErrorRecord
from act_core.models.reference import Model
from act_core.profile.fit import TaskFit, task_fits
from act_core.recipe import Draft
from act_gui.jobs.lookup import Lookups

_KEY = "memory of the models"
Estimates = Mapping[str, tuple[TaskFit, ...]]


class Fits(QObject):
    """Asks again whenever what an estimate depends on has changed.

    Signals:
        found: New estimates have come.
    """

    found = Signal()

    def __init__(self, lookups: Lookups, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lookups = lookups
        self._estimates: Estimates = {}
        self._asked: object = None

    def of(self, specialist: str) -> tuple[TaskFit, ...]:
        """Estimates with one specialist; `""`: with all."""
        return self._estimates.get(specialist, ())

    def look(self, draft: Draft, target: Model, specialists: Mapping[str, Model]) -> None:
        """Estimate these models, unless that is the last question."""
        abilities = tuple(ability.calibration_tokens for ability in draft.abilities.values())
        asked = (
            id(target),
            tuple((name, id(model)) for name, model in specialists.items()),
            draft.profile,
            draft.localize.scorer,
            abilities,
        )
        if asked == self._asked:
            return
        self._asked = asked

        def work() -> Estimates:
            from act_core.profile.machine import read_machine

            machine = read_machine(draft.profile.device)
            groups = {"": list(specialists.values())}
            groups |= {name: [model] for name, model in specialists.items()}
            return {
                name: task_fits(draft, target, models, machine) for name, models in groups.items()
            }

        self._lookups.ask(_KEY, work, self._on_found, self._on_failed)

    def _on_found(self, estimates: Estimates) -> None:
        self._estimates = estimates
        self.found.emit()

    def _on_failed(self, error: ErrorRecord) -> None:
        unknown = tuple(
            TaskFit(task, "unknown", None, None, (error.reason,))
            for task in ("profile", "transfer", "evaluate")
        )
        self._on_found({"": unknown})

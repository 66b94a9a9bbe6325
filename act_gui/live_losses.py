"""What a tuning that is under way has said so far, kept for pages that are opened later."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from act_core.events import TuningLoss, TuningStep
from act_gui.jobs.manager import JobManager


class LiveLosses(QObject):
    """Losses and the last step of the job that tuned last.

    Args:
        jobs: Where jobs speak.
        tuning: What learns, by its name in events.
        parent: Owner.

    Attributes:
        job: Its number, or None where none has spoken yet.
        step: Its last step; None before the first one.

    Signals:
        restarted: Another job speaks now; what was kept is gone.
        loss_came: One more loss is known.
        step_done: One more step is done.
    """

    restarted = Signal()
    loss_came = Signal()
    step_done = Signal()

    def __init__(self, jobs: JobManager, tuning: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job: int | None = None
        self.step: TuningStep | None = None
        self._tuning = tuning
        self._losses: dict[tuple[int, str, str], TuningLoss] = {}
        jobs.event.connect(self._on_event)

    def losses(self) -> tuple[TuningLoss, ...]:
        """All losses. A job that goes on tells the earlier ones again; each counts once."""
        return tuple(self._losses.values())

    def is_empty(self) -> bool:
        """Whether there is nothing yet that could be drawn."""
        return not self._losses

    def _on_event(self, job: int, event: object) -> None:
        if not isinstance(event, TuningLoss | TuningStep) or event.tuning != self._tuning:
            return
        self._belong_to(job)
        if isinstance(event, TuningStep):
            self.step = event
            self.step_done.emit()
        else:
            self._losses[event.step, event.ability, event.split] = event
            self.loss_came.emit()

    def _belong_to(self, job: int) -> None:
        if job != self.job:
            self.job = job
            self._forget()
            self.restarted.emit()

    def _forget(self) -> None:
        self.step = None
        self._losses.clear()

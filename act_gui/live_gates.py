"""What the gates that are being learned have said so far, kept for pages that are opened later."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from act_core.events import MapRow, TuningLoss
from act_core.tune.gate_training import STAGE, STATISTIC
from act_gui.jobs.manager import JobManager


class LiveGates(QObject):
    """Gates and losses of the job that learned last.

    Attributes:
        job: Its number, or None where none has spoken yet.

    Signals:
        restarted: Another job speaks now; what was kept is gone.
        rows_came: A tuple of new `MapRow`s, a gate for every channel of a module.
        loss_came: One more loss is known.
    """

    restarted = Signal()
    rows_came = Signal(object)
    loss_came = Signal()

    def __init__(self, jobs: JobManager, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job: int | None = None
        self._rows: dict[tuple[str, int, str], MapRow] = {}
        self._losses: dict[tuple[int, str, str], TuningLoss] = {}
        jobs.map_rows.connect(self._on_rows)
        jobs.event.connect(self._on_event)

    def rows(self) -> tuple[MapRow, ...]:
        """Every row that is known, the last one of each module."""
        return tuple(self._rows.values())

    def losses(self) -> tuple[TuningLoss, ...]:
        """All losses. A job that goes on tells the earlier ones again; each counts once."""
        return tuple(self._losses.values())

    def _on_rows(self, job: int, rows: tuple[MapRow, ...]) -> None:
        gates = tuple(row for row in rows if row.statistic == STATISTIC)
        if not gates:
            return
        self._belong_to(job)
        for row in gates:
            self._rows[row.specialist, row.layer, row.kind] = row
        self.rows_came.emit(gates)

    def _on_event(self, job: int, event: object) -> None:
        if isinstance(event, TuningLoss) and event.tuning == STAGE:
            self._belong_to(job)
            self._losses[event.step, event.ability, event.split] = event
            self.loss_came.emit()

    def _belong_to(self, job: int) -> None:
        if job != self.job:
            self.job = job
            self._rows.clear()
            self._losses.clear()
            self.restarted.emit()

"""What the running profile has sent so far, kept for pages that are opened later."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from act_core.events import Convergence, MapRow
from act_core.tune.gate_training import STATISTIC as GATE
from act_gui.jobs.manager import JobManager

_Place = tuple[str, str, str, int, str]


class LiveRows(QObject):
    """Map rows and convergence of the job that spoke last.

    Attributes:
        job: Its number, or None where none has spoken yet.

    Signals:
        restarted: Another job speaks now; what was kept is gone.
        rows_came: A tuple of new `MapRow`s.
        converged: One more measurement is known.
    """

    restarted = Signal()
    rows_came = Signal(object)
    converged = Signal()

    def __init__(self, jobs: JobManager, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job: int | None = None
        self._rows: dict[_Place, MapRow] = {}
        self._convergence: list[Convergence] = []
        jobs.map_rows.connect(self._on_rows)
        jobs.event.connect(self._on_event)

    def rows(self) -> Iterable[MapRow]:
        """Every row that is known, the last one of each place."""
        return tuple(self._rows.values())

    def convergence(self) -> tuple[Convergence, ...]:
        """All measurements, in the order of their coming."""
        return tuple(self._convergence)

    def forget_rows(self) -> None:
        """Let the rows go: the profile that they belong to is stored."""
        self._rows.clear()

    def _on_rows(self, job: int, rows: tuple[MapRow, ...]) -> None:
        profiled = tuple(row for row in rows if row.statistic != GATE)
        if not profiled:
            return
        self._belong_to(job)
        for row in profiled:
            self._rows[row.specialist, row.ability, row.statistic, row.layer, row.kind] = row
        self.rows_came.emit(profiled)

    def _on_event(self, job: int, event: object) -> None:
        if isinstance(event, Convergence):
            self._belong_to(job)
            self._convergence.append(event)
            self.converged.emit()

    def _belong_to(self, job: int) -> None:
        if job != self.job:
            self.job = job
            self._rows.clear()
            self._convergence.clear()
            self.restarted.emit()

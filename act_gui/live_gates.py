"""Gates that are being learned, and their losses, kept for pages that are opened later."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from act_core.events import MapRow
from act_core.tune.gate_training import STAGE, STATISTIC
from act_gui.jobs.manager import JobManager
from act_gui.live_losses import LiveLosses


class LiveGates(LiveLosses):
    """Gates and losses of the job that learned last.

    Signals:
        rows_came: A tuple of new `MapRow`s, a gate for every channel of a module.
    """

    rows_came = Signal(object)

    def __init__(self, jobs: JobManager, parent: QObject | None = None) -> None:
        super().__init__(jobs, STAGE, parent)
        self._rows: dict[tuple[str, int, str], MapRow] = {}
        jobs.map_rows.connect(self._on_rows)

    def rows(self) -> tuple[MapRow, ...]:
        """Every row that is known, the last one of each module."""
        return tuple(self._rows.values())

    def is_empty(self) -> bool:
        """Whether there is neither a gate nor a loss yet."""
        return not self._rows and super().is_empty()

    def _on_rows(self, job: int, rows: tuple[MapRow, ...]) -> None:
        gates = tuple(row for row in rows if row.statistic == STATISTIC)
        if not gates:
            return
        self._belong_to(job)
        for row in gates:
            self._rows[row.specialist, row.layer, row.kind] = row
        self.rows_came.emit(gates)

    def _forget(self) -> None:
        super()._forget()
        self._rows.clear()

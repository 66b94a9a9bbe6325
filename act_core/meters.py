"""Meters: they count what work has done, and send an event only now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from act_core.events import EventSink, Finished, MapRow, MapRows, Progress, Started


class ProgressMeter:
    """Counts units of one stage and emits `Progress` with an ETA, at most `per_second` a second.

    Args:
        emit: Where events go.
        stage: Name of the stage.
        total: Units in all.
        unit: Name of a unit.
        done: Units that were finished before (after a resume); they do not enter the rate.
        per_second: Most events a second; the last unit is always reported.
    """

    def __init__(
        self,
        emit: EventSink,
        stage: str,
        total: int,
        unit: str,
        *,
        done: int = 0,
        per_second: float = 15.0,
    ) -> None:
        self._emit = emit
        self._stage = stage
        self._total = total
        self._unit = unit
        self._done = done
        self._done_before = done
        self._started_at = time.monotonic()
        self._gap_s = 1.0 / per_second
        self._last_at = -self._gap_s
        emit(Started(stage, total, unit))

    def step(self, units: int = 1) -> None:
        """Count `units` as finished; where some have to be done again, they are below zero."""
        self._done += units
        now = time.monotonic()
        if now - self._last_at < self._gap_s and self._done < self._total:
            return
        self._last_at = now
        elapsed_s = now - self._started_at
        fresh = self._done - self._done_before
        rate = fresh / elapsed_s if elapsed_s > 0 and fresh > 0 else None
        eta_s = (self._total - self._done) / rate if rate else None
        self._emit(Progress(self._stage, self._done, self._total, self._unit, eta_s, rate))

    def finish(self) -> None:
        """Report the stage as done."""
        self._emit(Finished(self._stage, seconds=time.monotonic() - self._started_at))


class SharedMeter:
    """A progress meter in bytes that several threads may step; `done_bytes` were there before."""

    def __init__(
        self, emit: EventSink, stage: str, total_bytes: int, *, done_bytes: int = 0
    ) -> None:
        self._lock = threading.Lock()
        self._meter = ProgressMeter(emit, stage, total_bytes, "bytes", done=done_bytes)

    def step(self, size_bytes: int) -> None:
        """Count bytes as done."""
        with self._lock:
            self._meter.step(size_bytes)

    def finish(self) -> None:
        """Report the stage as done."""
        with self._lock:
            self._meter.finish()


class MapRowBuffer:
    """Gathers finished rows and sends them on at most `per_second` times a second.

    Args:
        emit: Where events go.
        per_second: Most events a second; `flush` sends what is left.
    """

    def __init__(self, emit: EventSink, *, per_second: float = 15.0) -> None:
        self._emit = emit
        self._gap_s = 1.0 / per_second
        self._last_at = -self._gap_s
        self._rows: list[MapRow] = []

    def add(self, rows: Iterable[MapRow]) -> None:
        """Take finished rows; send if the last event is long enough ago."""
        self._rows.extend(rows)
        if time.monotonic() - self._last_at >= self._gap_s:
            self.flush()

    def flush(self) -> None:
        """Send all rows that wait."""
        if self._rows:
            self._emit(MapRows(tuple(self._rows)))
            self._rows.clear()
            self._last_at = time.monotonic()

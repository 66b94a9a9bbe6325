"""The one place for all long work: jobs in lanes, each on a thread of its own.

A lane is serial: its next job starts when the thread of the last one has said that it is at its
end. Threads only touch the event buffer; a timer on the window's thread empties it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from act_core.errors import ActError
from act_core.events import Progress
from act_core.warmup import free_memory, heavy_loaded
from act_gui.jobs.coalesce import EventBuffer
from act_gui.jobs.order import JobOrder
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.state import ACTIVE, Job, JobState, JobView
from act_gui.jobs.store import load_jobs, save_jobs
from act_gui.jobs.worker import LIGHT_LANES, Ended, start_worker
from act_gui.jobs.works import WORKS, Work
from act_gui.text import tr

__all__ = ["JobManager", "JobState", "JobView"]

_TICKS_PER_S = 15
_TICK_BUDGET_S = 0.02
_SAVE_AFTER_MS = 500


class JobManager(QObject):
    """Queue, lanes, pause, cancel, retry and order; every change is saved.

    Args:
        store: File of the jobs; None keeps them in memory only.
        works: What jobs can do, by kind.
        parent: Owner.

    Signals, all on the window's thread:
        added, removed, changed: Number of a job. Progress changes it at most 15 times a second.
        reordered: Waiting jobs stand in another order.
        event: A job, and an event of it: every one but progress and map rows.
        map_rows: A job, and a tuple of its latest `MapRow`s.
        finished: A job, and what its work returned. Its spec says from which parameters.
        failed: A job, and its `ErrorRecord`.
        idled: No job runs any more.
        store_failed: An `ErrorRecord`: the jobs could not be read, or not be saved any more.
    """

    added = Signal(int)
    removed = Signal(int)
    changed = Signal(int)
    reordered = Signal()
    event = Signal(int, object)  # type: ignore[assignment] # takes the place of a method of Qt's
    map_rows = Signal(int, object)
    finished = Signal(int, object)
    failed = Signal(int, object)
    idled = Signal()
    store_failed = Signal(object)

    def __init__(
        self,
        store: Path | None = None,
        works: Mapping[str, Work] = WORKS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._works = works
        self._buffer = EventBuffer()
        self._threads: dict[int, Thread] = {}
        self._progressed: set[int] = set()
        self._closed = self._unsaved = False
        self._tick = QTimer(self, interval=1000 // _TICKS_PER_S)
        self._tick.timeout.connect(self._on_tick)
        self._save_timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._save_timer.timeout.connect(self._save)
        self._jobs = JobOrder()
        self._load()

    def submit(self, spec: JobSpec) -> int:
        """Put a job at the end of its lane and give its number.

        Raises:
            RuntimeError: Not called on the window's thread.
        """
        if QThread.currentThread() != self.thread():
            raise RuntimeError("jobs are submitted on the window's thread")
        job = self._jobs.add(spec)
        self._save()
        self.added.emit(job.id)
        self._start_next(spec.lane)
        return job.id

    def cancel(self, job_id: int) -> None:
        """End a job: at once where it waits, else at its next border."""
        job = self._jobs[job_id]
        if job.state in ("queued", "paused"):
            job.end("cancelled")
            self._tell(job)
            self._forget_oldest()
        elif job.state in ("running", "pausing"):
            job.ask_to_stop("cancelling")
            self._tell(job)

    def pause(self, job_id: int) -> None:
        """Hold a job that waits; stop one that runs at its next border, with what is finished."""
        job = self._jobs[job_id]
        if job.state == "queued":
            job.state = "paused"
            self._tell(job)
        elif job.state == "running":
            job.ask_to_stop("pausing")
            self._tell(job)

    def keep_best(self, job_id: int) -> None:
        """Let the tuning of a job end after its step with the best so far; the job goes on."""
        job = self._jobs[job_id]
        if job.state == "running":
            job.token.keep_best()
            self._tell(job)

    def resume(self, job_id: int) -> None:
        """Let a paused job go on as soon as its lane is free."""
        job = self._jobs[job_id]
        if job.state == "paused":
            job.state = "queued"
            self._tell(job)
            self._start_next(job.spec.lane)

    def retry(self, job_id: int) -> None:
        """Do a job again that failed or was cancelled, with the same parameters."""
        job = self._jobs[job_id]
        if job.state not in ("failed", "cancelled"):
            return
        self._jobs.put_last(job_id)
        job.state, job.error = "queued", None
        job.forget_progress()
        self.reordered.emit()
        self._tell(job)
        self._start_next(job.spec.lane)

    def move(self, job_id: int, steps: int) -> None:
        """Move a job that waits among those that wait in its lane; negative is earlier."""
        if self._jobs.move(job_id, steps):
            self._save_soon()
            self.reordered.emit()

    def remove(self, job_id: int) -> None:
        """Take a job from the list; one that runs stays."""
        if self._jobs[job_id].state not in ACTIVE:
            self._jobs.remove(job_id)
            self._save_soon()
            self.removed.emit(job_id)

    def pause_all(self) -> None:
        """Pause everything that waits or runs."""
        for job in self._jobs:
            self.pause(job.id)

    def resume_all(self) -> None:
        """Let everything go on that is paused."""
        for job in self._jobs:
            self.resume(job.id)

    def jobs(self) -> tuple[JobView, ...]:
        """All jobs; those that wait stand in the order in which they will start."""
        return tuple(job.view() for job in self._jobs)

    def view(self, job_id: int) -> JobView:
        """One job.

        Raises:
            KeyError: There is none of this number.
        """
        return self._jobs[job_id].view()

    def busy(self) -> bool:
        """Whether a job runs."""
        return self._jobs.busy()

    def shutdown(self, wait_s: float = 10.0) -> bool:
        """Stop what runs; it comes back paused. Nothing starts afterwards.

        Args:
            wait_s: How long to wait for the threads.

        Returns:
            Whether all of them ended.
        """
        self._closed = True
        for job in self._jobs:
            if job.state == "running":
                job.ask_to_stop("pausing")
        deadline = time.monotonic() + wait_s
        for thread in self._threads.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        ended = not any(thread.is_alive() for thread in self._threads.values())
        self._drain(float("inf"))
        self._tick.stop()
        self._save()
        return ended

    def _start_next(self, lane: str) -> None:
        """Start the first job that waits in a lane, if nothing runs there."""
        job = None if self._closed else self._jobs.next_in(lane)
        if job is None:
            return
        waits_for_imports = lane not in LIGHT_LANES and not heavy_loaded()
        job.begin(tr("Loading PyTorch…") if waits_for_imports else "")
        self._tell(job)
        work = self._works.get(job.spec.kind)
        self._threads[job.id] = start_worker(job.id, job.spec, work, job.token, self._buffer)
        self._tick.start()

    def _on_tick(self) -> None:
        self._drain(_TICK_BUDGET_S)
        for job in self._jobs:
            if job.overdue() and not job.impatient:
                job.impatient = True
                self._progressed.add(job.id)
        self._tell_progress()

    def _drain(self, budget_s: float) -> None:
        """Hand on what came from the threads; what does not fit into the budget waits."""
        until = time.perf_counter() + budget_s
        while (taken := self._buffer.take()) is not None:
            job_id, item = taken
            if isinstance(item, Ended):
                self._finish(self._jobs[job_id], item)
            else:
                self._hand_on(self._jobs[job_id], item)
            if time.perf_counter() > until:
                break

    def _hand_on(self, job: Job, item: object) -> None:
        if isinstance(item, tuple):
            self.map_rows.emit(job.id, item)
            return
        if job.hear(item):
            self._progressed.add(job.id)
        if not isinstance(item, Progress):
            self.event.emit(job.id, item)

    def _finish(self, job: Job, ended: Ended) -> None:
        self._threads.pop(job.id).join()  # it has said its last word
        if ended.out_of_memory:
            free_memory()
        job.error = ended.error
        if ended.error is not None:
            job.end("failed")
        elif ended.cancelled:
            job.end("paused" if job.state == "pausing" else "cancelled")
        else:
            job.end("done")
        self._tell(job)
        if ended.error is not None:
            self.failed.emit(job.id, ended.error)
        elif job.state == "done":
            self.finished.emit(job.id, ended.result)
        self._forget_oldest()
        self._start_next(job.spec.lane)
        if not self.busy():
            self._tick.stop()
            self.idled.emit()

    def _tell(self, job: Job) -> None:
        """Say and save that a job stands otherwise."""
        self._progressed.discard(job.id)
        self._save()
        self.changed.emit(job.id)

    def _tell_progress(self) -> None:
        told, self._progressed = self._progressed, set()
        for job_id in told:
            if job_id in self._jobs:
                self.changed.emit(job_id)
        if told:
            self._save_soon()

    def _forget_oldest(self) -> None:
        for job_id in self._jobs.surplus():
            self.remove(job_id)

    def _load(self) -> None:
        if self._store is None:
            return
        try:
            self._jobs = JobOrder(load_jobs(self._store))
        except ActError as error:
            record = error.record()
            # Later: nobody can listen yet.
            QTimer.singleShot(0, self, lambda: self.store_failed.emit(record))

    def _save_soon(self) -> None:
        if not self._save_timer.isActive():
            self._save_timer.start()

    def _save(self) -> None:
        self._save_timer.stop()
        if self._store is None:
            return
        try:
            save_jobs(self._store, self._jobs)
        except ActError as error:
            told, self._unsaved = self._unsaved, True
            if not told:  # once, not at every change until it can be saved again
                self.store_failed.emit(error.record())
        else:
            self._unsaved = False

"""What is known of a job: a record that the manager keeps, and the frozen view of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal, get_args

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord
from act_core.events import Note, Progress, Started
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.words import stage_text
from act_gui.text import tr

JobState = Literal[
    "queued", "running", "pausing", "paused", "cancelling", "done", "failed", "cancelled"
]
STATES: tuple[JobState, ...] = get_args(JobState)
ACTIVE: tuple[JobState, ...] = ("running", "pausing", "cancelling")
OPEN: tuple[JobState, ...] = ("queued", *ACTIVE, "paused")
ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled")
PATIENCE_S = 5.0
_MOST_NOTES = 200


@dataclass(frozen=True, slots=True)
class JobView:
    """A job at one moment.

    Attributes:
        id: Its number.
        spec: Its parameters, as they were submitted.
        state: How it stands.
        stage: What it does now, for people.
        done, total, unit: Progress of the stage; `total` is 0 where it is unknown.
        eta_s, rate_per_s: Seconds left, and units a second; None where unknown.
        started_at: Seconds since the epoch at its last start; None where it never ran.
        seconds: That it has run, over all starts.
        error: Why it failed.
        notes: What it had to say.
        hint: Why stopping takes so long; empty where it does not.
        tuning: `under way`: it tunes, and could stop and keep the best so far; `ending`: it was
            asked to; else empty.
    """

    id: int
    spec: JobSpec
    state: JobState
    stage: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    eta_s: float | None = None
    rate_per_s: float | None = None
    started_at: float | None = None
    seconds: float = 0.0
    error: ErrorRecord | None = None
    notes: tuple[Note, ...] = ()
    hint: str = ""
    tuning: Literal["", "under way", "ending"] = ""


@dataclass(slots=True, eq=False)
class Job:
    """The manager's record of a job; only the window's thread touches it. Fields as `JobView`.

    Attributes:
        token: Stops the work; a new one for every start.
        running_since: By the monotonic clock; None while it does not run.
        asked_at: When it was asked to stop, likewise.
        impatient: It has been said why stopping takes so long.
    """

    id: int
    spec: JobSpec
    state: JobState = "queued"
    stage: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    eta_s: float | None = None
    rate_per_s: float | None = None
    started_at: float | None = None
    seconds: float = 0.0
    error: ErrorRecord | None = None
    notes: list[Note] = field(default_factory=list)
    token: CancelToken = field(default_factory=CancelToken)
    running_since: float | None = None
    asked_at: float | None = None
    impatient: bool = False

    def begin(self, stage: str) -> None:
        """It starts to run."""
        self.state, self.stage, self.error = "running", stage, None
        self.token = CancelToken()
        self.started_at, self.running_since = time.time(), time.monotonic()
        self.asked_at, self.impatient = None, False

    def ask_to_stop(self, state: JobState) -> None:
        """Ask the work to stop at its next border."""
        self.state = state
        self.token.cancel()
        if self.asked_at is None:
            self.asked_at = time.monotonic()

    def end(self, state: JobState) -> None:
        """It runs no more."""
        self.seconds += self._running_s()
        self.state, self.running_since, self.asked_at = state, None, None
        self.eta_s = self.rate_per_s = None

    def forget_progress(self) -> None:
        """It begins anew, as far as people are concerned."""
        self.stage, self.done, self.total, self.unit = "", 0, 0, ""
        self.eta_s = self.rate_per_s = None

    def hear(self, event: object) -> bool:
        """Take an event; whether it changed what the view says."""
        if isinstance(event, Started):
            self.forget_progress()
            self.stage, self.total, self.unit = stage_text(event.stage), event.total, event.unit
        elif isinstance(event, Progress):
            self.stage, self.unit = stage_text(event.stage), event.unit
            self.done, self.total = event.done, event.total
            self.eta_s, self.rate_per_s = event.eta_s, event.rate_per_s
        elif isinstance(event, Note):
            self.notes.append(event)
            del self.notes[:-_MOST_NOTES]
        else:
            return False
        return True

    def overdue(self) -> bool:
        """Whether stopping takes so long that the person must hear why."""
        return self.asked_at is not None and time.monotonic() - self.asked_at > PATIENCE_S

    def view(self) -> JobView:
        """The job as it is now."""
        return JobView(
            self.id,
            self.spec,
            self.state,
            self.stage,
            self.done,
            self.total,
            self.unit,
            self.eta_s,
            self.rate_per_s,
            self.started_at,
            self.seconds + self._running_s(),
            self.error,
            tuple(self.notes),
            self._hint() if self.overdue() else "",
            self._tuning(),
        )

    def _running_s(self) -> float:
        return 0.0 if self.running_since is None else time.monotonic() - self.running_since

    def _tuning(self) -> Literal["", "under way", "ending"]:
        if self.state != "running" or not self.token.tuning:
            return ""
        return "ending" if self.token.keeps_best else "under way"

    def _hint(self) -> str:
        stage = self.stage or self.spec.kind
        return tr("Waiting until {stage} comes to a point where it can stop.", stage=stage)

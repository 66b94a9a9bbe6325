"""The jobs in the order in which they are shown and, within a lane, started. It knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from act_gui.jobs.spec import JobSpec
from act_gui.jobs.state import ACTIVE, ENDED, Job

_MOST_ENDED = 50
_WAITING = ("queued", "paused")


class JobOrder:
    """Jobs by number, in order.

    Args:
        jobs: The first ones.
    """

    def __init__(self, jobs: Iterable[Job] = ()) -> None:
        self._jobs = {job.id: job for job in jobs}

    def __iter__(self) -> Iterator[Job]:
        """All of them as they are now; the order may change meanwhile."""
        return iter(tuple(self._jobs.values()))

    def __getitem__(self, job_id: int) -> Job:
        return self._jobs[job_id]

    def __contains__(self, job_id: int) -> bool:
        return job_id in self._jobs

    def add(self, spec: JobSpec) -> Job:
        """A new job at the end."""
        job = Job(max(self._jobs, default=0) + 1, spec)
        self._jobs[job.id] = job
        return job

    def remove(self, job_id: int) -> None:
        """Take a job out."""
        del self._jobs[job_id]

    def put_last(self, job_id: int) -> None:
        """Let a job be the last one of its lane."""
        self._jobs[job_id] = self._jobs.pop(job_id)

    def move(self, job_id: int, steps: int) -> bool:
        """Move a job among those that wait in its lane; negative is earlier.

        Returns:
            Whether the order changed; a job that does not wait stays.
        """
        lane = self._jobs[job_id].spec.lane
        waiting = [job.id for job in self if job.spec.lane == lane and job.state in _WAITING]
        if job_id not in waiting:
            return False
        goal = max(0, min(len(waiting) - 1, waiting.index(job_id) + steps))
        reordered = [number for number in waiting if number != job_id]
        reordered.insert(goal, job_id)
        if reordered == waiting:
            return False
        places = dict(zip(waiting, reordered, strict=True))
        self._jobs = {
            number: self._jobs[number]
            for number in (places.get(number, number) for number in self._jobs)
        }
        return True

    def next_in(self, lane: str) -> Job | None:
        """The job that may start in a lane: none while another runs there."""
        here = [job for job in self if job.spec.lane == lane]
        if any(job.state in ACTIVE for job in here):
            return None
        return next((job for job in here if job.state == "queued"), None)

    def busy(self) -> bool:
        """Whether a job runs."""
        return any(job.state in ACTIVE for job in self)

    def surplus(self) -> list[int]:
        """Ended jobs that are too many to keep, the oldest ones."""
        return [job.id for job in self if job.state in ENDED][:-_MOST_ENDED]

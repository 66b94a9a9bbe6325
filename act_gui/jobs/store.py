"""Jobs on disk: what was unfinished when the program ended, however it ended, is there again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, cast

from act_core.errors import ActError, ErrorRecord, RecipeError, output_error
from act_core.events import Note
from act_core.files import write_whole
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.state import ENDED, STATES, Job, JobState

_VERSION = 1
# Answers that nobody looks at any more are not worth going on with.
_FLEETING = ("try", "check-hub")


class JobStoreError(ActError):
    """The file of jobs cannot be read, or has no place any more."""

    title = "The list of jobs is damaged"


def save_jobs(path: Path, jobs: Iterable[Job]) -> None:
    """Write all jobs whole or not at all.

    Raises:
        JobStoreError: The folder is gone; it is not made again with nothing but jobs in it.
        OutputError: The file cannot be written.
    """
    if not path.parent.is_dir():
        raise JobStoreError(
            f"The folder {path.parent} is gone: it was deleted, renamed, or lies on a disk that is "
            "not there any more.",
            remedy="Put it back where it was, or close the project.",
            title="The list of jobs cannot be saved",
        )
    data = {"act_jobs": _VERSION, "jobs": [_plain(job) for job in jobs if _lasts(job)]}
    write_whole(path, json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def load_jobs(path: Path) -> list[Job]:
    """Read the jobs; those that were not ended come back paused.

    Raises:
        JobStoreError: The file is damaged, or not one of jobs; it was set aside.
        OutputError: It could not be set aside.
    """
    if not path.exists():
        return []
    try:
        data = json.loads(path.read_text("utf-8"))
        if not isinstance(data, dict) or data.get("act_jobs") != _VERSION:
            raise ValueError("it is no list of jobs that this version knows")
        jobs = [_job(entry) for entry in data["jobs"]]
        if len({job.id for job in jobs}) != len(jobs):
            raise ValueError("a number stands twice")
    except (OSError, ValueError, TypeError, KeyError, RecursionError, RecipeError) as error:
        aside = path.with_name(path.name + ".damaged")
        try:
            path.replace(aside)
        except OSError as problem:
            raise output_error(problem, path) from error
        raise JobStoreError(
            f"{path} could not be read, so it was set aside as {aside.name}.",
            remedy="Start unfinished work again from its page: finished layers are reused.",
            detail=repr(error),
        ) from error
    return jobs


def _lasts(job: Job) -> bool:
    return job.spec.kind not in _FLEETING


def _plain(job: Job) -> dict[str, Any]:
    view = job.view()
    return {
        "id": view.id,
        "spec": view.spec.to_data(),
        "state": view.state,
        "stage": view.stage,
        "done": view.done,
        "total": view.total,
        "unit": view.unit,
        "started_at": view.started_at,
        "seconds": round(view.seconds, 3),
        "error": None if view.error is None else asdict(view.error),
        "notes": [asdict(note) for note in view.notes],
    }


def _job(data: dict[str, Any]) -> Job:
    """Check one stored job.

    Raises:
        ValueError, TypeError, KeyError, RecipeError: It is malformed.
    """
    state = data["state"]
    if state not in STATES:
        raise ValueError(f"unknown state {state!r}")
    if state == "cancelling":
        state = "cancelled"
    error, started_at = data["error"], data["started_at"]
    return Job(
        _whole(data["id"]),
        JobSpec.from_data(data["spec"]),
        cast("JobState", state if state in ENDED else "paused"),
        stage=_text(data["stage"]),
        done=_whole(data["done"]),
        total=_whole(data["total"]),
        unit=_text(data["unit"]),
        started_at=None if started_at is None else float(started_at),
        seconds=float(data["seconds"]),
        error=None if error is None else ErrorRecord(**{k: _text(v) for k, v in error.items()}),
        notes=[Note(_text(note["text"]), _level(note["level"])) for note in data["notes"]],
    )


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _level(value: object) -> Literal["info", "warning"]:
    return "warning" if value == "warning" else "info"

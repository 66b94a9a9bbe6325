"""Jobs in words: state, progress, time left."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from act_core.report.numbers import count, duration, size
from act_gui.text import tr

if TYPE_CHECKING:
    from act_gui.jobs.state import JobState, JobView


_BYTES = "bytes"


def stage_text(stage: str) -> str:
    """What a job does, from the core's name of the stage."""
    return {
        "profile": tr("Profiling"),
        "activations": tr("Measuring activations"),
        "gates": tr("Learning gates"),
        "tune": tr("Tuning"),
        "tuning only": tr("Tuning for comparison"),
        "evaluate": tr("Measuring"),
        "transfer": tr("Writing"),
        "flush": tr("Waiting for the disk"),
        "publish": tr("Copying"),
        "verify": tr("Verifying"),
        "sweep": tr("Sweeping"),
        "analyse": tr("Analysing"),
        "probes": tr("Answering"),
        "download": tr("Downloading"),
        "hash": tr("Comparing with the Hub"),
        "upload": tr("Sending"),
    }.get(stage, stage)


def state_text(state: JobState) -> str:
    """A job's state in a word or two."""
    return {
        "queued": tr("Waiting"),
        "running": tr("Running"),
        "pausing": tr("Pausing…"),
        "paused": tr("Paused"),
        "cancelling": tr("Cancelling…"),
        "done": tr("Done"),
        "failed": tr("Failed"),
        "cancelled": tr("Cancelled"),
    }[state]


def left_text(eta_s: float | None) -> str:
    """Time left in words; no more exact than it is known."""
    if eta_s is None or not math.isfinite(eta_s):
        return ""
    if eta_s < 10:
        return tr("a few seconds left")
    if eta_s < 50:
        return tr("about {count} s left", count=round(eta_s / 10) * 10)
    if eta_s < 90:
        return tr("about a minute left")
    if eta_s < 5400:
        return tr("about {count} min left", count=round(eta_s / 60))
    return tr("about {count} h left", count=f"{eta_s / 3600:.1f}")


def about_text(seconds: float) -> str:
    """An expected time in words; no more exact than it is known."""
    if seconds < 10:
        return tr("a few seconds")
    if seconds < 90:
        return tr("about {count} s", count=round(seconds / 10) * 10)
    if seconds < 5400:
        return tr("about {count} min", count=round(seconds / 60))
    return tr("about {count} h", count=f"{seconds / 3600:.1f}")


def progress_text(view: JobView) -> str:
    """How far a job is: `12 of 30 layers, 4.2 layers a second, about 40 s left`."""
    found = []
    if view.total:
        found.append(amount_text(view))
    if view.rate_per_s and view.unit == _BYTES:
        found.append(tr("{rate} a second", rate=size(round(view.rate_per_s))))
    elif view.rate_per_s:
        rate = count(round(view.rate_per_s)) if view.rate_per_s >= 10 else f"{view.rate_per_s:.2g}"
        found.append(tr("{rate} {unit} a second", rate=rate, unit=view.unit))
    if view.eta_s is not None:
        found.append(left_text(view.eta_s))
    return ", ".join(found)


def amount_text(view: JobView) -> str:
    """What is done of what there is: `12 of 30 layers`, `1.2 MB of 3 GB`."""
    if view.unit == _BYTES:
        return tr("{done} of {total}", done=size(view.done), total=size(view.total))
    done, total = count(view.done), count(view.total)
    return tr("{done} of {total} {unit}", done=done, total=total, unit=view.unit)


def time_text(view: JobView) -> str:
    """How long a job has run."""
    return duration(view.seconds) if view.seconds else ""

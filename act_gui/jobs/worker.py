"""One job on a thread of its own. It never raises and never touches Qt."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from act_core.cancel import CancelToken
from act_core.errors import (
    ActError,
    CancelledByPersonError,
    ErrorRecord,
    OutOfMemoryError,
    record_of,
)
from act_core.warmup import import_heavy, import_package
from act_gui.jobs.coalesce import EventBuffer
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.works import Work

FILES_LANE = "files"
NETWORK_LANE = "network"
# Lanes whose jobs compute nothing: they begin without PyTorch.
LIGHT_LANES = (FILES_LANE, NETWORK_LANE)


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """Word of a job's end; the last thing that its thread says.

    Attributes:
        result: What the work returned.
        error: Why it failed; None where it did not.
        cancelled: It stopped because it was asked to.
        out_of_memory: It failed for that; what it held is free once garbage was collected, which
            the window's thread has to do.
    """

    result: object = None
    error: ErrorRecord | None = None
    cancelled: bool = False
    out_of_memory: bool = False


def start_worker(
    job: int, spec: JobSpec, work: Work | None, token: CancelToken, buffer: EventBuffer
) -> threading.Thread:
    """Run a job on a new thread. It is a daemon: a job that hangs must not keep the program."""

    def run() -> None:
        buffer.put(job, _ended(job, spec, work, token, buffer))

    thread = threading.Thread(target=run, name=f"job {job} on {spec.lane}", daemon=True)
    thread.start()
    return thread


def _ended(
    job: int, spec: JobSpec, work: Work | None, token: CancelToken, buffer: EventBuffer
) -> Ended:
    try:
        if work is None:
            raise ActError(
                f"This version of ACT Studio knows no job of the kind {spec.kind}.",
                remedy="Update ACT Studio, or remove the job.",
            )
        if spec.lane in LIGHT_LANES:
            import_package()
        else:
            import_heavy()
        token.raise_if_cancelled()
        return Ended(work(spec, lambda event: buffer.put(job, event), token))
    except CancelledByPersonError:
        return Ended(cancelled=True)
    except BaseException as error:  # noqa: BLE001 - whatever happens, the window hears of it
        record, is_memory = _described(error, spec.lane)
    return Ended(error=record, out_of_memory=is_memory)


def _described(error: BaseException, lane: str) -> tuple[ErrorRecord, bool]:
    """An exception as data, and whether it means that memory ran out."""
    if isinstance(error, OutOfMemoryError):
        return error.record(), True
    # torch's own is known by its name, since nothing here imports torch.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return _too_large(error, lane).record(), True
    return record_of(error), False


def _too_large(error: BaseException, lane: str) -> OutOfMemoryError:
    place = "of this machine" if lane in ("cpu", *LIGHT_LANES) else f"of {lane}"
    return OutOfMemoryError(
        f"The job needs more than the memory {place}. It was ended and its memory is free again.",
        remedy="Choose bfloat16, a smaller batch (batch_tokens), shorter or fewer items, or "
        "another device; or close other programs. Then retry: finished layers are kept.",
        detail=repr(error),
    )

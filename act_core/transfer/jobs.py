"""A few threads for work that waits for the disk or computes without the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from act_core.cancel import CancelToken

Result = TypeVar("Result")

# Copying and comparing are bounded by the memory's bandwidth; more threads gain nothing.
THREADS = 2
_POLL_S = 0.2


def run_jobs(
    jobs: Iterable[Callable[[CancelToken], Result]], cancel: CancelToken, *, leave: bool = False
) -> list[Result]:
    """Run jobs on `THREADS` threads; results in the order of the jobs.

    Args:
        jobs: What to do; each gets a token that is set when another job failed or the person
            cancelled, and is waited for.
        cancel: Ends the work within a fraction of a second.
        leave: The jobs cannot poll their token; after a cancel they end by themselves.

    Raises:
        CancelledByPersonError: After a cancel.
        ActError: The first failure of a job.
    """
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="act-transfer")
    stop = CancelToken()
    futures = [pool.submit(job, stop) for job in jobs]
    pending = set(futures)
    try:
        while pending:
            cancel.raise_if_cancelled()
            done, pending = wait(pending, _POLL_S, FIRST_EXCEPTION)
            for future in done:
                future.result()
        return [future.result() for future in futures]
    finally:
        stop.cancel()
        pool.shutdown(wait=not leave, cancel_futures=True)

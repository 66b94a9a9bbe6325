"""Tasks of lm-evaluation-harness, in a child process: with progress, and ended on a cancel.

The harness is the optional extra `eval`. The child is told to stay off the network, so a task's
data has to be there: in the Hub's cache, or in files that a task of one's own names.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from act_core.cancel import CancelToken
from act_core.children import last_words, run_child
from act_core.errors import HarnessError
from act_core.events import EventSink, Finished, Progress, Started
from act_core.files import write_whole

STAGE = "tasks"
HOW_TO_INSTALL = (
    'Install it into the environment that runs ACT Studio: pip install "act-studio[eval]", or in '
    'a checkout: pip install -e ".[eval]".'
)
_TAIL_BYTES = 4096
# The harness's own bar: `Running loglikelihood requests:  40%|####      | 40/100 [00:01<...`.
_BAR = re.compile(rb"Running [^:\r\n]*:\s+\d+%\|[^|\r\n]*\|\s*(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class TaskFigure:
    """One figure of one task.

    Attributes:
        task: Name of the task.
        metric: As the harness calls it, with its filter where that is not `none`.
        value: The figure.
        error: Its standard error, or None where the harness gives none.
        items: Number of documents; 0 where the harness does not say.
    """

    task: str
    metric: str
    value: float
    error: float | None
    items: int


def harness_version() -> str | None:
    """Version of the harness in this environment, or None; it is not imported."""
    if importlib.util.find_spec("lm_eval") is None:
        return None
    return importlib.metadata.version("lm_eval")


def run_tasks(
    model: Path,
    tasks: Sequence[str],
    work: Path,
    *,
    task_folder: Path | None = None,
    items: int | None = None,
    device: str = "cpu",
    dtype: str = "float32",
    emit: EventSink,
    cancel: CancelToken,
) -> tuple[TaskFigure, ...]:
    """Measure a checkpoint by tasks.

    Args:
        model: Folder of the checkpoint.
        tasks: Names of tasks or groups.
        work: Folder for the order, the log and the harness's results.
        task_folder: Further tasks, as YAML files.
        items: Most documents of each task; None for all.
        device: As torch names it.
        dtype: In what the model computes.
        emit: Is sent progress in requests.
        cancel: Polled many times a second; the child is killed.

    Raises:
        HarnessError: The harness is not installed, or it failed.
        OutputError: A file cannot be written.
        CancelledByPersonError: After a cancel.
    """
    if harness_version() is None:
        raise HarnessError("lm-evaluation-harness is not installed.", remedy=HOW_TO_INSTALL)
    order, result, log = work / "order.json", work / "result.json", work / "log.txt"
    content = {
        "model": str(model),
        "dtype": dtype,
        "device": device,
        "tasks": list(tasks),
        "task_folder": None if task_folder is None else str(task_folder),
        "items": items,
        "result": str(result),
    }
    write_whole(order, json.dumps(content, indent=1))
    result.unlink(missing_ok=True)
    started_at = time.monotonic()
    emit(Started(STAGE, 0, "requests"))
    _run_child(order, log, emit, cancel)
    emit(Finished(STAGE, seconds=time.monotonic() - started_at))
    try:
        found = json.loads(result.read_text("utf-8"))
        return tuple(_figures(found))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _failure(log, repr(error)) from error


def _run_child(order: Path, log: Path, emit: EventSink, cancel: CancelToken) -> None:
    last, begun_at, before = (0, 0), 0.0, 0

    def tell(_pid: int) -> None:
        nonlocal last, begun_at, before
        here = _progress(log)
        if here is None or here == last:
            return
        (done, total), now = here, time.monotonic()
        if total != last[1] or done < last[0]:  # every kind of request has a bar of its own
            begun_at, before = now, done
        rate = (done - before) / (now - begun_at) if done > before else None
        eta_s = (total - done) / rate if rate else None
        emit(Progress(STAGE, done, total, "requests", eta_s, rate))
        last = here

    code = run_child("act_core.evaluate.harness_child", [str(order)], log, cancel, tell)
    if code:
        raise _failure(log, f"it ended with code {code}")


def _progress(log: Path) -> tuple[int, int] | None:
    """How far the bar stands that was drawn last."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        bars = _BAR.findall(stream.read())
    return (int(bars[-1][0]), int(bars[-1][1])) if bars else None


def _figures(found: Mapping[str, Any]) -> list[TaskFigure]:
    """The harness's table: `METRIC,FILTER` with `METRIC_stderr,FILTER` beside it."""
    figures = []
    for task, values in found["results"].items():
        counts = found["n-samples"].get(task, {})
        for key, value in values.items():
            name, comma, filtered = key.partition(",")
            if not comma or name.endswith("_stderr") or not isinstance(value, int | float):
                continue
            error = values.get(f"{name}_stderr,{filtered}")
            sound = isinstance(error, int | float) and math.isfinite(error)
            metric = name if filtered == "none" else f"{name} ({filtered})"
            items = int(counts.get("effective", 0))
            figures.append(
                TaskFigure(task, metric, float(value), float(error) if sound else None, items)
            )
    return figures


def _failure(log: Path, otherwise: str) -> HarnessError:
    """What the child said last; the last line of a traceback says what went wrong."""
    said, detail = last_words(log)
    return HarnessError(
        f"lm-evaluation-harness stopped: {said or otherwise}",
        remedy="Check the names of the tasks; their data has to be on this machine already.",
        detail=detail,
    )

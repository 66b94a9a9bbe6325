"""mergekit's own command line as a child process: timed, its memory watched, ended on a cancel.

mergekit is under the LGPL, so it is never part of this program; it is asked for by its command
line alone.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.children import last_words, run_child
from act_core.errors import BaselineError
from act_core.files import write_whole

INSTALL = 'pip install "act-studio[baselines]"'
HOW_TO_INSTALL = (
    f"Install it into the environment that runs ACT Studio: {INSTALL}, or in a checkout: "
    'pip install -e ".[baselines]".'
)
_QUIET = ("--quiet", "--no-copy-tokenizer", "--no-write-model-card")


@dataclass(frozen=True, slots=True)
class Cost:
    """What making a candidate took.

    Attributes:
        seconds: Wall time.
        peak_bytes: Most memory that was resident at once; None where it was not watched.
    """

    seconds: float
    peak_bytes: int | None


def mergekit_version() -> str | None:
    """Version of mergekit in this environment, or None; it is not imported."""
    if importlib.util.find_spec("mergekit") is None:
        return None
    return importlib.metadata.version("mergekit")


def run_mergekit(config: str, out: Path, *, seed: int, cancel: CancelToken) -> Cost:
    """Merge as a configuration says.

    Args:
        config: As YAML; the models it names are local folders.
        out: The merged checkpoint; its parent holds the configuration and the log.
        seed: Of methods that draw at random.
        cancel: Polled many times a second; the child is killed.

    Raises:
        BaselineError: mergekit is not installed, or it failed.
        OutputError: The configuration cannot be written.
        CancelledByPersonError: After a cancel.
    """
    if mergekit_version() is None:
        raise BaselineError("mergekit is not installed.", remedy=HOW_TO_INSTALL)
    path, log = out.with_name(f"{out.name}.yaml"), out.with_name(f"{out.name}.log")
    write_whole(path, config)
    arguments = [str(path), str(out), *_QUIET, "--random-seed", str(seed)]
    peak_bytes = 0

    def watch(pid: int) -> None:
        nonlocal peak_bytes
        peak_bytes = max(peak_bytes, _resident(pid))

    started_at = time.monotonic()
    code = run_child("mergekit.scripts.run_yaml", arguments, log, cancel, watch)
    seconds = time.monotonic() - started_at
    if code:
        raise _failure(code, log)
    return Cost(seconds, peak_bytes or None)


def _resident(pid: int) -> int:
    """Bytes that a process and its own children hold."""
    import psutil

    total = 0
    try:
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        pass  # it has just ended
    return total


def _failure(code: int, log: Path) -> BaselineError:
    """What the child said last; the last line of a traceback says what went wrong."""
    said, detail = last_words(log)
    return BaselineError(
        f"mergekit stopped: {said or f'it ended with code {code} and said nothing'}",
        remedy="Leave this baseline out, or change its parameters; the lines below are mergekit's.",
        detail=detail,
    )

"""Other programs as child processes: off the network, and ended with all that they started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError, output_error

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
_POLL_S = 0.05
_LAST_LINES = 20


def run_child(
    module: str,
    arguments: Sequence[str],
    log: Path,
    cancel: CancelToken,
    each: Callable[[int], None],
) -> int:
    """Run a Python module in a child of its own, and wait for it.

    Args:
        module: Name of the module.
        arguments: Its command line.
        log: Gets what it writes on both streams.
        cancel: Polled many times a second; the child is killed.
        each: Called as often, with the child's process number.

    Returns:
        The exit code.

    Raises:
        OutputError: The log cannot be written, or the child not be started.
        CancelledByPersonError: After a cancel.
    """
    environment = {**os.environ, **dict.fromkeys(_OFFLINE, "1"), "TOKENIZERS_PARALLELISM": "false"}
    try:
        with log.open("wb") as stream:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=environment,
            )
    except OSError as error:
        raise output_error(error, log) from error
    try:
        while child.poll() is None:
            if cancel.cancelled:
                raise CancelledByPersonError
            each(child.pid)
            time.sleep(_POLL_S)
    finally:
        if child.poll() is None:
            _kill(child)
    return child.returncode


def last_words(log: Path) -> tuple[str, str]:
    """The last line of a log, empty where there is none, and the last few."""
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    return (lines[-1].strip() if lines else "", "\n".join(lines[-_LAST_LINES:]))


def _kill(child: subprocess.Popen[bytes]) -> None:
    """The child and all that it started."""
    import psutil

    try:
        started = psutil.Process(child.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        started = []
    for process in started:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    child.kill()
    child.wait()

"""mergekit's own command line as a child process: timed, its memory watched, ended on a cancel.

mergekit is under the LGPL, so it is never part of this program; it is asked for by its command
line alone. The child is told to stay off the network.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from act_core.errors import BaselineError, CancelledByPersonError, output_error
from act_core.events import CancelToken
from act_core.files import write_whole

INSTALL = 'pip install "act-studio[baselines]"'
HOW_TO_INSTALL = (
    f"Install it into the environment that runs ACT Studio: {INSTALL}, or in a checkout: "
    'pip install -e ".[baselines]".'
)
_POLL_S = 0.05
_LAST_LINES = 20
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
    command = [sys.executable, "-P", "-m", "mergekit.scripts.run_yaml", str(path), str(out)]
    command += [*_QUIET, "--random-seed", str(seed)]
    started_at = time.monotonic()
    try:
        with log.open("wb") as stream:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=_environment(),
            )
    except OSError as error:
        raise output_error(error, log) from error
    peak_bytes = _watch(child, cancel)
    seconds = time.monotonic() - started_at
    if child.returncode:
        raise _failure(child.returncode, log)
    return Cost(seconds, peak_bytes)


def _environment() -> dict[str, str]:
    """Ours, without a network."""
    offline = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
    return {**os.environ, **dict.fromkeys(offline, "1"), "TOKENIZERS_PARALLELISM": "false"}


def _watch(child: subprocess.Popen[bytes], cancel: CancelToken) -> int | None:
    """Wait for the child; the most memory that it and its own children held."""
    import psutil

    peak_bytes = 0
    try:
        process = psutil.Process(child.pid)
        while child.poll() is None:
            if cancel.cancelled:
                raise CancelledByPersonError
            peak_bytes = max(peak_bytes, _resident(process))
            time.sleep(_POLL_S)
    except psutil.NoSuchProcess:
        child.wait()
    finally:
        if child.poll() is None:
            _kill(child)
    return peak_bytes or None


def _resident(process: object) -> int:
    import psutil

    assert isinstance(process, psutil.Process)
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        pass  # it has just ended
    return total


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


def _failure(code: int, log: Path) -> BaselineError:
    """What the child said last; the last line of a traceback says what went wrong."""
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    said = lines[-1].strip() if lines else f"it ended with code {code} and said nothing"
    return BaselineError(
        f"mergekit stopped: {said}",
        remedy="Leave this baseline out, or change its parameters; the lines below are mergekit's.",
        detail="\n".join(lines[-_LAST_LINES:]),
    )

"""Child processes: what they write and are told, and that a cancel ends all that they started."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from act_core.cancel import CancelToken
from act_core.children import last_words, run_child
from act_core.errors import CancelledByPersonError, OutputError


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that a child finds: tells whether it is off the network, then does as told."""
    (tmp_path / "told.py").write_text(
        "import os, subprocess, sys, time\n"
        "print('offline', os.environ['HF_HUB_OFFLINE'], flush=True)\n"
        "if sys.argv[1] == 'wait':\n"
        "    other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "    print(other.pid, flush=True)\n"
        "    time.sleep(60)\n"
        "print('last', file=sys.stderr)\n"
        "sys.exit(int(sys.argv[1]))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "told"


def test_exit_code_and_words(tmp_path: Path, module: str) -> None:
    log = tmp_path / "log.txt"
    seen = set()

    code = run_child(module, ["3"], log, CancelToken(), seen.add)

    assert code == 3
    assert last_words(log) == ("last", "offline 1\nlast")
    assert len(seen) == 1


def test_a_cancel_ends_the_child_and_what_it_started(tmp_path: Path, module: str) -> None:
    log, cancel = tmp_path / "log.txt", CancelToken()
    pids = set()

    def cancel_when_both_run(pid: int) -> None:
        words = last_words(log)[0]
        if words.isdigit():
            pids.update((pid, int(words)))
            cancel.cancel()

    with pytest.raises(CancelledByPersonError):
        run_child(module, ["wait"], log, cancel, cancel_when_both_run)

    deadline = time.monotonic() + 5  # whoever inherits the second one has to collect it
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(pids) == 2
    assert not any(_runs(pid) for pid in pids)


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        run_child("told", ["0"], tmp_path / "absent" / "log.txt", CancelToken(), lambda _pid: None)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

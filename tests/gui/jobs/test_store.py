"""Jobs on disk: after a crash they come back paused; a damaged file harms nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from act_core.cancel import CancelToken
from act_core.events import EventSink, Note
from act_core.recipe import Recipe
from act_gui.jobs.manager import JobManager
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.state import Job
from act_gui.jobs.store import load_jobs, save_jobs
from tests.gui.jobs.test_manager import assert_equal_profiles

_ROOT = Path(__file__).parents[3]
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(_ROOT)}
Make = Callable[..., JobManager]


def spec(title: str = "Verify") -> JobSpec:
    return JobSpec("verify", title, "files", arguments={"folder": "x"})


def test_a_killed_profile_comes_back_paused_and_reuses_its_layers(
    qtbot: QtBot, make_manager: Make, demo: Recipe, uninterrupted: Path, tmp_path: Path
) -> None:
    store = tmp_path / "jobs.json"
    save_jobs(store, [Job(7, JobSpec("profile", "Profile", "cpu", demo), "paused")])
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), str(store)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_ROOT, env=_ENVIRONMENT)
    assert child.stdout is not None
    assert child.stdout.readline() == b"now\n"
    child.kill()
    child.wait()
    child.stdout.close()
    finished = len(list((demo.run / "profiles").glob("*.partial/*.sums")))
    assert 4 <= finished < 12

    manager = make_manager(store)
    view = manager.view(7)
    assert view.state == "paused"
    assert view.spec.recipe == demo
    assert view.total == 12
    with qtbot.waitSignal(manager.finished, timeout=60_000):
        manager.resume(7)

    lines = (demo.run / "events.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    resumed = max(i for i, event in enumerate(events) if event["event"] == "Started")
    assert events[resumed + 1]["done"] == finished + 1
    assert_equal_profiles(uninterrupted, demo.run)


def test_every_state_comes_back_as_it_may(make_manager: Make, tmp_path: Path) -> None:
    store = tmp_path / "jobs.json"
    states = (
        "queued", "running", "pausing", "paused", "cancelling", "done", "failed", "cancelled",
    )  # fmt: skip
    save_jobs(store, [Job(number, spec(), state) for number, state in enumerate(states, 1)])

    manager = make_manager(store)

    assert [view.state for view in manager.jobs()] == [
        "paused", "paused", "paused", "paused", "cancelled", "done", "failed", "cancelled",
    ]  # fmt: skip
    assert manager.submit(spec("New")) == 9


def test_what_was_said_of_a_job_comes_back(
    qtbot: QtBot, make_manager: Make, tmp_path: Path
) -> None:
    def broken(_spec: JobSpec, emit: EventSink, _token: CancelToken) -> None:
        emit(Note("Careful", "warning"))
        raise RuntimeError("broken")

    store = tmp_path / "jobs.json"
    first = make_manager(store, works={"verify": broken})
    with qtbot.waitSignal(first.failed):
        job = first.submit(spec())

    again = make_manager(store).view(job)

    assert again.error == first.view(job).error
    assert again.notes == (Note("Careful", "warning"),)
    assert again.seconds == pytest.approx(first.view(job).seconds, abs=0.001)


def test_only_the_last_fifty_ended_jobs_are_kept(
    qtbot: QtBot, make_manager: Make, tmp_path: Path
) -> None:
    manager = make_manager(tmp_path / "jobs.json", works={"verify": lambda *_: None})

    for number in range(55):
        manager.submit(spec(str(number)))
    qtbot.waitUntil(lambda: manager.view(55).state == "done", timeout=20_000)

    assert [view.spec.title for view in manager.jobs()] == [str(n) for n in range(5, 55)]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"act_jobs": 99, "jobs": []}',
        '{"act_jobs": 1}',
        '{"act_jobs": 1, "jobs": [{"id": 1}]}',
        "\x00\x01",
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_set_aside(
    qtbot: QtBot, make_manager: Make, tmp_path: Path, text: str
) -> None:
    store = tmp_path / "jobs.json"
    store.write_text(text, "utf-8")

    manager = make_manager(store, works={"verify": lambda *_: None})
    with qtbot.waitSignal(manager.store_failed) as failed:
        pass

    assert "set aside" in failed.args[0].reason
    assert manager.jobs() == ()
    assert (tmp_path / "jobs.json.damaged").read_text("utf-8") == text
    with qtbot.waitSignal(manager.finished):
        manager.submit(spec())
    assert len(load_jobs(store)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"id": "1"},
        {"id": True},
        {"state": "flying"},
        {"error": {"title": 3}},
        {"notes": [{"text": None, "level": "info"}]},
        {"spec": {"kind": "verify"}},
        {"seconds": "long"},
    ],
)
def test_a_malformed_job_is_noticed(tmp_path: Path, change: dict[str, Any]) -> None:
    store = tmp_path / "jobs.json"
    save_jobs(store, [Job(1, spec())])
    data = json.loads(store.read_text("utf-8"))
    data["jobs"][0] |= change
    store.write_text(json.dumps(data), "utf-8")

    with pytest.raises(Exception, match="set aside"):
        load_jobs(store)


def test_a_disk_that_cannot_be_written_stops_no_job(
    qtbot: QtBot, make_manager: Make, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    manager = make_manager(tmp_path / "file" / "jobs.json", works={"verify": lambda *_: 5})
    errors: list[object] = []
    manager.store_failed.connect(errors.append)

    with qtbot.waitSignal(manager.finished):
        manager.submit(spec())

    assert errors


def test_a_folder_that_is_gone_is_told_once_and_not_made_again(
    qtbot: QtBot, make_manager: Make, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    manager = make_manager(folder / "jobs.json", works={"verify": lambda *_: 5})
    errors: list[Any] = []
    manager.store_failed.connect(errors.append)
    with qtbot.waitSignal(manager.idled):
        manager.submit(spec())
    shutil.rmtree(folder)

    with qtbot.waitSignal(manager.idled):
        manager.submit(spec())

    assert [error.reason.startswith(f"The folder {folder} is gone") for error in errors] == [True]
    assert not folder.exists()

    folder.mkdir()
    with qtbot.waitSignal(manager.idled):
        manager.submit(spec())
    assert len(load_jobs(folder / "jobs.json")) == 3
    shutil.rmtree(folder)
    manager.submit(spec())
    assert len(errors) == 2
    qtbot.waitUntil(lambda: not manager.busy())

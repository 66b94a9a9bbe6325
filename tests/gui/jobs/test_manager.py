"""Jobs in lanes: real profiles of the demo, and small works where only the order matters."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from safetensors.numpy import load_file

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord
from act_core.events import EventSink, MapRow, MapRows, Note, Progress, Started
from act_core.pipeline.run import Outcome
from act_core.recipe import Recipe, load_recipe
from act_gui.jobs.manager import JobManager
from act_gui.jobs.spec import JobSpec
from tests.core.project import write_project

Make = Callable[..., JobManager]


class Gate:
    """Works that run until they are let go, and remember when they ran."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.running: list[str] = []
        self.log: list[tuple[str, str]] = []

    def work(self, spec: JobSpec, _emit: EventSink, token: CancelToken) -> str:
        self.running.append(spec.title)
        self.log.append((spec.lane, f"+{spec.title}"))
        while not self.open.wait(0.005):
            token.raise_if_cancelled()
        self.running.remove(spec.title)
        self.log.append((spec.lane, f"-{spec.title}"))
        return spec.title

    @property
    def works(self) -> Mapping[str, Any]:
        return {"wait": self.work}


def waiting(title: str, lane: str = "cpu") -> JobSpec:
    return JobSpec("wait", title, lane)


def states(manager: JobManager) -> dict[str, str]:
    return {view.spec.title: view.state for view in manager.jobs()}


def profiled(manager: JobManager, recipe: Recipe) -> int:
    return manager.submit(JobSpec("profile", "Profile", "cpu", recipe))


def profiles_of(run: Path) -> dict[str, Any]:
    files = sorted((run / "profiles").glob("*.safetensors"))
    return {path.name: load_file(path) for path in files}


def assert_equal_profiles(one: Path, other: Path) -> None:
    first, second = profiles_of(one), profiles_of(other)
    assert first
    assert first.keys() == second.keys()
    for name, tensors in first.items():
        assert tensors.keys() == second[name].keys()
        for key, values in tensors.items():
            assert values.tobytes() == second[name][key].tobytes(), (name, key)


def test_a_real_profile_runs_to_its_end(qtbot: QtBot, manager: JobManager, demo: Recipe) -> None:
    rows: list[MapRow] = []
    events: list[object] = []
    manager.map_rows.connect(lambda _job, some: rows.extend(some))
    manager.event.connect(lambda _job, event: events.append(event))

    with qtbot.waitSignal(manager.finished, timeout=60_000) as ended:
        job = profiled(manager, demo)
        assert manager.view(job).state == "running"
        assert manager.busy()

    number, result = ended.args
    view = manager.view(number)
    assert number == job
    assert isinstance(result, Outcome)
    assert view.state == "done"
    assert view.spec.recipe == demo
    assert (view.done, view.total, view.unit) == (12, 12, "layers")
    assert view.seconds > 0
    assert {row.statistic for row in rows} >= {"attributed", "weight"}
    assert any(isinstance(event, Started) for event in events)
    assert not any(isinstance(event, Progress | MapRows) for event in events)
    assert not manager.busy()


def test_cancel_takes_less_than_two_seconds(
    qtbot: QtBot, manager: JobManager, demo: Recipe
) -> None:
    with qtbot.waitSignal(manager.map_rows, timeout=60_000):
        job = profiled(manager, demo)
    asked_at = time.monotonic()

    manager.cancel(job)
    assert manager.view(job).state == "cancelling"
    qtbot.waitUntil(lambda: manager.view(job).state == "cancelled", timeout=10_000)

    assert time.monotonic() - asked_at < 2.0
    assert manager.view(job).error is None


def test_a_paused_profile_goes_on_to_the_same_result(
    qtbot: QtBot, manager: JobManager, demo: Recipe, uninterrupted: Path
) -> None:
    with qtbot.waitSignal(manager.map_rows, timeout=60_000):
        job = profiled(manager, demo)
    manager.pause(job)
    assert manager.view(job).state == "pausing"
    qtbot.waitUntil(lambda: manager.view(job).state == "paused", timeout=10_000)
    assert 0 < manager.view(job).done < 12
    with qtbot.waitSignal(manager.finished, timeout=60_000):
        manager.resume(job)

    assert_equal_profiles(uninterrupted, demo.run)


def test_a_lane_is_serial_and_files_run_beside_it(qtbot: QtBot, make_manager: Make) -> None:
    gate = Gate()
    manager = make_manager(works=gate.works)

    for spec in (waiting("a"), waiting("b"), waiting("copy", "files"), waiting("c", "cuda:0")):
        manager.submit(spec)
    qtbot.waitUntil(lambda: len(gate.running) == 3)
    assert sorted(gate.running) == ["a", "c", "copy"]
    assert states(manager)["b"] == "queued"
    gate.open.set()
    qtbot.waitUntil(lambda: set(states(manager).values()) == {"done"})

    assert [what for lane, what in gate.log if lane == "cpu"] == ["+a", "-a", "+b", "-b"]


def test_results_say_from_which_parameters_they_come(qtbot: QtBot, make_manager: Make) -> None:
    gate = Gate()
    gate.open.set()
    manager = make_manager(works=gate.works)
    told: dict[str, object] = {}
    manager.finished.connect(lambda job, got: told.update({manager.view(job).spec.title: got}))

    manager.submit(waiting("a"))
    manager.submit(waiting("b"))
    qtbot.waitUntil(lambda: len(told) == 2)

    assert told == {"a": "a", "b": "b"}


def test_waiting_jobs_change_places(qtbot: QtBot, make_manager: Make) -> None:
    gate = Gate()
    manager = make_manager(works=gate.works)
    first, _, third, fourth = (manager.submit(waiting(title)) for title in "abcd")
    copy = manager.submit(waiting("copy", "files"))

    with qtbot.waitSignal(manager.reordered):
        manager.move(fourth, -9)
    manager.move(third, -1)
    manager.move(first, 1)  # runs: it stays
    manager.move(copy, 1)
    gate.open.set()
    qtbot.waitUntil(lambda: not manager.busy())

    assert [what for lane, what in gate.log if lane == "cpu" and what[0] == "+"] == [
        "+a",
        "+d",
        "+c",
        "+b",
    ]


def test_a_held_job_lets_others_pass(qtbot: QtBot, make_manager: Make) -> None:
    gate = Gate()
    manager = make_manager(works=gate.works)
    manager.submit(waiting("a"))
    held = manager.submit(waiting("b"))
    manager.submit(waiting("c"))

    manager.pause(held)
    gate.open.set()
    qtbot.waitUntil(lambda: states(manager) == {"a": "done", "b": "paused", "c": "done"})
    manager.resume(held)

    qtbot.waitUntil(lambda: states(manager)["b"] == "done")


def test_waiting_and_ended_jobs_can_be_taken_away(qtbot: QtBot, make_manager: Make) -> None:
    gate = Gate()
    manager = make_manager(works=gate.works)
    running, queued = manager.submit(waiting("a")), manager.submit(waiting("b"))

    manager.cancel(queued)
    assert states(manager)["b"] == "cancelled"
    with qtbot.waitSignal(manager.removed):
        manager.remove(queued)
    manager.remove(running)

    assert states(manager) == {"a": "running"}


def test_a_failed_job_can_be_done_again(qtbot: QtBot, manager: JobManager, tmp_path: Path) -> None:
    recipe = load_recipe(write_project(tmp_path / "tiny"))
    hidden = (tmp_path / "tiny" / "specialist").rename(tmp_path / "elsewhere")

    with qtbot.waitSignal(manager.failed, timeout=30_000) as failed:
        job = manager.submit(JobSpec("localize", "Localize", "cpu", recipe))
    record = failed.args[1]
    assert isinstance(record, ErrorRecord)
    assert record == manager.view(job).error
    assert record.kind == "ReferenceNotFoundError"
    hidden.rename(tmp_path / "tiny" / "specialist")
    with qtbot.waitSignal(manager.finished, timeout=60_000):
        manager.retry(job)

    assert manager.view(job).state == "done"
    assert manager.view(job).error is None


def test_out_of_memory_ends_only_the_job_and_frees_its_memory(
    qtbot: QtBot, make_manager: Make
) -> None:
    import torch

    gate = Gate()
    tensors = []

    def greedy(_spec: JobSpec, _emit: EventSink, _token: CancelToken) -> None:
        tensor = torch.ones(1000)
        tensors.append(weakref.ref(tensor))
        loop: list[Any] = [tensor]
        loop.append(loop)
        raise torch.OutOfMemoryError("tried to allocate 90 GiB")

    def hungry(_spec: JobSpec, _emit: EventSink, _token: CancelToken) -> None:
        np.empty(2**60, np.uint8)

    manager = make_manager(works={**gate.works, "greedy": greedy, "hungry": hungry})
    manager.submit(waiting("copy", "files"))
    errors: list[ErrorRecord] = []
    manager.failed.connect(lambda _job, error: errors.append(error))

    manager.submit(JobSpec("greedy", "Greedy", "cpu"))
    manager.submit(JobSpec("hungry", "Hungry", "cpu"))
    qtbot.waitUntil(lambda: len(errors) == 2)

    assert [error.kind for error in errors] == ["OutOfMemoryError", "OutOfMemoryError"]
    assert all("batch" in error.remedy for error in errors)
    assert tensors[0]() is None
    assert states(manager)["copy"] == "running"
    gate.open.set()
    qtbot.waitUntil(lambda: states(manager)["copy"] == "done")


def test_a_fault_of_the_program_is_told_with_its_traceback(
    qtbot: QtBot, make_manager: Make
) -> None:
    def broken(_spec: JobSpec, _emit: EventSink, _token: CancelToken) -> float:
        return 1 / 0

    manager = make_manager(works={"broken": broken})
    with qtbot.waitSignal(manager.failed) as failed:
        manager.submit(JobSpec("broken", "Broken", "cpu"))

    assert "ZeroDivisionError" in failed.args[1].detail


def test_an_unknown_kind_fails_in_plain_words(qtbot: QtBot, manager: JobManager) -> None:
    with qtbot.waitSignal(manager.failed) as failed:
        manager.submit(JobSpec("levitate", "Levitate", "files"))

    assert "levitate" in failed.args[1].reason


def test_a_burst_costs_few_signals_and_the_last_word_arrives(
    qtbot: QtBot, make_manager: Make
) -> None:
    def loud(_spec: JobSpec, emit: EventSink, _token: CancelToken) -> None:
        emit(Started("profile", 10_000, "layers"))
        for number in range(10_001):
            values = np.full(4, number, np.float32)
            emit(MapRows((MapRow("s", "a", "matched", number % 5, "ffn_in", values),)))
            emit(Progress("profile", number, 10_000, "layers"))
        emit(Note("last"))

    manager = make_manager(works={"loud": loud})
    changes, rows = [], []
    manager.changed.connect(changes.append)
    manager.map_rows.connect(lambda _job, some: rows.append(some))
    with qtbot.waitSignal(manager.finished, timeout=20_000):
        job = manager.submit(JobSpec("loud", "Loud", "files"))

    assert len(changes) + len(rows) < 200
    assert max(float(row.values[0]) for row in rows[-1]) == 10_000
    assert manager.view(job).done == 10_000
    assert manager.view(job).notes == (Note("last"),)


def test_stopping_that_takes_long_says_what_it_waits_for(
    qtbot: QtBot, make_manager: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("act_gui.jobs.state.PATIENCE_S", 0.2)
    go_on = threading.Event()

    def deaf(_spec: JobSpec, emit: EventSink, token: CancelToken) -> None:
        emit(Started("profile", 3, "layers"))
        go_on.wait()
        token.raise_if_cancelled()

    manager = make_manager(works={"deaf": deaf})
    job = manager.submit(JobSpec("deaf", "Deaf", "cpu"))
    qtbot.waitUntil(lambda: manager.view(job).total == 3)

    manager.cancel(job)
    assert manager.view(job).hint == ""
    qtbot.waitSignal(manager.changed).wait()

    assert "Profiling" in manager.view(job).hint
    go_on.set()
    qtbot.waitUntil(lambda: manager.view(job).state == "cancelled")


def test_everything_can_be_paused_at_once(qtbot: QtBot, make_manager: Make) -> None:
    gate = Gate()
    manager = make_manager(works=gate.works)
    for title in ("a", "b"):
        manager.submit(waiting(title))

    with qtbot.waitSignal(manager.idled):
        manager.pause_all()
    assert states(manager) == {"a": "paused", "b": "paused"}
    gate.open.set()
    manager.resume_all()

    qtbot.waitUntil(lambda: states(manager) == {"a": "done", "b": "done"})


def test_shutdown_leaves_no_thread(qtbot: QtBot, make_manager: Make) -> None:
    before = set(threading.enumerate())
    gate = Gate()
    manager = make_manager(works=gate.works)
    for lane in ("cpu", "files", "cuda:0"):
        manager.submit(waiting(lane, lane))
    manager.submit(waiting("later"))
    qtbot.waitUntil(lambda: len(gate.running) == 3)

    assert manager.shutdown()

    assert set(threading.enumerate()) <= before
    assert states(manager) == {
        "cpu": "paused", "files": "paused", "cuda:0": "paused", "later": "queued",
    }  # fmt: skip
    manager.submit(waiting("too late"))
    assert states(manager)["too late"] == "queued"

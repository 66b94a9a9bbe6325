"""Whatever happens, the output is absent or whole, and what was there before is safe."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError, OutputError, VerificationError
from act_core.events import Event, Finished, Progress, Started
from act_core.models.reference import resolve
from act_core.transfer.export import transfer
from act_core.transfer.place import claimed
from act_core.transfer.verify import VerificationReport
from tests.core.transfer.setting import carry_out, contents, planned, two_models

ROOT = Path(__file__).resolve().parents[3]


def run_python(*arguments: str | Path, prefix: tuple[str, ...] = ()) -> str:
    """Standard output of a Python process that sees this checkout."""
    done = subprocess.run(
        [*prefix, sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in its own image")
def test_killed_before_any_change_to_the_disk_the_goal_is_absent_or_whole(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    program = Path(__file__).with_name("crash.py")

    found = json.loads(run_python(program, target.folder, specialist.folder, tmp_path))

    assert len(found["new"]) > 10
    assert {state[0] for state in found["new"]} == {"absent", "new"}
    assert len(found["overwritten"]) > 10
    assert {state[0] for state in found["overwritten"]} == {"absent", "old", "new"}
    for state in (*found["new"], *found["overwritten"]):
        assert state[1:] == ["new", ["out"]]


@pytest.mark.skipif(sys.platform != "linux", reason="a small file system of its own")
def test_a_disk_that_runs_full_leaves_nothing_behind(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, shards=2)
    disk = tmp_path / "disk"
    disk.mkdir()
    prefix = ("unshare", "--map-root-user", "--mount")
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    if shutil.which("unshare") is None or subprocess.run([*prefix, *mount], check=False).returncode:
        pytest.skip("no right to mount a small file system")
    code = (
        "import os, sys, subprocess\n"
        "from pathlib import Path\n"
        f"subprocess.run({mount!r}, check=True)\n"
        "from act_core.errors import DiskFullError\n"
        "from act_core.models.reference import resolve\n"
        "from tests.core.transfer.setting import carry_out, planned\n"
        "target, specialist, disk = map(Path, sys.argv[1:])\n"
        "plan = planned(resolve(target), resolve(specialist), disk / 'out')\n"
        "free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize\n"
        "(disk / 'filler').write_bytes(bytes(free - 60_000))\n"
        "for make in (carry_out, lambda _: planned(resolve(target), resolve(specialist),\n"
        "                                          disk / 'out')):\n"
        "    try:\n"
        "        make(plan)\n"
        "    except DiskFullError as error:\n"
        "        print(error.remedy)\n"
        "    print(sorted(path.name for path in disk.iterdir()))\n"
        "(disk / 'filler').unlink()\n"
        "print(carry_out(plan).name)\n"
    )

    lines = run_python(
        "-c", code, target.folder, specialist.folder, disk, prefix=prefix
    ).splitlines()

    assert len(lines) == 5
    assert "Free some space" in lines[0]
    assert "Free some space" in lines[2]
    assert lines[1] == lines[3] == "['filler']"
    assert lines[4] == "out"


def test_a_file_that_may_not_grow_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    target, specialist = two_models(tmp_path)
    plan = planned(target, specialist, tmp_path / "out")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(OutputError, match="File too large"):
            carry_out(plan)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["specialist", "target"]
    assert carry_out(plan) == tmp_path / "out"


def test_cancelled_at_any_event_nothing_is_left_and_the_old_one_stays(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, shards=3)
    out = carry_out(planned(target, specialist, tmp_path / "out"), recipe=True)
    before = contents(out)
    plan = planned(target, specialist, out, overwrite=True)
    # How many events come depends on the clock, so on until one comes too late to stop the work.
    for number in itertools.count(1):
        token = CancelToken()
        events: list[Event] = []

        def cancel_at(
            event: Event,
            token: CancelToken = token,
            events: list[Event] = events,
            number: int = number,
        ) -> None:
            events.append(event)
            if len(events) == number:
                token.cancel()

        try:
            transfer(
                plan,
                lambda _: {"README.md": "other\n"},
                answer=False,
                emit=cancel_at,
                cancel=token,
            )
        except CancelledByPersonError:
            assert contents(out) == before
            assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "specialist", "target"]
        else:
            break
    # The last event is the end of the flush; from there on the work is as good as done.
    assert number >= len(events) > 5


def test_events_count_every_byte_and_name_both_stages(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, shards=3)
    plan = planned(target, specialist, tmp_path / "out")
    events: list[Event] = []

    transfer(plan, lambda _: {}, answer=False, emit=events.append)

    assert events[0] == Started("transfer", 2 * plan.copy_bytes, "bytes")
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert last.done == last.total == 2 * plan.copy_bytes
    assert [e.stage for e in events if isinstance(e, Finished)] == ["transfer", "flush"]


def test_an_existing_output_stays_untouched_without_overwrite(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    plan = planned(target, specialist, tmp_path / "out")
    carry_out(plan)
    before = contents(plan.out)

    with pytest.raises(OutputError, match="exists already"):
        planned(target, specialist, plan.out)
    with pytest.raises(OutputError, match="exists already"):
        carry_out(plan)  # taken since it was planned

    assert contents(plan.out) == before


def test_overwriting_replaces_the_whole_folder(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    out = carry_out(planned(target, specialist, tmp_path / "out"), recipe=True)
    (out / "stray.txt").write_text("from before")
    expected = contents(out)
    del expected["stray.txt"]

    carry_out(planned(target, specialist, out, overwrite=True), recipe=True)

    assert contents(out) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "specialist", "target"]


def test_a_failed_verification_keeps_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that returns other bytes than were written: the patch writes one row too few."""
    import act_core.transfer.patch as patch

    target, specialist = two_models(tmp_path)
    out = carry_out(planned(target, specialist, tmp_path / "out"), recipe=True)
    before = contents(out)
    whole = patch._rows_within
    monkeypatch.setattr(patch, "_rows_within", lambda *given: whole(*given)[:-1])

    with pytest.raises(VerificationError, match="rows inside the mask"):
        carry_out(planned(target, specialist, out, overwrite=True), recipe=True)

    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "specialist", "target"]


def test_a_folder_of_somebody_else_is_not_taken_for_the_rest_of_a_crash(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    theirs = tmp_path / "out.partial"
    theirs.mkdir()
    (theirs / "precious.txt").write_text("mine")
    plan = planned(target, specialist, tmp_path / "out")

    for _ in range(2):
        with pytest.raises(OutputError, match="not left by a transfer"):
            carry_out(plan)

    assert (theirs / "precious.txt").read_text() == "mine"
    assert not plan.out.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be removed there anyway")
def test_a_second_transfer_to_the_same_place_is_refused(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    plan = planned(target, specialist, tmp_path / "out")

    with claimed(plan.out) as partial:
        (partial / "file").write_text("first")
        with pytest.raises(OutputError, match="Another process"):
            carry_out(plan)
        assert (partial / "file").read_text() == "first"

    assert carry_out(plan).is_dir()


def test_extra_files_see_the_report_and_lie_beside_the_weights(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    stored = tmp_path / "mask.bin"
    stored.write_bytes(b"\x00\x01")
    plan = planned(target, specialist, tmp_path / "out")

    def extras(report: VerificationReport) -> dict[str, str | Path]:
        return {"README.md": f"{len(report.checks)} checks", "act_mask.safetensors": stored}

    report = transfer(plan, extras, answer=False)

    assert (plan.out / "README.md").read_text() == f"{len(report.checks)} checks"
    assert (plan.out / "act_mask.safetensors").read_bytes() == b"\x00\x01"


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_a_model_may_lie_beside_the_output(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """An empty folder is as good as none; a file in the way is not."""
    target, specialist = two_models(tmp_path)
    out = tmp_path / "target-with-german"
    make(out)
    if out.is_dir():
        assert resolve(carry_out(planned(target, specialist, out))).facts == target.facts
    else:
        with pytest.raises(OutputError, match="no folder"):
            planned(target, specialist, out, overwrite=True)

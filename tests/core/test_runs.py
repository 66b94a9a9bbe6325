"""The run folder: looking makes nothing, writing makes the place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from act_core.errors import OutputError
from act_core.events import Note, discard
from act_core.files import write_whole
from act_core.run_log import logged
from act_core.runs import RunFolder


def test_looking_at_a_run_makes_no_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "gone" / "run")

    assert folder.known_metrics("key") == {}
    assert not folder.profile_path("painter", "colours").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_log_makes_the_folder_of_its_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "new" / "run")

    with logged(folder, "run", discard) as log:
        log(Note("begun"))

    line = (folder.path / "events.jsonl").read_text("utf-8")
    assert json.loads(line)["text"] == "begun"


def test_figures_make_the_folder_of_their_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.write_json(folder.metrics, {"key": "one", "share": float("nan")})
    assert folder.known_metrics("one") == {"key": "one", "share": None}


def test_a_run_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(OutputError), logged(RunFolder(tmp_path / "file" / "run"), "run", discard):
        pass


def test_a_recipe_that_a_person_wrote_is_not_replaced(tmp_path: Path) -> None:
    own = tmp_path / "recipe.yaml"
    own.write_text("# my notes\nrun: .\n", "utf-8")

    with (
        pytest.raises(OutputError, match=r"no run has left.*another run folder"),
        logged(RunFolder(tmp_path), "run", discard),
    ):
        pass

    assert list(tmp_path.iterdir()) == [own]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_two_processes_do_not_write_one_run(tmp_path: Path) -> None:
    other = (
        "import sys\nfrom pathlib import Path\n"
        "from act_core.events import discard\nfrom act_core.run_log import logged\n"
        "from act_core.runs import RunFolder\n"
        "with logged(RunFolder(Path(sys.argv[1])), 'run', discard):\n"
        "    print('at work', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", other, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        with (
            pytest.raises(OutputError, match=r"Another process works in"),
            logged(RunFolder(tmp_path), "run", discard),
        ):
            pass
        process.kill()  # leaves no lock behind
    with logged(RunFolder(tmp_path), "run", discard), logged(RunFolder(tmp_path), "sweep", discard):
        pass  # jobs of one process share it


def test_a_log_takes_any_text(tmp_path: Path) -> None:
    with logged(RunFolder(tmp_path), "run", discard) as log:
        log(Note("half a character \ud800, and of a name that is no UTF-8 \udce4"))

    line = (tmp_path / "events.jsonl").read_text("utf-8")
    assert "\\ud800" in line
    assert "\udce4" in json.loads(line)["text"]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "goal").mkdir()

    with pytest.raises(OutputError):
        write_whole(tmp_path / "goal", "text")

    assert [path.name for path in tmp_path.iterdir()] == ["goal"]

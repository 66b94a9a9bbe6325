"""The run folder: looking makes nothing, writing makes the place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from act_core.errors import OutputError
from act_core.events import Note, discard
from act_core.runs import RunFolder, logged


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

"""A project on disk: saved as it changes, restored, locked, refused where it is no project."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pytestqt.qtbot import QtBot

from act_core.recipe import Draft, load_draft
from act_gui.project import MANIFEST_NAME, Project, ProjectError, recipe_name


@pytest.fixture
def project(qtbot: QtBot, tmp_path: Path) -> Any:
    made = Project.create(tmp_path / "project")
    yield made
    made.close()


def test_a_change_is_on_disk_soon(project: Project, qtbot: QtBot) -> None:
    with qtbot.waitSignal(project.draft_changed) as changed:
        project.edit(seed=5)

    before, now = changed.args
    assert (before.seed, now.seed) == (0, 5)
    path = project.folder / "recipe.yaml"
    qtbot.waitUntil(lambda: load_draft(path).seed == 5)


def test_a_change_to_the_same_says_nothing(project: Project, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(project.draft_changed):
        project.edit(seed=project.draft.seed)


def test_a_wrong_value_changes_nothing(project: Project) -> None:
    before = project.draft

    with pytest.raises(ValidationError):
        project.edit_section("transfer", strength=7.0)

    assert project.draft is before


def test_what_was_saved_is_opened_again(project: Project) -> None:
    project.edit(seed=9, target="/models/some")
    project.edit_section("localize", scorer="attributed")
    project.record("models", project.draft)
    project.keep_view("localize", "layout")
    draft, records = project.draft, dict(project.records)
    project.close()

    again = Project.open(project.folder)

    assert again.draft == draft
    assert again.records == records
    assert (again.manifest.page, again.manifest.window) == ("localize", "layout")
    again.close()


def test_a_moved_project_still_finds_what_lies_in_it(project: Project, tmp_path: Path) -> None:
    project.close()
    moved = project.folder.rename(tmp_path / "elsewhere")

    again = Project.open(moved)

    assert again.draft.run == moved / "runs" / "main"
    again.close()


def test_a_project_is_open_once(project: Project) -> None:
    with pytest.raises(ProjectError, match="another window"):
        Project.open(project.folder)


def test_a_newer_project_is_left_as_it_is(project: Project) -> None:
    project.close()
    path = project.folder / MANIFEST_NAME
    path.write_text(json.dumps({"act_project": 99}), "utf-8")

    with pytest.raises(ProjectError, match="newer version"):
        Project.open(project.folder)

    assert json.loads(path.read_text("utf-8")) == {"act_project": 99}


def test_a_folder_with_something_in_it_is_not_taken(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")

    with pytest.raises(ProjectError, match="not empty"):
        Project.create(tmp_path)

    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["thesis.txt"]


def test_a_save_that_fails_is_told_of(project: Project, qtbot: QtBot) -> None:
    path = project.folder / "recipe.yaml"
    path.unlink()
    path.mkdir()

    with qtbot.waitSignal(project.save_failed):
        project.edit(seed=1)

    path.rmdir()


def test_a_recipe_that_was_deleted_is_saved_again(project: Project) -> None:
    path = project.folder / "recipe.yaml"
    project.save()
    before = path.read_bytes()
    path.unlink()

    project.save()

    assert path.read_bytes() == before


def test_a_given_draft_gets_the_projects_run_folder(qtbot: QtBot, tmp_path: Path) -> None:
    draft = Draft(name="mine", run=tmp_path / "far")

    project = Project.create(tmp_path / "project", draft)

    assert project.draft.run == tmp_path / "project" / "runs" / "main"
    assert not (tmp_path / "far").exists()
    project.close()


@pytest.mark.parametrize(
    ("text", "name"),
    [("German into maths", "German-into-maths"), ("Ä", "project"), ("--x--", "x"), ("", "project")],
)
def test_recipe_names_are_made_from_what_people_write(text: str, name: str) -> None:
    assert recipe_name(text) == name


def test_looking_at_the_run_of_a_deleted_project_makes_nothing(
    qtbot: QtBot, tmp_path: Path
) -> None:
    project = Project.create(tmp_path / "project")
    shutil.rmtree(project.folder)

    assert project.run.known_metrics("") == {}
    with pytest.raises(ProjectError, match="is gone"):
        project.close()
    assert not project.folder.exists()

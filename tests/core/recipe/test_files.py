"""Recipes on disk: a folder that is moved keeps what lies in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from act_core.errors import RecipeError
from act_core.recipe import Draft, load_draft, load_recipe, save_recipe
from tests.core.project import write_project, write_recipe

_FILES = {"calibration": [{"file": "c.txt"}], "heldout": [{"file": "h.txt"}]}


def test_paths_below_the_recipe_are_written_relative_and_others_absolute(tmp_path: Path) -> None:
    home = tmp_path / "project"
    (home / "models" / "a+b").mkdir(parents=True)
    source = {"file": str(home / "data" / "c.jsonl")}
    outside = {"file": str(tmp_path / "h.jsonl")}
    draft = Draft.model_validate(
        {
            "name": "small",
            "target": str(home / "models" / "a+b"),
            "base": f"{home / 'base'}+{tmp_path / 'adapter'}",
            "specialists": {"painter": {"model": f"{home / 'base'}+{home / 'adapter'}"}},
            "abilities": {"colours": {"calibration": [source], "heldout": [outside]}},
            "run": str(home / "runs" / "main"),
            "export": str(tmp_path / "export"),
        }
    )
    save_recipe(draft, home / "recipe.yaml", relative=True)

    data = yaml.safe_load((home / "recipe.yaml").read_text("utf-8"))
    assert data["target"] == "models/a+b"
    assert data["base"] == f"base+{tmp_path / 'adapter'}"
    assert data["specialists"]["painter"]["model"] == "base+adapter"
    assert data["abilities"]["colours"]["calibration"] == [{"file": "data/c.jsonl", "where": {}}]
    assert data["abilities"]["colours"]["heldout"][0]["file"] == str(tmp_path / "h.jsonl")
    assert data["run"] == "runs/main"
    assert data["export"] == str(tmp_path / "export")
    assert load_draft(home / "recipe.yaml") == draft


def test_a_moved_folder_names_its_own_models(tmp_path: Path) -> None:
    path = write_project(tmp_path / "before")
    before = load_recipe(path)
    save_recipe(before, path, relative=True)
    assert load_recipe(path) == before

    (tmp_path / "before").rename(tmp_path / "after")

    after = load_recipe(tmp_path / "after" / "recipe.yaml")
    assert Path(after.target) == tmp_path / "after" / "target"
    assert after.run == tmp_path / "after" / "run"
    assert str(tmp_path / "before") not in after.model_dump_json()


def test_a_draft_without_target_stays_without(tmp_path: Path) -> None:
    draft = Draft(name="small", run=tmp_path / "run")
    save_recipe(draft, tmp_path / "recipe.yaml", relative=True)
    assert load_draft(tmp_path / "recipe.yaml") == draft
    assert load_draft(tmp_path / "recipe.yaml").target == ""


def test_relative_paths_are_those_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe(Path("recipe.yaml"))
    assert recipe.target == "target"
    (tmp_path / "elsewhere").mkdir()

    save_recipe(recipe, Path("elsewhere/recipe.yaml"), relative=True)

    again = load_recipe(Path("elsewhere/recipe.yaml"))
    assert Path(again.target).resolve() == tmp_path / "target"


def test_a_name_that_begins_with_a_tilde_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "~old").mkdir()
    path = write_recipe(
        tmp_path, {"name": "small", "target": str(tmp_path / "~old"), "run": str(tmp_path / "run")}
    )
    draft = load_draft(path)
    save_recipe(draft, path, relative=True)
    assert load_draft(path) == draft


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"localize": {"price": float("inf")}}, "price"),
        ({"gates": {"l1": float("inf")}}, "l1"),
        ({"gates": {"bounds": [float("nan"), 1.0]}}, "bounds"),
        ({"evaluate": {"baselines": {"ties": {"density": [float("nan")]}}}}, "density"),
        ({"evaluate": {"resamples": 10**12}}, "resamples"),
        ({"abilities": {"a": {**_FILES, "measures": []}}}, "measures"),
        ({"abilities": {"a": {**_FILES, "shots": {"file": "s", "rows": [0, 2**70]}}}}, "rows"),
    ],
)
def test_numbers_that_no_run_can_use_are_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    path = write_recipe(tmp_path, {"name": "small", "run": "run", **changes})
    with pytest.raises(RecipeError, match=told):
        load_draft(path)


def test_a_second_specialist_of_one_name_is_not_taken_in_place_of_the_first(
    tmp_path: Path,
) -> None:
    path = tmp_path / "recipe.yaml"
    twice = "specialists:\n  painter: {model: a}\n  painter: {model: b}\n"
    path.write_text(f"name: small\nrun: run\n{twice}", "utf-8")
    with pytest.raises(RecipeError) as caught:
        load_draft(path)
    assert "painter stands there twice" in caught.value.detail
    assert "line 5" in caught.value.detail


def test_a_file_of_another_kind_is_refused_without_reading_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with path.open("wb") as stream:
        stream.truncate(1 << 40)  # a terabyte without blocks
    with pytest.raises(RecipeError, match="too large to be a recipe"):
        load_recipe(path)

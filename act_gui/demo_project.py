"""The demo door: a project whose recipe is the shipped demo's."""

from __future__ import annotations

from pathlib import Path

from act_core.recipe import Draft, load_recipe
from act_core.resources import resource_path
from act_gui.project import Project


def create_demo_project(folder: Path) -> Project:
    """Make the demo project in a folder that is new or empty.

    Raises:
        ActError: A shipped file is missing, or as `Project.create`.
    """
    recipe = load_recipe(resource_path("demo", "recipe.yaml"))
    # In rounds, so that a newcomer sees the measurement settle.
    profile = recipe.profile.model_copy(update={"rounds": 3})
    draft = Draft.model_validate({**dict(recipe), "profile": profile})
    return Project.create(folder, draft, demo=True)


def free_folder(parent: Path, name: str) -> Path:
    """A folder below `parent` that does not exist yet: `name`, `name 2`, `name 3` and so on."""
    number, folder = 1, parent / name
    while folder.exists():
        number += 1
        folder = parent / f"{name} {number}"
    return folder

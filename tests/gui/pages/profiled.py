"""A project of tiny models, profiled or not yet, made once for many tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.pipeline.run import Stage, run_recipe
from act_core.recipe import Draft, ProfileSettings, load_recipe
from act_gui.project import Project
from act_gui.stages import StageName
from tests.core.project import write_project

ALL = ("difference", "matched", "attributed")


def tiny_draft(folder: Path, *, layers: int = 2, statistics: Any = ALL, **changes: Any) -> Draft:
    """A complete draft over models and data that are written to `folder`."""
    recipe = load_recipe(write_project(folder, layers=layers))
    profile = ProfileSettings(device="cpu", statistics=statistics)
    return Draft.model_validate({**dict(recipe), "profile": profile, **changes})


def profiled_project(folder: Path, draft: Draft) -> None:
    """Make a project, profile it and close it."""
    carried_out_project(folder, draft, "profile", ("models", "abilities", "profile"))


def carried_out_project(
    folder: Path, draft: Draft, until: Stage, recorded: Sequence[StageName]
) -> None:
    """Make a project, carry it out up to a stage, record what is done then, and close it."""
    project = Project.create(folder, draft)
    recipe = project.draft.complete()
    run_recipe(recipe, until=until, command="act", emit=discard, token=CancelToken())
    for stage in recorded:
        project.record(stage, recipe)
    project.close()
    project.deleteLater()

"""Models of a checkpoint that are gone: told, fetched again or shown, and found from then on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from act_core.cli.main import run
from act_core.errors import RecipeError, ReferenceNotFoundError, VerificationError
from act_core.hub.clearing import delete_repo
from act_core.hub.models import fetch_model
from act_core.settings import HubSettings
from act_core.transfer.absent import Absent, absent_models, show_model
from act_core.transfer.verify import verify_folder
from tests.core.project import changed, write_project
from tests.hub.loopback import Hub


@pytest.fixture
def made(hub: Hub, own_settings: HubSettings, tmp_path: Path) -> Path:
    """A checkpoint of a target from the Hub and a specialist in a folder."""
    recipe = write_project(tmp_path / "project")
    hub.add("lab/base", recipe.parent / "target")
    changed(recipe, target=fetch_model(own_settings, "lab/base"))
    assert run(["transfer", str(recipe)]) == 0
    return recipe.parent / "run" / "model"


def test_what_is_gone_is_fetched_again_or_shown(
    hub: Hub, own_settings: HubSettings, made: Path, tmp_path: Path
) -> None:
    assert absent_models(made) == ()
    project, pinned = (
        tmp_path / "project",
        f"lab/base@{hub.repos['model', 'lab/base'].refs['main']}",
    )
    delete_repo("lab/base")
    moved = Path(shutil.move(project / "specialist", tmp_path / "moved"))

    gone = absent_models(made)
    assert gone == (Absent("target", pinned, pinned), Absent("painter", "specialist", ""))
    fetch_model(own_settings, gone[0].fetch)
    assert absent_models(made) == gone[1:]
    with pytest.raises(VerificationError, match="not the same"):
        show_model(made, "painter", str(project / "target"))
    with pytest.raises(ReferenceNotFoundError):
        show_model(made, "painter", str(tmp_path / "nothing"))
    with pytest.raises(RecipeError, match="target, painter"):
        show_model(made, "other", str(moved))
    assert absent_models(made) == gone[1:]
    show_model(made, "painter", str(moved))
    assert absent_models(made) == ()

    delete_repo("lab/base")  # shown too, though it has a name on the Hub
    assert run(["verify", str(made), "--model", f"target={project / 'target'}"]) == 0
    assert absent_models(made) == ()
    assert verify_folder(made, answer=False).passed

"""Job managers over real work on the embedded demo and on tiny models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.pipeline.run import run_recipe
from act_core.recipe import Recipe, load_recipe
from act_core.resources import resource_path
from act_core.warmup import import_heavy
from act_gui.jobs.manager import JobManager


@pytest.fixture(autouse=True, scope="session")
def heavy_imports() -> None:
    """Off the path, as in the program."""
    import_heavy()


@pytest.fixture
def demo(tmp_path: Path) -> Recipe:
    """The demo's recipe with few tokens: seconds for a profile, in a run folder of its own."""
    return _demo(tmp_path / "run")


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of that recipe, profiled in one go and without a job."""
    recipe = _demo(tmp_path_factory.mktemp("uninterrupted"))
    run_recipe(recipe, until="profile", command="act", emit=discard, token=CancelToken())
    return recipe.run


def _demo(run: Path) -> Recipe:
    recipe = load_recipe(resource_path("demo", "recipe.yaml"))
    abilities = {
        name: ability.model_copy(update={"calibration_tokens": 1500})
        for name, ability in recipe.abilities.items()
    }
    profile = recipe.profile.model_copy(update={"device": "cpu"})
    changes = {"run": run, "abilities": abilities, "profile": profile}
    return recipe.model_copy(update=changes)


@pytest.fixture
def make_manager(qapp: QApplication) -> Iterator[Callable[..., JobManager]]:
    """Makes managers, and shuts them down at the end."""
    made: list[JobManager] = []

    def make(*arguments: Any, **options: Any) -> JobManager:
        made.append(JobManager(*arguments, **options))
        return made[-1]

    yield make
    for manager in made:
        assert manager.shutdown()
        manager.deleteLater()


@pytest.fixture
def manager(make_manager: Callable[..., JobManager], tmp_path: Path) -> JobManager:
    """A manager over the real kinds of work."""
    return make_manager(tmp_path / "jobs.json")

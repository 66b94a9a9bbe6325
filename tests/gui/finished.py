"""A demo project carried out as far as a test needs, small enough for seconds."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from act_core.cancel import CancelToken
from act_core.events import TuningLoss, TuningStep, discard
from act_core.hashing import file_sha256
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.pipeline.run import Stage, run_recipe
from act_core.recipe import Ability, Draft, GateSettings, Recipe, load_recipe, preset_of
from act_core.resources import resource_path
from act_core.run_log import event_line
from act_core.transfer.gates import Gates, save_gates
from act_core.tune.tuned_training import FACTS_NAME, FORMAT, weights_of
from act_core.tune.tuning_state import losses_text
from act_gui.project import Project
from act_gui.stages import StageName

_RECORDED: dict[Stage, tuple[StageName, ...]] = {
    "profile": ("profile",),
    "localize": ("profile", "localize"),
    "evaluate": ("profile", "localize", "evaluate"),
    "transfer": ("profile", "localize", "transfer"),
    "run": ("profile", "localize", "evaluate", "transfer"),
}


def small_demo(demo: Path | None = None) -> Draft:
    """The demo's recipe with little data: of each ability 300 tokens and 12 items.

    Args:
        demo: A copy of the shipped demo folder to take models and data from.
    """
    recipe = load_recipe((demo or resource_path("demo")) / "recipe.yaml")
    abilities = {name: _small(ability) for name, ability in recipe.abilities.items()}
    evaluate = recipe.evaluate.model_copy(update={"resamples": 200, "interpolations": (0.25,)})
    return Draft.model_validate({**dict(recipe), "abilities": abilities, "evaluate": evaluate})


def finished_demo(folder: Path, until: Stage, demo: Path | None = None, *, rounds: int = 1) -> None:
    """Make a project in `folder`, carry it out up to a stage, and close it."""
    project = Project.create(folder, small_demo(demo))
    project.edit_section("profile", rounds=rounds)
    recipe = project.draft.complete()
    run_recipe(recipe, until=until, command="act", emit=discard, token=CancelToken())
    for stage in ("models", "abilities", *_RECORDED[until]):
        project.record(stage, recipe)
    project.close()
    project.deleteLater()


def drawn_gates(folder: Path) -> None:
    """Put gates into a project's run folder that were drawn, not learned: the same everywhere."""
    project = Project.open(folder)
    recipe = project.draft.complete().model_copy(update={"gates": GateSettings()})
    layout = layout_of(resolve(recipe.target))
    random = np.random.default_rng(5)
    values = {n: np.clip(random.normal(0.3, 0.3, layout.total), 0, 1) for n in recipe.specialists}
    losses = _drawn_losses(recipe, random)
    facts = {
        "steps": "16",
        "best_step": "12",
        "stopped": "",
        "tokens": "49152",
        "different_tokens": "2700",
        "validation_tokens": "460",
        "losses": losses_text(losses),
    }
    gates = Gates(layout, {n: one.astype(np.float32) for n, one in values.items()}, facts)
    save_gates(gates, project.run.gates_path)
    project.record("gates", recipe)
    project.close()
    project.deleteLater()


def drawn_tuning(folder: Path) -> None:
    """Put a tuning into a project's run folder that was drawn: nothing can be moved by it."""
    project = Project.open(folder)
    recipe = project.draft.complete().model_copy(update={"tune": preset_of("quick")})
    place = project.run.tuned_path("result")
    place.mkdir(parents=True)
    weights = weights_of(place, "channels")
    weights.write_bytes(b"drawn")
    losses = _drawn_losses(recipe, np.random.default_rng(5))
    facts = {
        "format": FORMAT, "key": "drawn", "start": "drawn", "kind": "channels", "stopped": "",
        "parameters": 274_304, "steps": 16, "best_step": 12, "tokens": 49_152,
        "different_tokens": 2_700, "validation_tokens": 460, "seconds": 12.0,
        "sha256": file_sha256(weights), "losses": [dataclasses.astuple(one) for one in losses],
    }  # fmt: skip
    (place / FACTS_NAME).write_text(json.dumps(facts), "utf-8")
    step = TuningStep(16, 16, "tune", 1e-5, 2500.0, 800_000_000)
    with (project.run.path / "events.jsonl").open("a", encoding="utf-8") as log:
        log.write(event_line(step, 0.0))  # so that the estimate is the same everywhere
    project.record("tune", recipe)
    project.close()
    project.deleteLater()


def _drawn_losses(recipe: Recipe, random: np.random.Generator) -> list[TuningLoss]:
    return [
        TuningLoss(step, 16, ability, split, place + 2.0 * 0.85**step + random.random() / 8, 60)
        for place, ability in enumerate(recipe.abilities)
        for split, every in (("tuning", 1), ("validation", 4))
        for step in range(0, 16 + every // 4, every)
    ]


def _small(ability: Ability) -> Ability:
    return ability.model_copy(update={"calibration_tokens": 300, "heldout_items": 12})

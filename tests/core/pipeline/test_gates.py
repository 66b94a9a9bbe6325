"""A recipe with gates, from start to verified checkpoint, on tiny real models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import (
    ActError,
    CancelledByPersonError,
    GatesError,
    MaskError,
    OutputError,
    RecipeError,
    TunedError,
)
from act_core.events import Event, Finished, MapRows, Note, TuningLoss, TuningStep, discard
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.pipeline.planning import plan_of
from act_core.pipeline.publish import card_text
from act_core.pipeline.run import Outcome, Stage, run_recipe
from act_core.recipe import load_draft, load_recipe, save_recipe
from act_core.transfer.gates import load_gates
from act_core.transfer.verify import verify_folder
from tests.core.project import changed, write_project
from tests.core.tiny import write_specialist

EVALUATE = {"resamples": 200, "controls": ["interpolation"]}
GATES = {"start": "interpolation", "steps": 4, "batch_tokens": 200, "check_every": 2}


def carry_out(
    recipe: Path, until: Stage = "gates", events: list[Event] | None = None, **options: Any
) -> Outcome:
    emit = discard if events is None else events.append
    return run_recipe(
        load_recipe(recipe), until=until, command="", emit=emit, token=CancelToken(), **options
    )


def project(folder: Path, **changes: Any) -> Path:
    """A project whose gates are not held against tuning alone, which takes its time."""
    return write_project(folder, **{"evaluate": EVALUATE, **changes})


def names_of(outcome: Outcome) -> list[str]:
    return list(dict.fromkeys(figure["candidate"] for figure in outcome.metrics["figures"]))


def test_gates_are_learned_measured_written_and_known_again(tmp_path: Path) -> None:
    recipe = write_project(
        tmp_path, gates=GATES, transfer={"norms": 0.5}, evaluate={"resamples": 200}
    )
    events: list[Event] = []

    outcome = carry_out(recipe, "gates", events)

    assert outcome.export is None
    assert names_of(outcome) == [
        "target", "painter", "result", "gates shuffled", "start", "tuning only",
        "interpolation 0.25", "interpolation 0.5",
    ]  # fmt: skip
    tuning = outcome.metrics["tuning"]
    assert tuning["tokens"] == outcome.metrics["gates"]["tokens"]
    assert tuning["gates"] == outcome.metrics["gates"]["specialists"]["painter"]["channels"]
    assert not (tmp_path / "run" / "profiles").exists()
    assert any(isinstance(event, TuningLoss) for event in events)
    assert any(isinstance(event, MapRows) for event in events)
    facts = outcome.metrics["gates"]
    assert facts["tokens"] >= 4 * 2 * 200
    assert facts["share_of_training"] == {}
    assert [path.name for path in (tmp_path / "run" / "gates").iterdir()] == ["gates.safetensors"]
    report = outcome.report.read_text("utf-8")
    for text in ("Gates", "tokens read to learn from", "Losses on validation data", "not known"):
        assert text in report

    events.clear()
    again = carry_out(recipe, "run", events)

    reused = [event.stage for event in events if isinstance(event, Finished) and event.reused]
    assert reused == ["gates", "evaluate"]
    assert again.metrics["figures"] == outcome.metrics["figures"]
    assert verify_folder(again.export).passed
    card = (again.export / "README.md").read_text("utf-8")
    assert "learned gates, from interpolation" in card
    assert "a gate for each channel, 0 to 1" in card
    assert f"Tuning read {facts['tokens']:,} tokens" in card
    assert "gates shuffled" in card_text(load_recipe(recipe))
    plan = plan_of(load_recipe(recipe))
    assert plan.plan.parameters == again.metrics["transfer"]["parameters"]
    assert plan.settled.masks["painter"].count == facts["channels"]

    events.clear()
    third = carry_out(recipe, "run", events)
    reused = [event.stage for event in events if isinstance(event, Finished) and event.reused]
    assert reused == ["gates", "evaluate", "transfer"]
    assert third.export == again.export


def test_a_start_from_masks_localizes_first(tmp_path: Path) -> None:
    recipe = project(tmp_path, gates={**GATES, "start": "mask", "strength": 0.8, "steps": 1})

    outcome = carry_out(recipe)

    layout = layout_of(resolve(tmp_path / "target"))
    gates = load_gates(tmp_path / "run" / "gates" / "gates.safetensors", layout)
    if outcome.metrics["gates"]["best_step"] == 0:
        assert set(gates.values["painter"]) == {np.float32(0), np.float32(0.8)}
    assert (tmp_path / "run" / "masks" / "painter.safetensors").is_file()
    localized = carry_out(recipe, "localize")
    assert localized.metrics["masks"]["painter"]["share"] == pytest.approx(0.1, abs=0.02)


def test_tied_columns_cannot_be_gated(tmp_path: Path) -> None:
    recipe = project(
        tmp_path,
        gates={**GATES, "start": "mask"},
        localize={"scorer": "matched", "budget": {"share": 0.1}, "tie": ["neuron"]},
    )
    with pytest.raises(MaskError, match="tied input columns"):
        carry_out(recipe)


def test_masks_stand_beside_gates_where_scorers_are_named(tmp_path: Path) -> None:
    recipe = project(
        tmp_path, gates=GATES, evaluate={**EVALUATE, "scorers": ["attributed", "random"]}
    )
    outcome = carry_out(recipe)
    assert names_of(outcome)[3:] == [
        "gates shuffled", "start", "attributed", "random", "interpolation 0.25",
        "interpolation 0.5",
    ]  # fmt: skip


def test_several_specialists_share_a_channel(tmp_path: Path) -> None:
    recipe = write_project(tmp_path)
    write_specialist(tmp_path / "second", tmp_path / "target", seed=3, scale=0.2)
    recipe = changed(
        recipe,
        specialists={
            "painter": {"model": "specialist", "training_tokens": 1000},
            "singer": {"model": "second", "training_tokens": 10_000_000},
        },
        gates={**GATES, "start": "task-arithmetic", "strength": 0.4},
        transfer={"embeddings": 0.4},
    )
    events: list[Event] = []

    outcome = carry_out(recipe, "run", events)

    assert verify_folder(outcome.export).passed
    facts = outcome.metrics["gates"]
    assert set(facts["specialists"]) == {"painter", "singer"}
    assert facts["share_of_training"]["painter"] == facts["tokens"] / 1000
    notes = [e.text for e in events if isinstance(e, Note) and e.level == "warning"]
    assert any("above 2%" in text for text in notes)

    several = changed(recipe, gates={**GATES, "start": "interpolation"})
    with pytest.raises(RecipeError):
        load_recipe(several)


def test_a_change_learns_again_and_an_unchanged_recipe_does_not(tmp_path: Path) -> None:
    recipe = project(tmp_path, gates=GATES, transfer={"norms": 0.5})
    first = carry_out(recipe)
    for change in ({"gates": {**GATES, "seed": 5}}, {"transfer": {"norms": "move"}}):
        other = changed(recipe, **change)
        assert carry_out(other).metrics["key"] != first.metrics["key"]
        recipe = write_project_again(recipe)
    events: list[Event] = []
    carry_out(changed(recipe, gates={**GATES, "checkpointing": True}), "gates", events)
    carry_out(changed(recipe, gates=GATES), "gates", events)
    assert [e for e in events if isinstance(e, Finished) and e.stage == "gates"][-1].reused


def write_project_again(recipe: Path) -> Path:
    return changed(recipe, gates=GATES, transfer={"norms": 0.5})


def test_cancelling_and_going_on(tmp_path: Path) -> None:
    recipe = project(tmp_path, gates=GATES)
    token = CancelToken()

    def cancel(event: Event) -> None:
        if isinstance(event, TuningLoss) and event.step == 3:
            token.cancel()

    with pytest.raises(CancelledByPersonError):
        run_recipe(load_recipe(recipe), until="gates", command="", emit=cancel, token=token)
    assert list((tmp_path / "run" / "gates").glob("*.partial"))
    broken = carry_out(recipe)
    whole = carry_out(changed(recipe, run="other"))
    assert broken.metrics["gates"]["losses"] == whole.metrics["gates"]["losses"]
    layout = layout_of(resolve(tmp_path / "target"))
    one, other = (
        load_gates(tmp_path / run_ / "gates" / "gates.safetensors", layout)
        for run_ in ("run", "other")
    )
    assert one.values["painter"].tobytes() == other.values["painter"].tobytes()


def test_gates_that_could_not_be_saved_are_not_learned_again(tmp_path: Path) -> None:
    recipe = project(tmp_path, gates=GATES)
    path = tmp_path / "run" / "gates" / "gates.safetensors"
    (path / "in the way").mkdir(parents=True)
    with pytest.raises(OutputError):
        carry_out(recipe, "learn")
    shutil.rmtree(path)
    events: list[Event] = []
    carry_out(recipe, "learn", events)
    assert not any(isinstance(event, TuningStep) for event in events)
    assert [one.name for one in path.parent.iterdir()] == ["gates.safetensors"]


def test_figures_of_gates_that_a_person_ended_are_not_taken_for_others(tmp_path: Path) -> None:
    recipe = project(tmp_path, gates=GATES, evaluate={"resamples": 200, "controls": []})
    token = CancelToken()

    def end(event: Event) -> None:
        if isinstance(event, TuningStep) and event.step == 1:
            token.keep_best()

    ended = run_recipe(load_recipe(recipe), until="gates", command="", emit=end, token=token)
    assert ended.metrics["gates"]["stopped_by_person"]
    (tmp_path / "run" / "gates" / "gates.safetensors").unlink()
    assert carry_out(recipe).metrics["key"] != ended.metrics["key"]


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = write_project(tmp_path)
    assert run(["gates", str(plain)]) == 2
    assert "no section gates" in capsys.readouterr().err
    recipe = changed(plain, gates=GATES)
    assert run(["gates", str(recipe)]) == 0
    shown = capsys.readouterr()
    assert "Gates painter:" in shown.out
    assert "Tuning read" in shown.out
    assert "shuffled" in shown.out
    assert "(validation)" in shown.err
    assert run(["gates", str(changed(recipe, run="again")), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} >= {"TuningLoss", "MapRows", "Metric", "Outcome"}


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"start": "middle"}, "start"),
        ({"bounds": [0.4, 1.0]}, "bounds have to hold zero"),
        ({"bounds": [0.0, 0.2]}, "bounds have to hold zero"),
        ({"bounds": [0.0, 3.0]}, "bounds"),
        ({"steps": 0}, "steps"),
        ({"rate": 0.1}, "unknown key gates.rate"),
    ],
)
def test_a_section_that_cannot_be_is_refused(
    tmp_path: Path, section: dict[str, Any], reason: str
) -> None:
    recipe = project(tmp_path, gates=section)
    with pytest.raises(ActError, match=reason):
        load_recipe(recipe)


def test_a_recipe_survives_being_written(tmp_path: Path) -> None:
    recipe = project(tmp_path, gates={**GATES, "bounds": [-0.5, 1.5]})
    loaded = load_draft(recipe)
    save_recipe(loaded, tmp_path / "again.yaml")
    assert load_draft(tmp_path / "again.yaml") == loaded
    bare = write_project(tmp_path / "bare")
    save_recipe(load_draft(bare), bare)
    assert "gates" not in yaml.safe_load(bare.read_text("utf-8"))


@pytest.mark.parametrize("learned", [{"gates": GATES}, {"tune": {"steps": 2}}])
def test_float16_is_refused_before_anything_long_begins(
    tmp_path: Path, learned: dict[str, Any]
) -> None:
    recipe = project(tmp_path, profile={"device": "cpu", "dtype": "float16"}, **learned)
    with pytest.raises((GatesError, TunedError), match="float16"):
        carry_out(recipe, "run")
    assert not (tmp_path / "run").exists()
    assert carry_out(recipe, "localize").metrics["masks"]

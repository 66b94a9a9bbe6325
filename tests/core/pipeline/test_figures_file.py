"""What is known of a candidate is taken; what a change decides is measured, as from the start."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from act_core.cancel import CancelToken
from act_core.events import Event, EventSink, Finished, Note, Started, discard
from act_core.pipeline.run import Outcome, run_recipe
from act_core.recipe import load_recipe
from tests.core.project import changed, write_project
from tests.core.tiny import write_specialist

TUNE = {"steps": 2, "batch_tokens": 120, "check_every": 2, "learning_rate": 0.003}
EVALUATE = {"resamples": 200, "controls": ["random", "interpolation"], "interpolations": [0.5]}


def carry_out(recipe: Path, emit: EventSink = discard) -> Outcome:
    return run_recipe(
        load_recipe(recipe), until="evaluate", command="", emit=emit, token=CancelToken()
    )


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with figures of five candidates on two abilities."""
    folder = tmp_path_factory.mktemp("measured") / "project"
    folder.mkdir()
    carry_out(write_project(folder, evaluate=EVALUATE))
    return folder


def other_item(folder: Path) -> None:
    path = folder / "numbers_heldout.jsonl"
    lines = path.read_text("utf-8").splitlines()
    row = json.loads(lines[3])
    lines[3] = json.dumps({**row, "answer": "yellow"})
    path.write_text("\n".join(lines) + "\n", "utf-8")


def other_specialist(folder: Path) -> None:
    shutil.rmtree(folder / "specialist")
    write_specialist(folder / "specialist", folder / "target", seed=3, scale=0.2)


def other_stop(folder: Path) -> None:
    path = folder / "target" / "generation_config.json"
    path.write_text(json.dumps({"eos_token_id": [2, 5]}), "utf-8")


def damage(folder: Path) -> None:
    for path in (folder / "run" / "figures").iterdir():
        path.write_text(path.read_text("utf-8").replace('"sums": [', '"sums": [0.5, ', 1), "utf-8")


def setting(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: void(changed(folder / "recipe.yaml", **changes))


def void(_value: object) -> None:
    """So that a change is only a change."""


@pytest.mark.parametrize(
    ("change", "fresh"),
    [
        # The transfer without tuning was the result; new are tuning only and both together.
        (setting(tune=TUNE), 2 * 2),
        # Result and random mask move half as far, and that is what the interpolation does.
        (setting(transfer={"strength": 0.5}), 2 * 2),
        (setting(profile={"device": "cpu", "dtype": "bfloat16"}), 5 * 2),
        (other_item, 5 * 1),
        (other_specialist, 4 * 2),
        (other_stop, 5 * 2),
        (damage, 5 * 2),
    ],
    ids=["tune", "strength", "dtype", "item", "specialist", "stop", "damage"],
)
def test_only_what_a_change_decides_is_measured_and_as_from_the_start(
    measured: Path, tmp_path: Path, change: Callable[[Path], None], fresh: int
) -> None:
    known = tmp_path / "known"
    shutil.copytree(measured, known)
    change(known)
    if change is damage:  # the settings of the run are as they were
        (known / "run" / "metrics.json").unlink()
    again = tmp_path / "again"
    shutil.copytree(known, again, ignore=shutil.ignore_patterns("figures", "metrics.json"))
    events: list[Event] = []

    found = carry_out(known / "recipe.yaml", events.append)

    started = [e for e in events if isinstance(e, Started) and e.stage == "evaluate"]
    assert [(one.total, one.unit) for one in started] == [(fresh, "abilities")]
    slow = carry_out(again / "recipe.yaml")
    assert found.metrics["figures"] == slow.metrics["figures"]
    assert found.metrics["shares"] == slow.metrics["shares"]
    for name in ("colours", "numbers"):
        lines = [
            (folder / "run" / "samples" / f"{name}.jsonl").read_text("utf-8").splitlines()
            for folder in (known, again)
        ]
        assert lines[0][1:] == lines[1][1:]


def test_a_way_back_measures_nothing(measured: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    shutil.copytree(measured, folder)
    recipe = folder / "recipe.yaml"
    before = carry_out(recipe).metrics
    assert before["candidate_s"] > 0
    for controls in (["random"], EVALUATE["controls"]):
        changed(recipe, evaluate={**EVALUATE, "controls": controls})
        events: list[Event] = []
        after = carry_out(recipe, events.append).metrics
        assert not any(isinstance(e, Started) and e.stage == "evaluate" for e in events)
        ends = [e for e in events if isinstance(e, Finished) and e.stage == "evaluate"]
        assert [end.reused for end in ends] == [True]
        told = next(e.text for e in events if isinstance(e, Note) and "Known already" in e.text)
        assert "target, painter, result, random" in told
        assert after["candidate_s"] == before["candidate_s"]
    assert after["figures"] == before["figures"]

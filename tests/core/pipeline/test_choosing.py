"""A sweep chooses on validation items and reports on held-out ones; and it does so cheaply."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from act_core.abilities.split import load_splits, normalised
from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import RecipeError
from act_core.evaluate.bootstrap import Bootstrap
from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.evaluate.compare import compare
from act_core.evaluate.comparison import Comparison
from act_core.evaluate.evaluator import HeldOut
from act_core.events import Event, Finished, Measured, Metric, Started, TuningLoss, discard
from act_core.localize.localize import localize
from act_core.models.channels import layout_of
from act_core.pipeline.inputs import Inputs, load_inputs
from act_core.pipeline.points import GatesPoint, Point, SweepPoint
from act_core.pipeline.run import Stage, run_recipe
from act_core.pipeline.sweep import SweepResult, sweep
from act_core.pipeline.sweep_file import known_sweep
from act_core.pipeline.validated import Validated, validated
from act_core.profile.store import load_profile
from act_core.recipe import GateSettings, Recipe, load_recipe
from act_core.runs import RunFolder
from act_core.transfer.edits import whole_edits
from act_core.transfer.moves import Move, moves_of
from tests.core.project import changed, write_project
from tests.core.tiny import write_specialist

POINTS = tuple(
    SweepPoint(scorer, share, strength)
    for scorer in ("matched", "difference")
    for share in (0.1, 0.5)
    for strength in (0.5, 1.0)
)


def carry_out(
    recipe: Recipe,
    points: tuple[Point, ...] = POINTS,
    emit: Callable[[Event], None] = discard,
    *,
    halving: bool = True,
) -> SweepResult:
    return sweep(recipe, points, halving=halving, emit=emit, token=CancelToken())


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """A recipe whose specialist is clearly better at what it brings."""
    folder = tmp_path_factory.mktemp("choosing")
    path = write_project(folder)
    write_specialist(folder / "better", folder / "target", seed=4, scale=0.2)
    data = load_recipe(changed(path, specialists={"painter": {"model": "better"}}))
    few = {"measures": ("loss",), "calibration_tokens": 60, "heldout_items": 25}
    abilities = {n: ability.model_copy(update=few) for n, ability in data.abilities.items()}
    evaluate = data.evaluate.model_copy(update={"limits": {"numbers": 1.0}})
    return data.model_copy(update={"abilities": abilities, "evaluate": evaluate})


@pytest.fixture(scope="module")
def swept(recipe: Recipe) -> tuple[SweepResult, list[Event]]:
    """The sweep, halved, and what it told."""
    events: list[Event] = []
    return carry_out(recipe, emit=events.append), events


def reference(recipe: Recipe, split: Validated, abilities: dict[str, HeldOut]) -> Comparison:
    """Every point by hand, in full."""
    inputs, layout = split.inputs, layout_of(split.inputs.target)
    profiles = {
        name: load_profile(recipe.run / "profiles" / f"painter--{name}.safetensors", layout)
        for name in recipe.abilities
    }
    candidates = [specialist_candidate("painter", inputs.target, inputs.specialists["painter"])]
    for point in POINTS:
        setting = point.applied(recipe)
        bring, keep = [profiles["colours"]], [profiles["numbers"]]
        mask = localize(inputs.target, bring, keep, setting.localize, seed=0)
        moves = moves_of(inputs.target, inputs.specialists, {"painter": mask}, setting.transfer)
        candidates.append(Candidate(point.name, moves))
    for far in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5):
        move = Move("painter", inputs.specialists["painter"], whole_edits(inputs.target, far))
        candidates.append(Candidate(f"interpolation {far:g}", (move,)))
    return compare(
        inputs.target,
        candidates,
        abilities,
        dict.fromkeys(abilities, "painter"),
        device="cpu",
        bootstrap=Bootstrap(resamples=200, seed=0),
    )


def said_by(inputs: Inputs, validation: dict[str, HeldOut]) -> tuple[set[str], set[str]]:
    computed = {normalised(i.text) for one in inputs.calibration.values() for i in one.items}
    chosen = {normalised(i.text) for one in validation.values() for i in one.encoded.items}
    return computed, chosen


@pytest.mark.parametrize(("tokens", "is_whole"), [(60, True), (300, False)])
def test_nothing_is_computed_from_validation_items(
    recipe: Recipe, tokens: int, is_whole: bool
) -> None:
    abilities = {
        name: ability.model_copy(update={"calibration_tokens": tokens})
        for name, ability in recipe.abilities.items()
    }
    whole = load_inputs(recipe.model_copy(update={"abilities": abilities}), discard)
    split = validated(whole)
    assert split.calibration_is_whole is is_whole
    computed, chosen = said_by(split.inputs, dict(split.validation))
    held = {normalised(i.text) for s in load_splits(recipe.abilities).values() for i in s.heldout}
    assert computed
    assert computed.isdisjoint(chosen)
    assert chosen.isdisjoint(held)
    for name, one in split.validation.items():
        assert len(one.encoded.items) == (25 if is_whole else 10)
        drawn, left = whole.calibration[name].items, split.inputs.calibration[name].items
        assert len(left) == (len(drawn) if is_whole else 30)


def test_it_recommends_what_is_best_on_validation_and_measures_that_on_heldout(
    recipe: Recipe, swept: tuple[SweepResult, list[Event]]
) -> None:
    result, _ = swept
    split = validated(load_inputs(recipe, discard))
    by_validation = reference(recipe, split, dict(split.validation))
    by_heldout = reference(recipe, split, dict(split.inputs.heldout))
    gains = {
        share.candidate: share.interval.value
        for share in by_validation.shares
        if share.ability == "colours" and share.candidate != "painter"
    }
    names = [point.name for point in POINTS]
    best_point = max(names, key=lambda name: gains[name])
    best_line = max(gains.keys() - set(names), key=lambda name: gains[name])
    found = result.recommendation
    # An interpolation moves more than any of these masks, and nothing is lost here.
    assert gains[best_line] > gains[best_point]
    assert (found.candidate, found.rival) == (best_line, best_point)
    assert found.is_baseline
    assert found.setting == {}
    for comparison, judged in ((by_validation, found.validation), (by_heldout, found.heldout)):
        for one in judged:
            if one.candidate not in (found.candidate, found.rival):
                continue
            share = comparison.share(one.candidate, "colours", "loss")
            assert share is not None
            assert one.recovered is not None
            assert dataclasses.astuple(one.recovered) == pytest.approx(
                dataclasses.astuple(share.interval), abs=1e-5
            )
    beside = {one.candidate for one in found.heldout}
    size = best_point.partition(" ")[2]
    assert {f"random {size}", f"weight {size}"} <= beside
    assert found.ahead_heldout is not None
    assert found.ahead_heldout.low <= found.ahead_heldout.value <= found.ahead_heldout.high
    assert found.ahead is not None
    assert found.ahead.value == pytest.approx(gains[best_line] - gains[best_point], abs=1e-5)
    assert found.sentences[0].startswith(f"A baseline is recommended: {best_line}.")
    known = known_sweep(RunFolder(recipe.run))
    assert (known.measured, known.recommendation) == (result.measured, found)
    assert known.limits == {"numbers": 1.0}
    assert known.candidate_s


def test_what_is_dropped_was_measured_on_a_part_and_the_rest_in_full(
    recipe: Recipe, swept: tuple[SweepResult, list[Event]]
) -> None:
    result, events = swept
    dropped = {one.candidate for one in result.measured if one.dropped}
    assert dropped
    for one in result.measured:
        assert one.split == "validation"
        assert (one.part < 1) is one.dropped
    told = [event for event in events if isinstance(event, Measured) and event.kind == "point"]
    parts = sorted({event.part for event in told})
    assert parts == [0.5, 1.0]

    again: list[Event] = []
    in_full = carry_out(recipe, emit=again.append, halving=False)

    fresh = {event.candidate for event in again if isinstance(event, Metric)}
    # Of those that were dropped, unless another of the same channels was measured in full.
    assert fresh <= dropped
    points = {one.candidate for one in result.measured if one.dropped and one.kind == "point"}
    assert points <= fresh
    assert not any(one.dropped for one in in_full.measured)
    assert in_full.recommendation.candidate == result.recommendation.candidate
    split = validated(load_inputs(recipe, discard))
    expected = reference(recipe, split, dict(split.validation))
    for one in in_full.measured:
        if one.kind in ("point", "specialist"):
            figure = expected.figure(one.candidate, "colours", "loss").interval
            assert dataclasses.astuple(one.abilities[0].figure) == pytest.approx(
                dataclasses.astuple(figure), abs=1e-5
            )

    again.clear()
    carry_out(recipe, emit=again.append)
    assert not any(isinstance(event, Metric) for event in again)
    assert Finished("sweep", reused=True) in again


def test_gates_prices_and_refreshes_are_candidates_too(recipe: Recipe) -> None:
    settings = GateSettings(steps=2, batch_tokens=100, validation=0)
    points: tuple[Point, ...] = (
        SweepPoint("attributed", 0.2, 1.0, price=1.0),
        SweepPoint("attributed", 0.2, 1.0, refreshes=1),
        GatesPoint(settings),
    )
    result = carry_out(recipe, points)
    points_found = {one.candidate: one for one in result.measured if one.kind == "point"}
    assert set(points_found) == {point.name for point in points}
    figures = {one.abilities[0].figure.value for one in points_found.values()}
    assert len(figures) == 3
    assert points_found[GatesPoint(settings).name].setting == GatesPoint(settings).plain()
    events: list[Event] = []
    carry_out(recipe, points, events.append)
    assert Finished("gates", reused=True) in events
    assert not any(isinstance(event, Metric) for event in events)


@pytest.mark.parametrize(
    ("point", "until"),
    [
        (GatesPoint(GateSettings(steps=2, batch_tokens=100, validation=0)), "learn"),
        (
            GatesPoint(GateSettings(start="mask", steps=2, batch_tokens=100, validation=0)),
            "learn",
        ),
        (SweepPoint("attributed", 0.2, 0.5, refreshes=1), "localize"),
    ],
)
def test_the_run_takes_over_what_a_sweep_has_learned(
    recipe: Recipe, point: Point, until: Stage
) -> None:
    localize = recipe.localize.model_copy(update={"scorer": "attributed", "refreshes": 1})
    swept = recipe.model_copy(update={"localize": localize})
    carry_out(swept, (point,))
    events: list[Event] = []

    run_recipe(
        point.applied(swept), until=until, command="", emit=events.append, token=CancelToken()
    )

    # Neither is anything learned nor are scores taken again.
    assert not any(isinstance(event, Started | TuningLoss) for event in events)
    assert all(event.reused for event in events if isinstance(event, Finished))


def test_where_nothing_keeps_the_limit_nothing_is_recommended(recipe: Recipe) -> None:
    """The specialist's own losses are certain here: it is a random model."""
    swapped = {
        name: ability.model_copy(update={"role": "keep" if ability.role == "bring" else "bring"})
        for name, ability in recipe.abilities.items()
    }
    evaluate = recipe.evaluate.model_copy(update={"limits": {"colours": 1e-9}})
    other = recipe.model_copy(update={"abilities": swapped, "evaluate": evaluate})
    found = carry_out(other, POINTS[-1:]).recommendation
    judged = {one.candidate: one for one in found.validation}
    assert not found.candidate or judged[found.candidate].keeps != "no"


def test_a_limit_on_something_else_is_refused(recipe: Recipe) -> None:
    evaluate = recipe.evaluate.model_copy(update={"limits": {"colours": 0.1}})
    with pytest.raises(RecipeError, match="colours is not among the abilities to keep"):
        carry_out(recipe.model_copy(update={"evaluate": evaluate}))


def test_the_command_sweeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = write_project(tmp_path)
    arguments = ["sweep", str(recipe), "--share", "0.1", "--share", "0.3", "--scorer", "matched"]
    limit = ["--lose-at-most", "numbers=0.5"]
    assert run([*arguments, *limit, "--strength", "0.5", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    points = {e["candidate"] for e in lines if e["event"] == "Measured" and e["kind"] == "point"}
    assert points == {"matched 10 % × 0.5", "matched 30 % × 0.5"}
    assert lines[-1]["event"] == "Outcome"
    assert "sentences" in lines[-1]["recommendation"]
    assert run([*arguments, *limit, "--strength", "0.5"]) == 0
    shown = capsys.readouterr().out
    assert "matched 30 % × 0.5" in shown
    assert "ecommended" in shown
    for wrong in (["--strength", "9"], ["--lose-at-most", "numbers"], ["--policy", "loudest"]):
        assert run([*arguments, *wrong]) == 2
    assert run([*arguments, "--lose-at-most", "nothing=0.1"]) == 2


def test_the_report_holds_a_sweep_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_project(tmp_path, evaluate={"resamples": 200, "controls": ["weight"]})

    def swept(share: str) -> str:
        assert run(["sweep", str(recipe), "--scorer", "matched", "--share", share]) == 0
        texts = [
            (tmp_path / "run" / f"report.{kind}").read_text("utf-8") for kind in ("md", "html")
        ]
        assert all(f"--share={share}" in text for text in texts)
        return texts[0]

    # Before anything else is measured, in the report of what was measured, and in the next one.
    alone = swept("0.3")
    assert "Sweep of small" in alone
    assert "matched 30 % × 1" in alone
    assert run(["evaluate", str(recipe)]) == 0
    report = tmp_path / "run" / "report.md"
    before = report.read_text("utf-8")
    assert "Report of small" in before
    assert "matched 30 % × 1" in before
    after = swept("0.4")
    assert "matched 40 % × 1" in after
    assert "matched 30 % × 1" not in after
    lines, others = before.splitlines(), set(after.splitlines())
    kept = [line for line in lines if line not in others]
    assert all("30 %" in line or "0.3" in line for line in kept)

    # A report of other items stays as it is, and that is said.
    data = yaml.safe_load(recipe.read_text("utf-8"))
    data["abilities"]["colours"]["heldout_items"] = 20
    changed(recipe, abilities=data["abilities"])
    capsys.readouterr()
    assert run(["sweep", str(recipe), "--share", "0.5", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["report"] is None
    assert any("another state" in line.get("text", "") for line in lines)
    assert report.read_text("utf-8") == after
    assert run(["transfer", str(recipe)]) == 0
    assert "matched 50 % × 1" in report.read_text("utf-8")

"""Analyses on tiny real models: what they measure, what they know again, and their report."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from act_core.analysis.effects import CrossEffects, Necessity, Sufficiency
from act_core.analysis.file import known_analysis
from act_core.analysis.findings import (
    ANALYSES,
    Agreement,
    Concentration,
    Disentanglement,
    Finding,
    Stability,
    WeightOverlap,
)
from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import AbilityDataError, CancelledByPersonError, RecipeError
from act_core.evaluate.candidates import applied
from act_core.events import Analysed, Event, Finished, Metric, discard
from act_core.localize.algebra import random_like
from act_core.localize.localize import localize
from act_core.localize.masks import Mask
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from act_core.pipeline.analysis import AnalysisResult, analyse
from act_core.pipeline.analysis_effects import emptied
from act_core.pipeline.analysis_parts import divided, parted_profiles
from act_core.pipeline.inputs import load_inputs
from act_core.pipeline.run import run_recipe
from act_core.pipeline.stages import Context
from act_core.profile.store import load_profile
from act_core.recipe import Recipe, load_recipe
from act_core.runs import RunFolder
from tests.core.project import changed, write_project
from tests.core.tiny import write_specialist


def carry_out(
    recipe: Recipe, analyses: tuple[str, ...] = ANALYSES, events: list[Event] | None = None
) -> AnalysisResult:
    emit = discard if events is None else events.append
    return analyse(recipe, analyses, emit=emit, token=CancelToken())


def of(kind: type[Finding], result: AnalysisResult) -> list[Finding]:
    return [one.finding for one in result.found if isinstance(one.finding, kind)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("analysis")
    path = write_project(folder)
    write_specialist(folder / "better", folder / "target", seed=4, scale=0.2)
    recipe = load_recipe(changed(path, specialists={"painter": {"model": "better"}}))
    items = (folder / "colours_calib.jsonl").read_text("utf-8").splitlines()
    for number in range(2):
        lines = "\n".join(items[number::2]) + "\n"
        (folder / f"colours{number}.jsonl").write_text(lines, "utf-8")
    sources = [{"file": str(folder / f"colours{number}.jsonl")} for number in range(2)]
    data = _by_loss(recipe).model_dump()
    data["abilities"]["colours"]["calibration"] = sources
    return Recipe.model_validate(data)


def _by_loss(recipe: Recipe) -> Recipe:
    data = recipe.model_dump()
    for ability in data["abilities"].values():
        ability |= {"measures": ["loss"], "heldout_items": 12}
    return Recipe.model_validate(data)


@pytest.fixture(scope="module")
def whole(small: Recipe) -> AnalysisResult:
    return carry_out(small)


def test_every_analysis_finds_what_it_promises(small: Recipe, whole: AnalysisResult) -> None:
    counts = {
        kind: len(of(kind, whole))
        for kind in (
            Concentration,
            WeightOverlap,
            Stability,
            Agreement,
            Disentanglement,
            CrossEffects,
            Sufficiency,
            Necessity,
        )
    }

    assert counts == {
        Concentration: 6,  # two abilities, three statistics
        WeightOverlap: 2,
        Stability: 2,
        Agreement: 3,  # scorers of both, sources of the one that has two
        Disentanglement: 1,
        CrossEffects: 2,
        Sufficiency: 1,
        Necessity: 2,
    }
    assert {one.analysis for one in whole.found} == set(ANALYSES)
    assert known_analysis(RunFolder(small.run)) == whole.found


def test_effects_are_those_of_the_masks_moved(small: Recipe, whole: AnalysisResult) -> None:
    """The gain of the recipe's mask is the one that a run measures, and so is random's."""
    inputs = load_inputs(small, discard)
    layout = layout_of(inputs.target)
    profile = load_profile(small.run / "profiles" / "painter--colours.safetensors", layout)
    mask = localize(inputs.target, [profile], [], small.localize, seed=0)
    effects = next(one for one in of(CrossEffects, whole) if one.ability == "colours")
    assert effects.channels == mask.count

    def loss(selected: Mask | None) -> float:
        module = load_resident(inputs.target, torch.device("cpu"), torch.float32)
        rows = (
            {}
            if selected is None
            else {one.tensor: selected.rows(number) for number, one in enumerate(layout.modules)}
        )
        state = module.state_dict()
        for tensor, chosen in rows.items():
            theirs = inputs.specialists["painter"].weights.read(tensor)
            state[tensor][chosen] = theirs[chosen].to(state[tensor].dtype)
        total, count = 0.0, 0
        for row in inputs.heldout["colours"].encoded.sequences:
            ids = torch.from_numpy(row.ids.astype(np.int64))[None]
            with torch.no_grad():
                logits = module(ids).logits[0, :-1]
            nats = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
            counted = torch.from_numpy(row.counted[1:])
            total, count = total + float(nats[counted].sum()), count + int(counted.sum())
        return total / count

    before = loss(None)
    own = next(one for one in effects.effects if one.ability == "colours")
    assert own.gain.value == pytest.approx(before - loss(mask), abs=1e-4)
    drawn = [before - loss(random_like(mask, seed)) for seed in range(effects.draws)]
    assert own.random.value == pytest.approx(np.mean(drawn), abs=1e-4)
    assert own.over_random.value == pytest.approx(own.gain.value - own.random.value, abs=1e-6)


def test_an_emptied_specialist_has_the_targets_rows_and_nothing_else(small: Recipe) -> None:
    inputs = load_inputs(small, discard)
    layout = layout_of(inputs.target)
    selected = np.random.default_rng(0).random(layout.total) < 0.3
    module = load_resident(inputs.target, torch.device("cpu"), torch.float32)
    candidate = emptied("without", inputs, "painter", Mask(layout, selected))
    target, specialist = inputs.target.weights, inputs.specialists["painter"].weights

    with applied(module, inputs.target, candidate):
        state = {name: value.clone() for name, value in module.state_dict().items()}

    places = {one.tensor: number for number, one in enumerate(layout.modules)}
    for name in inputs.target.facts:
        expected = specialist.read(name).float()
        if name in places:
            rows = np.flatnonzero(selected[layout.slice_of(places[name])])
            expected[rows] = target.read(name).float()[rows]
        assert torch.equal(state[name].float(), expected)


def test_an_emptied_specialist_of_another_vocabulary_has_the_targets_embeddings(
    small: Recipe, tmp_path: Path
) -> None:
    inputs = load_inputs(small, discard)
    target = inputs.target
    other = write_specialist(tmp_path / "other", target.folder, seed=4)
    tensors = load_file(other / "model.safetensors")
    outer = ("model.embed_tokens.weight", "lm_head.weight")
    padded = {name: torch.cat([tensors[name], tensors[name][:8]]) for name in outer}
    save_file({**tensors, **padded}, other / "model.safetensors")
    with_other = dataclasses.replace(inputs, specialists={"other": resolve(other)})
    layout = layout_of(target)
    everything = Mask(layout, np.ones(layout.total, dtype=np.bool_))
    module = load_resident(target, torch.device("cpu"), torch.float32)

    with applied(module, target, emptied("without", with_other, "other", everything)):
        state = {name: value.clone() for name, value in module.state_dict().items()}

    for name, value in state.items():
        assert value.equal(tensors[name]) is name.endswith("norm.weight"), name
        assert value.equal(target.weights.read(name)) is not name.endswith("norm.weight"), name


def test_parts_together_are_the_profile(small: Recipe, whole: AnalysisResult) -> None:
    inputs = load_inputs(small, discard)
    context = Context(RunFolder(small.run), discard, CancelToken())
    parts = {name: divided(one) for name, one in inputs.calibration.items()}
    statistics = ("difference", "matched", "attributed")

    parted = parted_profiles(inputs, ("painter",), parts, statistics, context)

    for (specialist, ability), one in parted.items():
        path = RunFolder(small.run).profile_path(specialist, ability)
        profile = load_profile(path, layout_of(inputs.target))
        joined = one.joined(np.ones(one.parts, dtype=np.int64))
        assert joined.counted_tokens == profile.counted_tokens
        for name in (*statistics, "weight"):
            assert joined.statistic(name) == pytest.approx(profile.statistic(name), abs=1e-5)
        rows = [row for piece in parts[ability] for row in piece.sequences]
        assert rows == list(inputs.calibration[ability].sequences)


def test_what_is_known_is_not_made_again(small: Recipe, whole: AnalysisResult) -> None:
    events: list[Event] = []

    again = carry_out(small, events=events)

    assert again.found == whole.found
    told = [event for event in events if isinstance(event, Analysed)]
    assert len(told) == len(whole.found)
    assert all(event.reused for event in told)
    assert not any(isinstance(event, Metric) for event in events)
    assert Finished("analyse", reused=True) in events


def test_other_settings_find_anew_but_measure_only_what_changed(
    small: Recipe, whole: AnalysisResult, tmp_path: Path
) -> None:
    shutil.copytree(small.run, tmp_path / "run")
    events: list[Event] = []
    settings = small.localize.model_copy(update={"ranking": "global"})
    other = small.model_copy(update={"localize": settings, "run": tmp_path / "run"})

    result = carry_out(other, ("concentration", "necessity"), events)

    assert len(result.found) == 8
    measured = {event.candidate for event in events if isinstance(event, Metric)}
    assert measured
    assert not measured & {"target", "painter"}


def test_a_cancelled_analysis_goes_on_where_it_was(tmp_path: Path) -> None:
    recipe = load_recipe(write_project(tmp_path))
    token = CancelToken()
    first: list[Event] = []

    def listen(event: Event) -> None:
        first.append(event)
        if isinstance(event, Analysed):
            token.cancel()

    with pytest.raises(CancelledByPersonError):
        analyse(recipe, ("concentration",), emit=listen, token=token)
    events: list[Event] = []
    carry_out(recipe, ("concentration",), events)

    told = [event.reused for event in events if isinstance(event, Analysed)]
    assert told == [True, *[False] * 5]


def test_damaged_findings_are_made_again(small: Recipe, whole: AnalysisResult) -> None:
    data = json.loads(whole.path.read_text("utf-8"))
    del data["findings"][0]["finding"]["channels"]
    data["findings"][1]["type"] = "Nonsense"
    whole.path.write_text(json.dumps(data), "utf-8")
    events: list[Event] = []

    again = carry_out(small, events=events)

    assert sorted(map(repr, again.found)) == sorted(map(repr, whole.found))
    fresh = [event for event in events if isinstance(event, Analysed) and not event.reused]
    assert len(fresh) == 2


def test_the_report_shows_findings_beside_their_chance_levels(
    small: Recipe, whole: AnalysisResult
) -> None:
    html = whole.report.read_text("utf-8")
    text = whole.report.with_suffix(".md").read_text("utf-8")

    for title in (
        "Concentration",
        "Activation masks against weight masks",
        "Stability",
        "Disentanglement",
        "Cross-effects",
        "Sufficiency",
        "Necessity",
    ):
        assert title in html
        assert title in text
    assert html.count("<svg") > 15
    assert "by chance" in text
    assert "colours0" in text
    assert " nan" not in text.lower().replace("nats", "")


def test_a_run_and_its_analyses_meet_in_metrics_and_report(
    small: Recipe, whole: AnalysisResult, tmp_path: Path
) -> None:
    shutil.copytree(small.run, tmp_path / "run")
    here = small.model_copy(update={"run": tmp_path / "run"})

    outcome = run_recipe(
        here, until="evaluate", command="act run", emit=discard, token=CancelToken()
    )

    assert outcome.report is not None
    assert "Necessity" in outcome.report.read_text("utf-8")
    metrics = json.loads((here.run / "metrics.json").read_text("utf-8"))
    assert len(metrics["analysis"]) == len(whole.found)
    del metrics["analysis"]
    (here.run / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    outcome.report.unlink()

    carry_out(here, ("weights",))

    assert "Necessity" in outcome.report.read_text("utf-8")

    again = json.loads((here.run / "metrics.json").read_text("utf-8"))
    assert len(again["analysis"]) == len(whole.found)


def test_several_specialists_are_compared_with_each_other(tmp_path: Path) -> None:
    path = write_project(tmp_path)
    write_specialist(tmp_path / "other", tmp_path / "target", seed=9, scale=0.2)
    specialists = {
        name: {"model": model} for name, model in (("painter", "specialist"), ("counter", "other"))
    }
    recipe = _by_loss(load_recipe(changed(path, specialists=specialists)))

    result = carry_out(recipe, ("disentanglement",))

    (found,) = of(Disentanglement, result)
    names = [(s, a) for s in ("painter", "counter") for a in ("colours", "numbers")]
    assert list(found.masks) == names
    effects = of(CrossEffects, result)
    assert [(one.specialist, one.ability) for one in effects] == names
    assert carry_out(recipe, ("sufficiency",)).found


def test_one_heldout_sequence_allows_no_claim(small: Recipe, tmp_path: Path) -> None:
    data = small.model_copy(update={"run": tmp_path / "run"}).model_dump()
    data["abilities"]["numbers"] |= {"heldout_items": 1}

    with pytest.raises(AbilityDataError, match="numbers has a single held-out sequence"):
        carry_out(Recipe.model_validate(data), ("necessity",))


def test_no_analysis_of_that_name(small: Recipe) -> None:
    with pytest.raises(RecipeError, match="magic"):
        carry_out(small, ("magic",))


def test_the_command_prints_findings_as_json(
    small: Recipe, whole: AnalysisResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from act_core.recipe import save_recipe

    path = tmp_path / "recipe.yaml"
    save_recipe(small, path)

    assert run(["analyse", str(path), "--only", "necessity", "--json"]) == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = [line for line in lines if line["event"] == "Analysed"]
    assert [line["finding"]["ability"] for line in found] == ["colours", "numbers"]
    holders = [line["finding"]["holder"] for line in found]
    assert holders == ["specialist", "target"]
    assert lines[-1]["event"] == "Outcome"
    assert dataclasses.asdict(of(Necessity, whole)[0])["draws"] == found[0]["finding"]["draws"]

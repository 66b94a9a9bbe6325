"""Times that are tried out on the first layers, held against those of the work itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from act_core.cancel import CancelToken
from act_core.evaluate import compare as compare_module
from act_core.events import discard
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from act_core.models.shortened import shortened
from act_core.pipeline.learning_time import gates_time
from act_core.pipeline.pace import candidate_time, candidates_in
from act_core.pipeline.run import Stage, run_recipe
from act_core.pipeline.tune_plan import tune_plan
from act_core.profile import depths as depths_module
from act_core.profile.depths import Depths, depths_for
from act_core.recipe import GateSettings, Recipe, TuneKind, TuneSettings, load_recipe
from act_core.tune import loop as loop_module
from act_core.tune import trial as trial_module
from tests.core.project import write_project
from tests.core.tiny import VOCABULARY, write_tiny

STEPS: dict[str, Any] = {"steps": 6, "batch_tokens": 200, "patience": 99}
# Of what it took, times that are tried out in a second may be this far off.
WITHIN = 3.0


@pytest.fixture
def own_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks count this thread's work alone, whatever else the machine does."""
    clock = SimpleNamespace(perf_counter=time.thread_time, monotonic=time.thread_time)
    for module in (depths_module, loop_module, trial_module, compare_module):
        monkeypatch.setattr(module, "time", clock)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("trial")
    return load_recipe(write_project(folder, layers=4, evaluate={"controls": ["random"]}))


def carry_out(recipe: Recipe, until: Stage) -> Mapping[str, Any]:
    token = CancelToken()
    return run_recipe(recipe, until=until, command="", emit=discard, token=token).metrics


def test_a_candidate_takes_about_as_long(recipe: Recipe, own_time: None) -> None:
    expected = candidate_time(recipe)
    assert expected is not None
    assert not expected.measured
    assert any("rough" in text for text in expected.assumptions)
    metrics = carry_out(recipe, "evaluate")
    assert candidates_in(recipe) == len({one["candidate"] for one in metrics["figures"]})
    assert 1 / WITHIN < expected.seconds / metrics["candidate_s"] < WITHIN
    known = candidate_time(recipe)
    assert known is not None
    assert (known.measured, known.seconds) == (True, metrics["candidate_s"])


@pytest.mark.parametrize("kind", ["channels", "lora"])
def test_a_tuning_takes_about_as_long(recipe: Recipe, own_time: None, kind: TuneKind) -> None:
    own = recipe.model_copy(
        update={"tune": TuneSettings(kind=kind, **STEPS), "run": recipe.run / kind}
    )
    plan = tune_plan(own, measure=True)
    assert plan.seconds is not None
    assert not plan.measured
    assert 1 / WITHIN < plan.seconds / carry_out(own, "fit")["tune"]["seconds"] < WITHIN


def test_gates_take_about_as_long(recipe: Recipe, own_time: None) -> None:
    gated = recipe.model_copy(update={"gates": GateSettings(**STEPS)})
    expected = gates_time(gated, measure=True)
    assert expected is not None
    assert 1 / WITHIN < expected.seconds / carry_out(gated, "learn")["gates"]["seconds"] < WITHIN
    known = gates_time(gated)
    assert known is not None
    assert known.measured


def test_what_did_not_fit_into_memory_is_tried_out_another_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_recipe(write_project(tmp_path))
    with monkeypatch.context() as full:
        full.setattr(depths_module, "free_bytes", lambda _device: 0)
        assert candidate_time(recipe) is None
        assert gates_time(recipe, measure=True) is None
    assert candidate_time(recipe) is not None
    assert gates_time(recipe, measure=True) is not None


@pytest.mark.parametrize("family", ["llama", "gemma3", "gpt2", "qwen2_moe", "qwen3_next"])
def test_first_layers_are_a_model_of_the_same_form(tmp_path: Path, family: str) -> None:
    model = resolve(write_tiny(tmp_path / "m", family, seed=1, layers=4))
    short = shortened(model, 2)
    assert short.shape.layers == 2
    assert {name: short.facts[name] for name in short.facts} == {
        name: model.facts[name] for name in short.facts
    }
    module = load_resident(short, torch.device("cpu"), torch.float32)
    assert len(module.get_submodule(model.family.layers)) == 2
    with torch.inference_mode():
        logits = module(input_ids=torch.arange(3, 11)[None]).logits
    assert logits.shape == (1, 8, VOCABULARY)
    assert torch.isfinite(logits).all()


def test_large_models_are_timed_at_two_depths(recipe: Recipe) -> None:
    model = resolve(recipe.target)
    small = depths_for(model, tokens=100, passes=3, device="cpu", dtype="float32")
    large = depths_for(model, tokens=10**9, passes=3, device="cpu", dtype="float32")
    assert small is not None
    assert large is not None
    assert (small.each, small.most_tokens) == ((4,), None)
    assert large.each == (1, 2)
    assert large.most_tokens is not None
    assert Depths((1, 2), 30, 64, 1e9).whole([1.0, 1.5]) == pytest.approx(1.0 + 29 * 0.5)

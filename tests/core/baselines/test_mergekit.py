"""mergekit itself, as a child process, from the recipe to figures; its merges against formulas."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from act_core.baselines.mergekit_run import mergekit_version, run_mergekit
from act_core.baselines.plain import is_plain, plain_folder
from act_core.cancel import CancelToken
from act_core.errors import BaselineError, CancelledByPersonError
from act_core.events import Event, Measured, Metric, Note, Started, discard
from act_core.models.reference import resolve
from act_core.pipeline import baselines as stage
from act_core.pipeline.points import SweepPoint
from act_core.pipeline.run import Outcome, run_recipe
from act_core.pipeline.sweep import sweep
from act_core.recipe import load_recipe
from act_core.report.summed import measured_of
from act_core.report.table import figure_table
from tests.core.baselines.plain import Tensors, assert_close, tensors_of
from tests.core.project import write_project

needs_mergekit = pytest.mark.skipif(
    mergekit_version() is None, reason="mergekit is not installed: pip install -e .[baselines]"
)


def evaluated(recipe: Path, events: list[Event] | None = None) -> Outcome:
    emit = discard if events is None else events.append
    return run_recipe(
        load_recipe(recipe), until="evaluate", command="", emit=emit, token=CancelToken()
    )


def swept(recipe: Path, events: list[Event] | None = None) -> tuple[Measured, ...]:
    emit = discard if events is None else events.append
    points = (SweepPoint("matched", 0.2, 1.0),)
    return sweep(load_recipe(recipe), points, emit=emit, token=CancelToken()).measured


def between(folder: Path, share: float) -> Tensors:
    ours, theirs = (tensors_of(resolve(folder / n)) for n in ("target", "specialist"))
    return {name: value + share * (theirs[name] - value) for name, value in ours.items()}


def assert_merged(folder: Path, name: str, share: float) -> None:
    """A merge that was kept is the target moved so far, with the target's side files."""
    kept = folder / "run" / "baselines"
    merged = resolve(kept / name.replace(" ", "_"))
    assert_close(tensors_of(merged), between(folder, share))
    side_file = "tokenizer.json"
    assert (merged.folder / side_file).read_bytes() == (folder / "target" / side_file).read_bytes()
    assert not (kept / "work" / "merged").exists()


@needs_mergekit
def test_a_run_measures_a_merge_once_and_it_is_the_plain_formula(tmp_path: Path) -> None:
    chosen = {"linear": {"strength": [0.25]}}
    recipe = write_project(
        tmp_path, evaluate={"resamples": 200, "baselines": chosen, "keep_merged": True}
    )

    metrics = evaluated(recipe).metrics

    assert_merged(tmp_path, "linear strength 0.25", 0.25)
    rows = {row["candidate"]: row for row in metrics["baselines"]}
    assert all(row["state"] == "measured" and row["peak_bytes"] > 0 for row in rows.values())
    figures = {(f["candidate"], f["ability"], f["measure"]): f for f in metrics["figures"]}
    # Interpolation at the same strength is the same model, measured as a patch.
    same = figures["linear strength 0.25", "colours", "loss"]["value"]
    assert same == pytest.approx(figures["interpolation 0.25", "colours", "loss"]["value"], 1e-5)

    (tmp_path / "run" / "metrics.json").unlink()
    events: list[Event] = []
    assert evaluated(recipe, events).metrics["figures"] == metrics["figures"]
    measured = {event.candidate for event in events if isinstance(event, Metric)}
    assert "result" in measured
    assert not measured & rows.keys()  # neither merged nor measured a second time


@needs_mergekit
def test_a_sweep_measures_a_merge_once_and_it_is_the_plain_formula(tmp_path: Path) -> None:
    chosen = {
        "resamples": 200,
        "controls": ["interpolation"],
        "interpolations": [0.7],
        "baselines": {"task-arithmetic": {"strength": [0.7]}},
        "keep_merged": True,
    }
    recipe = write_project(tmp_path, evaluate=chosen)
    name = "task-arithmetic strength 0.7"

    found = {one.candidate: one for one in swept(recipe)}

    assert_merged(tmp_path, name, 0.7)
    assert (found[name].kind, found[name].part, found[name].reused) == ("baseline", 1.0, False)
    # Interpolation as far is the same model, measured as a patch.
    for one, same in zip(found[name].abilities, found["interpolation 0.7"].abilities, strict=True):
        assert one.figure.value == pytest.approx(same.figure.value, 1e-5)

    events: list[Event] = []
    assert {one.candidate: one for one in swept(recipe, events)}[name].reused
    assert not [event for event in events if isinstance(event, Metric)]
    assert not [event for event in events if isinstance(event, Note) and name in event.text]


@needs_mergekit
def test_a_cancel_ends_the_child(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    token = CancelToken()
    threading.Timer(0.3, token.cancel).start()

    with pytest.raises(CancelledByPersonError):
        run_mergekit("merge_method: linear", tmp_path / "out", seed=0, cancel=token)

    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


@needs_mergekit
def test_what_the_child_says_last_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "transformers.py").write_text("raise ImportError('spoilt installation')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(BaselineError, match="ImportError: spoilt installation") as caught:
        run_mergekit("merge_method: linear", tmp_path / "out", seed=0, cancel=CancelToken())

    assert "Traceback" in caught.value.detail
    assert caught.value.remedy


def test_rows_say_what_could_not_be_measured_and_how_to_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "mergekit_version", lambda: None)  # as where it is not installed
    chosen = ["ties", "model-stock", "layer-swapping", "aim"]
    recipe = write_project(tmp_path, evaluate={"resamples": 200, "baselines": chosen})
    events: list[Event] = []

    outcome = evaluated(recipe, events)

    metrics: dict[str, Any] = dict(outcome.metrics)
    states = {row["candidate"]: row["state"] for row in metrics["baselines"]}
    assert states == {
        **{
            f"ties density {d} strength {s}": "missing"
            for d in ("0.2", "0.5")
            for s in ("0.5", "1")
        },
        "model-stock": "unfit",
        "layer-swapping outer target": "measured",
        "layer-swapping outer painter": "measured",
        "aim strength 0.5": "measured",
        "aim strength 1": "measured",
    }
    last = figure_table(metrics).rows[-2:]
    assert last[0][0] == "ties"
    assert "pip install" in last[0][1]
    assert last[1][0] == "model-stock"
    assert outcome.report is not None
    assert "pip install" in outcome.report.read_text("utf-8")
    kinds = {one.candidate: one.kind for one in measured_of(metrics)}
    assert kinds["aim strength 1"] == "baseline"
    costs = {cost["candidate"]: cost for cost in metrics["costs"]}
    assert costs["result"]["seconds"] > 0
    assert costs["aim strength 1"]["seconds"] > 0

    told: list[Event] = []
    found = {one.candidate: one for one in swept(recipe, told)}
    assert {name for name, state in states.items() if state == "measured"} <= found.keys()
    assert found.keys().isdisjoint(name for name, state in states.items() if state != "measured")
    left_out = [one.text for one in told if isinstance(one, Note) and "is left out" in one.text]
    assert [text for text in left_out if text.startswith("model-stock is left out:")]
    assert "ties density 0.2 strength 1 is left out: mergekit is not installed." in left_out

    again: list[Event] = []
    assert evaluated(recipe, again).metrics["costs"][1:] == metrics["costs"][1:]
    assert not [e for e in again if isinstance(e, Started) and e.stage == "activations"]


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_adapters_become_plain_folders(tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from tests.core.tiny import write_tiny

    base = write_tiny(tmp_path / "base", "llama", seed=1)
    wrapped = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base),
        LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False),
    )
    wrapped.save_pretrained(tmp_path / "adapter")
    model = resolve(f"{base}+{tmp_path / 'adapter'}")
    assert is_plain(resolve(base))
    assert not is_plain(model)

    folder = plain_folder(model, tmp_path / "plain", CancelToken())

    loaded = AutoModelForCausalLM.from_pretrained(folder).state_dict()
    merged = wrapped.merge_and_unload().state_dict()
    assert_close(dict(loaded), dict(merged))
    assert is_plain(resolve(folder))

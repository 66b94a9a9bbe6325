"""A recipe with a tuning after its transfer, from start to verified checkpoint."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import ActError, RecipeError, TunedError, VerificationError
from act_core.events import Event, EventSink, Finished, Note, TuningStep, discard
from act_core.pipeline.known import known_moves, models_of
from act_core.pipeline.loading import loading_lines
from act_core.pipeline.planning import plan_of
from act_core.pipeline.publish import card_text
from act_core.pipeline.run import Outcome, Stage, run_recipe
from act_core.pipeline.tune_plan import tune_plan
from act_core.recipe import load_recipe
from act_core.transfer.verify import verify_folder
from tests.core.project import changed, write_project

EVALUATE = {"resamples": 200, "controls": []}
TUNE = {"steps": 4, "batch_tokens": 120, "check_every": 2, "learning_rate": 0.003}
BRIEF = {
    name: {
        "role": role,
        "calibration": [{"file": f"{name}_calib.jsonl"}],
        "heldout": [{"file": f"{name}_heldout.jsonl"}],
        "calibration_tokens": 200,
    }
    for name, role in (("colours", "bring"), ("numbers", "keep"))
}


def project(folder: Path, **changes: Any) -> Path:
    whole = {"evaluate": EVALUATE, "abilities": BRIEF, "tune": TUNE, **changes}
    return write_project(folder, **whole)


def carry_out(recipe: Path, until: Stage = "run", emit: EventSink = discard) -> Outcome:
    return run_recipe(load_recipe(recipe), until=until, command="", emit=emit, token=CancelToken())


def names_of(outcome: Outcome) -> list[str]:
    return list(dict.fromkeys(figure["candidate"] for figure in outcome.metrics["figures"]))


def loss_of(outcome: Outcome, candidate: str, ability: str) -> float:
    return next(
        float(f["value"])
        for f in outcome.metrics["figures"]
        if (f["candidate"], f["ability"], f["measure"]) == (candidate, ability, "loss")
    )


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_channels_are_tuned_measured_written_and_known_again(tmp_path: Path) -> None:
    recipe = project(
        tmp_path,
        specialists={"painter": {"model": "specialist", "training_tokens": 10_000}},
        transfer={"norms": 0.5},
        localize={"scorer": "matched", "budget": {"share": 0.1}, "tie": ["neuron"]},
        tune={**TUNE, "shares": {"colours": 3}},
    )
    events: list[Event] = []

    outcome = carry_out(recipe, "tune", events.append)

    assert outcome.export is None
    assert names_of(outcome) == ["target", "painter", "result", "transfer only", "tuning only"]
    facts = outcome.metrics["tune"]
    assert facts["shares"] == {"colours": 0.75, "numbers": 0.25}
    assert facts["tokens"] == facts["only"]["tokens"]
    assert facts["parameters"] == facts["only"]["parameters"]
    assert facts["best_step"] > 0
    assert facts["share_of_training"]["painter"] == facts["tokens"] / 10_000
    assert any(isinstance(e, Note) and "above 2%" in e.text for e in events)
    report = (tmp_path / "run" / "report.md").read_text("utf-8")
    for text in ("## Tuning after the transfer", "learned anew", "Tuning only:", "75 %"):
        assert text in report

    plain = carry_out(changed(recipe, tune=None, run="plain"))
    for ability in ("colours", "numbers"):
        before = loss_of(plain, "result", ability)
        assert loss_of(outcome, "transfer only", ability) == before
    events.clear()
    whole = carry_out(
        changed(recipe, tune={**TUNE, "shares": {"colours": 3}}, run="run"), "run", events.append
    )
    reused = [e.stage for e in events if isinstance(e, Finished) and e.reused]
    assert reused == ["profile", "tune", "evaluate"]
    assert verify_folder(whole.export).passed
    assert "tuning only" in card_text(load_recipe(recipe))
    plan = plan_of(load_recipe(recipe)).plan
    assert plan.parameters == whole.metrics["transfer"]["parameters"]

    target, moved, tuned = (
        weights_of(place) for place in (tmp_path / "target", plain.export, whole.export)
    )
    rows = load_file(tmp_path / "run" / "tune" / "result" / "rows.safetensors")
    changed_rows = 0
    for name, found in tuned.items():
        indices = rows.get(f"{name}|rows")
        rest = torch.ones(len(found), dtype=torch.bool)
        if indices is not None:
            rest[indices.long()] = False
            assert found[indices.long()].equal(rows[name])
            changed_rows += int((found != moved[name])[indices.long()].any(-1).sum())
        assert found[rest].equal(moved[name][rest])
        if "norm" not in name and "down" not in name:
            assert found[rest].equal(target[name][rest])
    assert changed_rows == facts["channels"]

    events.clear()
    carry_out(recipe, "run", events.append)
    assert [e.stage for e in events if isinstance(e, Finished) and e.reused][-1] == "transfer"
    damaged = bytearray((whole.export / "model.safetensors").read_bytes())
    damaged[-5] ^= 1
    (whole.export / "model.safetensors").write_bytes(damaged)
    with pytest.raises(VerificationError):
        verify_folder(whole.export, answer=False)


# PEFT asks transformers for it.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated")
def test_an_adapter_merges_as_peft_merges_it(tmp_path: Path) -> None:
    recipe = project(tmp_path, tune={**TUNE, "kind": "lora", "rank": 2, "learning_rate": 0.02})
    merged = carry_out(recipe)
    apart = carry_out(
        changed(
            recipe,
            tune={**TUNE, "kind": "lora", "rank": 2, "learning_rate": 0.02, "keep": "adapter"},
            run="apart",
        )
    )
    plain = carry_out(changed(recipe, tune=None, run="plain"), "transfer")

    for outcome in (merged, apart):
        assert verify_folder(outcome.export, answer=False).passed
        assert names_of(outcome)[2:] == ["result", "transfer only", "tuning only"]
    base = plain.export / "model.safetensors"
    assert (apart.export / "model.safetensors").read_bytes() == base.read_bytes()
    load = AutoModelForCausalLM.from_pretrained
    model = load(apart.export, dtype=torch.float32)
    wanted = PeftModel.from_pretrained(model, apart.export / "act_lora").merge_and_unload()
    found, before = weights_of(merged.export), weights_of(plain.export)
    state = wanted.state_dict()
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, state[name], rtol=1e-5, atol=1e-6)
        linear = name.endswith("proj.weight")
        assert tensor.equal(before[name]) is not linear
    for outcome, base in ((merged, "target"), (apart, "model")):
        config = json.loads((outcome.export / "act_lora" / "adapter_config.json").read_text())
        assert config["base_model_name_or_path"] == base
    # As the card says.
    card = (apart.export / "README.md").read_text("utf-8")
    assert 'PeftModel.from_pretrained(model, "small", subfolder="act_lora")' in card
    loaded = PeftModel.from_pretrained(
        load(apart.export, dtype=torch.float32), apart.export, subfolder="act_lora"
    )
    ids = torch.arange(5, 25)[None]
    torch.testing.assert_close(loaded(ids).logits, wanted(ids).logits)
    space: dict[str, Any] = {}
    exec(loading_lines(apart.export), space)  # what a person would paste
    torch.testing.assert_close(space["model"].float()(ids).logits, wanted(ids).logits)
    (apart.export / "act_lora" / "adapter_model.safetensors").write_bytes(b"")
    with pytest.raises(VerificationError, match="tuning"):
        verify_folder(apart.export, answer=False)


def test_open_gates_are_tuned_and_a_person_stops(tmp_path: Path) -> None:
    gates = {"start": "interpolation", "steps": 2, "batch_tokens": 60, "check_every": 2}
    recipe = project(
        tmp_path,
        gates={**gates, "budget": 0.5},
        tune={**TUNE, "steps": 30, "check_every": 5},
        evaluate={**EVALUATE, "controls": ["tuning"]},
    )
    token = CancelToken()

    def stop(event: Event) -> None:
        if isinstance(event, TuningStep) and (event.tuning, event.step) == ("tune", 2):
            token.keep_best()

    outcome = run_recipe(load_recipe(recipe), until="run", command="", emit=stop, token=token)

    facts = outcome.metrics["tune"]
    assert facts["stopped_by_person"]
    assert (facts["steps"], facts["only"]["steps"]) == (2, 2)
    assert facts["channels"] == outcome.metrics["gates"]["channels"]
    assert facts["tokens_before"] == outcome.metrics["gates"]["tokens"]
    assert names_of(outcome)[2:] == [
        "result", "transfer only", "tuning only", "gates shuffled", "start",
        "tuning in place of gates",
    ]  # fmt: skip
    assert verify_folder(outcome.export, answer=False).passed
    assert "which a person stopped" in (tmp_path / "run" / "report.md").read_text("utf-8")


def test_what_is_known_is_of_this_transfer(tmp_path: Path) -> None:
    path = project(tmp_path)
    recipe = load_recipe(path)
    target, specialists = models_of(recipe)
    carry_out(path, "localize")
    with pytest.raises(TunedError, match="Nothing has been tuned"):
        known_moves(recipe, target, specialists)
    outcome = carry_out(path, "fit")
    assert "figures" not in outcome.metrics
    whole = known_moves(recipe, target, specialists).moves
    half = known_moves(recipe, target, specialists, strength=0.5).moves
    assert [edit.strength for edit in half[-1].edits] == [0.5] * len(whole[-1].edits)
    assert known_moves(recipe, target, specialists, strength=0).moves == ()
    changed(path, localize={"scorer": "matched", "budget": {"share": 0.2}})
    carry_out(path, "localize")
    with pytest.raises(TunedError, match="another transfer"):
        known_moves(load_recipe(path), target, specialists)


def test_the_estimate_needs_no_torch_and_learns_from_the_log(tmp_path: Path) -> None:
    path = project(tmp_path)
    code = (
        "import sys; from pathlib import Path\n"
        "from act_core.pipeline.tune_plan import tune_plan\n"
        "from act_core.recipe import load_recipe\n"
        f"plan = tune_plan(load_recipe(Path({str(path)!r})))\n"
        "assert plan.seconds is None and plan.memory.size_bytes > 0\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    outcome = carry_out(path, "fit")
    facts = outcome.metrics["tune"]
    plan = tune_plan(load_recipe(path))
    assert (plan.parameters, plan.channels) == (facts["parameters"], facts["channels"])
    assert plan.measured
    assert plan.seconds == pytest.approx(facts["seconds"], abs=2)
    assert plan.tokens <= facts["tokens"] < 2 * plan.tokens
    lora = load_recipe(changed(path, tune={"kind": "lora", "rank": 2}))
    assert (
        tune_plan(lora).parameters
        == carry_out(changed(path, tune={**TUNE, "kind": "lora", "rank": 2}), "fit").metrics[
            "tune"
        ]["parameters"]
    )


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project(tmp_path, tune=None)
    assert run(["tune", str(path)]) == 2
    assert "no section tune" in capsys.readouterr().err
    assert run(["tune", str(path), "--preset", "careful", "--plan", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["settings"]["steps"], plan["event"]) == (96, "Plan")
    changed(path, tune=TUNE)
    assert run(["tune", str(path)]) == 0
    shown = capsys.readouterr()
    for text in ("Tuned:", "Tuning read", "transfer only", "tuning only"):
        assert text in shown.out
    assert "tune, step 4: colours" in shown.err


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ({"kind": "whole"}, "kind"),
        ({"shares": {"nothing": 1}}, "Remove nothing from tune.shares"),
        ({"shares": {"colours": 0}}, "shares"),
        ({"rates": 1}, "unknown key tune.rates"),
    ],
)
def test_a_section_that_cannot_be_is_refused(
    tmp_path: Path, section: dict[str, Any], reason: str
) -> None:
    path = project(tmp_path, tune=section)
    with pytest.raises(ActError, match=reason):
        load_recipe(path)
    with pytest.raises(RecipeError):
        load_recipe(path)

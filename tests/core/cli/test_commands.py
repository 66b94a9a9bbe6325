"""The command line on real tiny models: what it leaves, what it prints, how it exits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

from act_core.cli.main import run
from tests.core.project import changed, write_project, write_recipe


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe of a project that was carried out once."""
    recipe = write_project(tmp_path_factory.mktemp("project"))
    assert run(["run", str(recipe)]) == 0
    return recipe


def json_lines(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    code = run([*arguments, "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_run_leaves_everything_design_section_4_names(done: Path) -> None:
    folder = done.parent / "run"
    for name in (
        "recipe.yaml", "metrics.json", "report.md", "report.html", "events.jsonl",
        "profiles/painter--colours.safetensors", "profiles/painter--numbers.safetensors",
        "masks/painter.safetensors", "model/README.md", "model/act_recipe.yaml",
        "model/model.safetensors", "model/config.json", "model/tokenizer.json",
    ):  # fmt: skip
        assert (folder / name).is_file(), name
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    candidates = {figure["candidate"] for figure in metrics["figures"]}
    assert candidates == {
        "target", "painter", "result", "random", "weight", "interpolation 0.25",
        "interpolation 0.5",
    }  # fmt: skip
    assert metrics["masks"]["painter"]["share"] == pytest.approx(0.1, abs=0.01)
    assert all(check["passed"] for check in metrics["verification"])
    card = (folder / "model" / "README.md").read_text("utf-8")
    assert "interpolation 0.25" in card
    assert "base_model" in card


def test_the_result_s_loss_is_that_of_the_exported_checkpoint(done: Path) -> None:
    folder = done.parent / "run"
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    figure = next(
        f for f in metrics["figures"]
        if (f["candidate"], f["ability"], f["measure"]) == ("result", "colours", "loss")
    )  # fmt: skip
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")

    nats, tokens = 0.0, 0
    for line in (done.parent / "colours_heldout.jsonl").read_text("utf-8").splitlines():
        item = json.loads(line)
        prompt = tokenizer(item["prompt"])["input_ids"]
        answer = tokenizer(item["answer"], add_special_tokens=False)["input_ids"]
        ids = torch.tensor([[*prompt, *answer, tokenizer.eos_token_id]])
        with torch.no_grad():
            logits = model(ids).logits[0, len(prompt) - 1 : -1]
        goals = ids[0, len(prompt) :]
        nats += torch.nn.functional.cross_entropy(logits, goals, reduction="sum").item()
        tokens += len(goals)

    assert figure["tokens"] == tokens
    assert figure["value"] == pytest.approx(nats / tokens, rel=1e-4)


def test_the_same_recipe_again_computes_nothing(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = done.parent / "run" / "model" / "model.safetensors"
    before = weights.stat().st_mtime_ns

    code, events = json_lines(["run", str(done)], capsys)

    assert code == 0
    reused = {e["stage"] for e in events if e["event"] == "Finished" and e["reused"]}
    assert reused == {"profile", "evaluate", "transfer"}
    assert weights.stat().st_mtime_ns == before


def test_another_budget_reuses_profiles_and_replaces_the_export_only_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_project(tmp_path)
    assert run(["transfer", str(recipe)]) == 0
    weights = tmp_path / "run" / "model" / "model.safetensors"
    before = weights.read_bytes()
    changed(recipe, localize={"scorer": "matched", "budget": {"share": 0.3}})
    capsys.readouterr()

    code, events = json_lines(["transfer", str(recipe)], capsys)
    assert code == 1
    assert any(e["event"] == "Finished" and e["reused"] for e in events)
    assert "--overwrite" in events[-1]["error"]["remedy"]
    assert weights.read_bytes() == before

    assert run(["transfer", str(recipe), "--overwrite"]) == 0
    assert weights.read_bytes() != before


def test_several_scorers_share_one_profile_and_one_table(tmp_path: Path) -> None:
    recipe = write_project(
        tmp_path, evaluate={"scorers": ["difference", "attributed"], "resamples": 200}
    )
    assert run(["evaluate", str(recipe)]) == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8"))
    assert {"difference", "attributed", "result", "weight"} <= {
        figure["candidate"] for figure in metrics["figures"]
    }
    assert not (tmp_path / "run" / "model").exists()


def test_inspect_check_and_verify(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = done.parent
    code, (card,) = json_lines(["inspect", str(folder / "target")], capsys)
    assert (code, card["family"], card["layers"]) == (0, "Llama", "2")
    code, findings = json_lines(
        ["check", str(folder / "target"), str(folder / "specialist")], capsys
    )
    assert code == 0
    assert all(finding["severity"] != "blocks" for finding in findings)
    code, checks = json_lines(["verify", str(folder / "run" / "model")], capsys)
    assert code == 0
    assert all(c["passed"] for c in checks if c["event"] == "Check")


def test_verify_finds_a_flipped_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = write_project(tmp_path)
    assert run(["transfer", str(recipe)]) == 0
    weights = tmp_path / "run" / "model" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.write_bytes(content)
    assert run(["verify", str(tmp_path / "run" / "model")]) == 1
    assert "Verification failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["no-such-command"], 2, "no-such-command"),
        (["run"], 2, "RECIPE"),
        (["run", "missing.yaml"], 2, "missing.yaml"),
        (["inspect", "missing"], 1, "neither a model folder"),
    ],
)
def test_wrong_use_has_its_own_exit_code_and_says_why(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == code
    shown = capsys.readouterr().err
    assert words in shown
    assert "Traceback" not in shown


def test_an_unknown_key_is_refused_with_the_nearest_known_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_project(tmp_path, localize={"scorer": "matched", "buget": {"share": 0.1}})
    assert run(["run", str(recipe)]) == 2
    assert "budget" in capsys.readouterr().err


def test_models_that_do_not_fit_are_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_project(tmp_path)
    from tests.core.tiny import write_tiny

    write_tiny(tmp_path / "deep", "llama", seed=3, layers=3)
    changed(recipe, specialists={"painter": {"model": "deep"}})
    assert run(["run", str(recipe)]) == 1
    assert "layers" in capsys.readouterr().err
    assert not (tmp_path / "run" / "profiles").exists()


def act(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "act_core.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[3],
    )


def wait_for_first_layer(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "Progress" and event["stage"] == "profile":
            return
    pytest.fail("the profile never began")


@pytest.fixture
def long_project(tmp_path: Path) -> Path:
    """A project whose profile takes long enough to be interrupted."""
    return write_project(tmp_path, layers=24, profile={"device": "cpu", "batch_tokens": 64})


def test_ctrl_c_ends_within_two_seconds_with_130_and_the_next_start_goes_on(
    long_project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = act("run", str(long_project), "--json")
    wait_for_first_layer(process)

    started_at = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=30)

    assert time.monotonic() - started_at < 2
    assert process.returncode == 130
    assert "Traceback" not in shown
    code, events = json_lines(["profile", str(long_project)], capsys)
    first = next(e for e in events if e["event"] == "Progress" and e["stage"] == "profile")
    assert code == 0
    assert first["done"] > 1


def test_a_killed_run_leaves_nothing_half_written_and_the_next_start_succeeds(
    long_project: Path,
) -> None:
    process = act("run", str(long_project), "--json")
    wait_for_first_layer(process)
    process.kill()
    process.communicate()

    assert not (long_project.parent / "run" / "model").exists()
    assert run(["transfer", str(long_project)]) == 0
    AutoModelForCausalLM.from_pretrained(long_project.parent / "run" / "model")


def test_new_writes_a_recipe_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    files = "colours=colours_calib.jsonl,colours_heldout.jsonl"
    words = ["new", "target", "specialist", "--bring", files, "--keep", "plain-en"]

    assert run([*words, "--out", "first.yaml"]) == 0
    assert run(["localize", "first.yaml"]) == 0
    mask = tmp_path / "runs" / "first" / "masks" / "specialist.safetensors"
    written_at_ns = mask.stat().st_mtime_ns
    monkeypatch.chdir("/")  # the recipe that the run keeps leads to the same from anywhere
    assert run(["localize", str(tmp_path / "runs" / "first" / "recipe.yaml")]) == 0
    assert mask.stat().st_mtime_ns == written_at_ns
    monkeypatch.chdir(tmp_path)
    assert run([*words, "--out", "first.yaml"]) == 1
    assert "there already" in capsys.readouterr().err
    assert (
        run(["new", "target", "specialist", "--bring", "colours=one.jsonl", "--out", "other.yaml"])
        == 2
    )
    assert "HELDOUT" in capsys.readouterr().err


def test_what_a_transfer_wrote_stays_known_to_later_stages(tmp_path: Path) -> None:
    recipe = write_project(tmp_path)
    metrics = tmp_path / "run" / "metrics.json"
    assert run(["transfer", str(recipe)]) == 0
    written = json.loads(metrics.read_text("utf-8"))["transfer"]
    assert written["rows"] > 0

    for stage in ("run", "evaluate"):
        assert run([stage, str(recipe)]) == 0
        known = json.loads(metrics.read_text("utf-8"))
        assert known["figures"]
        assert known["transfer"] == written
        assert all(check["passed"] for check in known["verification"])
    card = (tmp_path / "run" / "model" / "README.md").read_text("utf-8")
    assert "interpolation 0.25" in card


def test_items_that_are_cut_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = write_project(tmp_path)
    data = yaml.safe_load(recipe.read_text("utf-8"))
    data["abilities"]["colours"]["length_tokens"] = 16
    write_recipe(tmp_path, data)
    code, events = json_lines(["localize", str(recipe)], capsys)
    assert code == 0
    notes = [event["text"] for event in events if event["event"] == "Note"]
    assert any("colours, calibration" in note and "16 tokens" in note for note in notes)


def test_an_export_that_could_not_be_written_is_refused_before_anything_is_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_project(tmp_path, export="target/better")
    assert run(["run", str(recipe)]) == 1
    assert "lie in each other" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run" / "profiles").exists()
    assert not (tmp_path / "target" / "better").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_goes_away_ends_the_work_quietly() -> None:
    code = (
        "from act_core.cli.main import run\nfrom act_core.cli import commands, screen\n"
        "commands.app = lambda **_: [screen.print_json({'n': n}) for n in range(10**6)]\n"
        "raise SystemExit(run(['run', '--json']))"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b'{"n": 0}\n'
        process.stdout.close()
        told = process.stderr.read()
        assert (process.wait(), told) == (130, b"")

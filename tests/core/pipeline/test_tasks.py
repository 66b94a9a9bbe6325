"""Tasks of lm-evaluation-harness in a run; the real harness where it is installed."""

from __future__ import annotations

import importlib.util
import json
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM

from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import CancelledByPersonError, HarnessError
from act_core.evaluate.harness import run_tasks
from act_core.events import Event, Progress, discard
from tests.core.project import write_project
from tests.core.tiny import tiny_tokenizer

HAS_HARNESS = importlib.util.find_spec("lm_eval") is not None
needs_harness = pytest.mark.skipif(not HAS_HARNESS, reason="the extra eval is not installed")
DOCUMENTS = [{"q": f"Q{n}?", "options": ["no", "yes it is"], "gold": n % 2} for n in range(6)]
MEASURED = 5


def write_task(folder: Path, *, copies: int = 1) -> Path:
    folder.mkdir()
    lines = "".join(json.dumps(one) + "\n" for one in DOCUMENTS * copies)
    (folder / "mine.jsonl").write_text(lines, "utf-8")
    task = {
        "task": "mine",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(folder / "mine.jsonl")}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{q}}",
        "doc_to_choice": "{{options}}",
        "doc_to_target": "gold",
        "metric_list": [{"metric": "acc"}],
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(task), "utf-8")
    group = {"group": "all-of-mine", "task": ["mine"], "aggregate_metric_list": [{"metric": "acc"}]}
    (folder / "all.yaml").write_text(yaml.safe_dump(group), "utf-8")
    return folder


def slow_accuracy(folder: Path) -> float:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = tiny_tokenizer()
    right = 0
    for one in DOCUMENTS[:MEASURED]:
        scores = []
        for option in one["options"]:
            given = tokenizer(one["q"])["input_ids"]
            ids = given + tokenizer(f" {option}")["input_ids"]
            with torch.no_grad():
                likely = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
            scores.append(sum(float(likely[at - 1, ids[at]]) for at in range(len(given), len(ids))))
        right += int(scores.index(max(scores)) == one["gold"])
    return right / MEASURED


def project(folder: Path, **evaluate: Any) -> Path:
    settings = {"resamples": 200, "controls": [], "tasks": ["mine"], **evaluate}
    return write_project(folder, evaluate=settings)


@needs_harness
def test_tasks_stand_in_metrics_and_report_and_are_run_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_task(tmp_path / "tasks")
    recipe = project(tmp_path, task_folder="tasks", tasks=["all-of-mine"], task_items=MEASURED)
    assert run(["run", str(recipe), "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    progress = [e for e in told if e["event"] == "Progress" and e["stage"] == "tasks"]
    # Every document is asked once for each of its two options.
    assert {(e["total"], e["unit"]) for e in progress} == {(2 * MEASURED, "requests")}
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8"))
    figures = metrics["tasks"]["figures"]
    found = {one["candidate"]: one for one in figures if one["task"] == "mine"}
    group = {one["candidate"]: one for one in figures if one["task"] == "all-of-mine"}
    for name, folder in (("target", tmp_path / "target"), ("result", tmp_path / "run" / "model")):
        assert (found[name]["metric"], found[name]["items"]) == ("acc", MEASURED)
        assert found[name]["value"] == pytest.approx(slow_accuracy(folder))
        assert group[name]["value"] == found[name]["value"]
    report = (tmp_path / "run" / "report.md").read_text("utf-8")
    _, _, section = report.partition("## Tasks of lm-evaluation-harness")
    text = "| {} | acc | {} | {:.4f} ± {:.4f} | {:.4f} ± {:.4f} |"
    for task, items, of in (("mine", f"{MEASURED}", found), ("all-of-mine", "–", group)):
        numbers = [of[name][key] for name in ("target", "result") for key in ("value", "error")]
        assert text.format(task, items, *numbers) in section
    capsys.readouterr()
    assert run(["run", str(recipe), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ends = [e for e in events if e["event"] == "Finished" and e["stage"] == "tasks"]
    assert [end["reused"] for end in ends] == [True, True]


@needs_harness
def test_unknown_task_says_what_the_harness_said(tmp_path: Path) -> None:
    recipe = project(tmp_path)
    with pytest.raises(HarnessError, match="stopped") as caught:
        run_tasks(
            tmp_path / "target", ["no-such-task"], tmp_path, emit=discard, cancel=CancelToken()
        )
    assert "Traceback" in caught.value.detail or "no-such-task" in caught.value.detail
    assert recipe.is_file()


@needs_harness
@pytest.mark.parametrize("begun", [False, True])
def test_a_cancel_ends_the_child_within_two_seconds(tmp_path: Path, begun: bool) -> None:
    project(tmp_path)
    write_task(tmp_path / "tasks", copies=200)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    cancel = CancelToken()
    cancelled_at: list[float] = []

    def stop() -> None:
        if not cancelled_at:
            cancelled_at.append(time.monotonic())
            cancel.cancel()

    def listen(event: Event) -> None:
        """A rate can be told once some requests are done and more are to come."""
        if isinstance(event, Progress) and event.rate_per_s and event.eta_s:
            stop()

    if not begun:  # while it still imports
        threading.Timer(0.5, stop).start()
    with pytest.raises(CancelledByPersonError):
        run_tasks(
            tmp_path / "target",
            ["mine"],
            tmp_path / "work",
            task_folder=tmp_path / "tasks",
            emit=listen,
            cancel=cancel,
        )
    assert time.monotonic() - cancelled_at[0] < 2
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    assert not (tmp_path / "work" / "result.json").exists()


@pytest.mark.skipif(HAS_HARNESS, reason="the extra eval is installed")
def test_without_the_harness_it_is_said_how_to_install_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = project(tmp_path)
    assert run(["run", str(recipe), "--json"]) == 0
    assert "act-studio[eval]" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8"))
    assert metrics["tasks"]["figures"] == []
    report = (tmp_path / "run" / "report.md").read_text("utf-8")
    assert "lm-evaluation-harness is not installed" in report
    with pytest.raises(HarnessError, match="is not installed"):
        run_tasks(tmp_path, ["mine"], tmp_path, emit=discard, cancel=CancelToken())


def test_tasks_decide_no_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = write_project(tmp_path, evaluate={"resamples": 200, "controls": []})
    assert run(["evaluate", str(recipe)]) == 0
    data = yaml.safe_load(recipe.read_text("utf-8"))
    data["evaluate"]["tasks"] = ["mine"]
    recipe.write_text(yaml.safe_dump(data), "utf-8")
    capsys.readouterr()
    assert run(["evaluate", str(recipe), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(e.get("stage") == "evaluate" and e.get("reused") for e in events)

"""Leaks in a run: told at once, kept in metrics.json, shown in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from act_core.cli.main import run
from tests.core.project import write_project


def test_overlap_is_told_kept_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = write_project(tmp_path)
    words = " ".join(f"w{n}" for n in range(14))
    for name, answer in (("colours_calib", "red"), ("numbers_heldout", "blue")):
        row = {"id": f"{name}-leak", "prompt": f"{words} is ", "answer": answer}
        with (tmp_path / f"{name}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    assert run(["evaluate", str(recipe), "--json"]) == 0
    notes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = (n for n in notes if n["event"] == "Note" and "13 words" in n["text"])
    assert told["level"] == "warning"
    assert "numbers_heldout-leak" in told["text"]
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8"))
    assert (metrics["leaks"]["numbers"]["partly"], metrics["leaks"]["colours"]["partly"]) == (1, 0)
    (pair,) = metrics["leaks"]["numbers"]["worst"]
    assert (pair["other"], pair["other_ability"]) == ("colours_calib-leak", "colours")
    report = (tmp_path / "run" / "report.md").read_text("utf-8")
    assert "Overlap of held-out items" in report
    assert "numbers\\_heldout-leak" in report or "numbers_heldout-leak" in report

"""`act samples` after real runs: figures and samples belong together, or it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from act_core.cli.main import run
from act_core.evaluate.evaluator import RULES
from tests.core.project import changed, write_project
from tests.core.tiny import write_specialist


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = write_project(tmp_path_factory.mktemp("samples"))
    assert run(["evaluate", str(recipe)]) == 0
    return recipe


def shown(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["samples", *arguments, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_samples_add_up_to_the_figures(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = json.loads((done.parent / "run" / "metrics.json").read_text("utf-8"))
    for name in ("painter", "random"):
        found = shown([str(done), "--candidate", name, "--limit", "99"], capsys)
        for ability in ("colours", "numbers"):
            values = [
                one["answers"][name]["value"]
                for one in found
                if (one["ability"], one["measure"]) == (ability, "exact")
            ]
            (figure,) = (
                f for f in metrics["figures"]
                if (f["candidate"], f["ability"], f["measure"]) == (name, ability, "exact")
            )  # fmt: skip
            assert len(values) == figure["items"]
            assert sum(values) / len(values) == pytest.approx(figure["value"])


def test_filters_choose_abilities_measures_and_changes(
    done: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = shown(
        [str(done), "--ability", "numbers", "--measure", "loss", "--only", "lost", "--limit", "5"],
        capsys,
    )
    assert {(row["ability"], row["measure"]) for row in rows} <= {("numbers", "loss")}
    rises = [row["answers"]["result"]["value"] - row["answers"]["target"]["value"] for row in rows]
    assert all(rise > 0 for rise in rises)
    assert rises == sorted(rises, reverse=True)


def test_table_on_a_terminal(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["samples", str(done), "--ability", "colours", "--limit", "3"]) == 0
    text = capsys.readouterr().out
    assert "colours: exact match" in text
    assert "wrong:" in text


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--ability", "smells"], "There are: colours, numbers"),
        (["--candidate", "nobody"], "There is no candidate nobody"),
        (["--only", "best"], "Give one of lost, recovered, changed, still-wrong"),
    ],
)
def test_unknown_names(
    done: Path, option: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run(["samples", str(done), *option]) in (1, 2)
    assert message in capsys.readouterr().err.replace("\n", " ")


def test_older_figures_are_told_and_measured_again_only_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_project(tmp_path)
    assert run(["samples", str(recipe)]) == 1
    assert "holds no figures yet" in capsys.readouterr().err
    assert run(["evaluate", str(recipe)]) == 0
    folder = tmp_path / "run" / "samples"
    for path in folder.iterdir():
        path.unlink()
    capsys.readouterr()
    assert run(["samples", str(recipe)]) == 1
    assert "measured without keeping samples of" in capsys.readouterr().err
    assert run(["evaluate", str(recipe), "--json"]) == 0
    assert "have no samples" in capsys.readouterr().out
    assert not list(folder.iterdir())
    assert run(["evaluate", str(recipe), "--samples"]) == 0
    assert len(list(folder.iterdir())) == 2
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert run(["evaluate", str(recipe), "--samples"]) == 0
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_samples_of_other_figures_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_project(tmp_path)
    assert run(["evaluate", str(recipe)]) == 0
    path = tmp_path / "run" / "samples" / "colours.jsonl"
    other = path.read_bytes()
    changed(recipe, localize={"scorer": "matched", "budget": {"share": 0.3}})
    assert run(["evaluate", str(recipe)]) == 0
    path.write_bytes(other)
    capsys.readouterr()
    assert run(["samples", str(recipe)]) == 1
    assert "belong to other figures" in capsys.readouterr().err


def test_figures_of_an_older_rule_are_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_project(tmp_path)

    def reused() -> bool:
        capsys.readouterr()
        assert run(["evaluate", str(recipe), "--json"]) == 0
        events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return any(
            e["event"] == "Finished" and e["stage"] == "evaluate" and e["reused"] for e in events
        )

    assert [reused(), reused()] == [False, True]
    monkeypatch.setitem(cast("dict[str, int]", RULES), "exact", RULES["exact"] + 1)
    assert [reused(), reused()] == [False, True]


def test_samples_of_a_sweep_are_those_of_the_run_that_adopts_its_point(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_project(tmp_path)
    write_specialist(tmp_path / "better", tmp_path / "target", seed=4, scale=0.2)
    abilities = yaml.safe_load(recipe.read_text("utf-8"))["abilities"]
    for name, measure in (("colours", "loss"), ("numbers", "exact")):
        # So few that other items can be set apart to choose by.
        abilities[name] |= {"calibration_tokens": 60, "measures": [measure]}
    changed(
        recipe,
        specialists={"painter": {"model": "better"}},
        abilities=abilities,
        evaluate={"controls": ["weight"], "limits": {"numbers": 1.0}},
    )
    assert run(["samples", str(recipe), "--sweep"]) == 1
    assert "recommends anything yet" in capsys.readouterr().err
    assert run(["sweep", str(recipe), "--share", "0.5"]) == 0

    swept = shown([str(recipe), "--sweep", "--limit", "99"], capsys)

    found = json.loads((tmp_path / "run" / "sweep.json").read_text("utf-8"))["recommendation"]
    name, rival = found["candidate"], found["rival"]
    assert {name, rival} == {"matched 50 % × 1", "weight 50 % × 1"}
    assert shown([str(recipe), "--sweep", "--candidate", rival, "--against", name], capsys)
    changed(recipe, localize={"scorer": name.partition(" ")[0], "budget": {"share": 0.5}})
    assert run(["evaluate", str(recipe)]) == 0
    for one in swept:
        one["answers"]["result"] = one["answers"].pop(name)
    assert swept == shown([str(recipe), "--limit", "99"], capsys)
    assert any(one["answers"]["result"]["said"] for one in swept)
    other = {"act": 2, "recommendation": {**found, "rival": ""}}
    (tmp_path / "run" / "sweep.json").write_text(json.dumps(other), "utf-8")
    assert run(["samples", str(recipe), "--sweep"]) == 1
    assert "belong to other figures" in capsys.readouterr().err

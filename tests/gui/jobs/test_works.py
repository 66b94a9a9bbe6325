"""Every kind of job, on a tiny project: what it leaves, and what it says when something lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_core.cancel import CancelToken
from act_core.errors import ActError
from act_core.events import Event, Measured
from act_core.pipeline.run import Outcome
from act_core.pipeline.sweep import SweepResult
from act_core.recipe import Recipe, load_recipe
from act_core.transfer.verify import VerificationReport
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.warm import WARM
from act_gui.jobs.works import WORKS
from tests.core.project import write_project


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return load_recipe(write_project(tmp_path_factory.mktemp("project")))


def done(spec: JobSpec, events: list[Event] | None = None) -> object:
    emit = (events if events is not None else []).append
    return WORKS[spec.kind](spec, emit, CancelToken())


def test_a_recipe_is_carried_out_and_its_checkpoint_published(
    recipe: Recipe, tmp_path: Path
) -> None:
    outcome = done(JobSpec("transfer", "Write", "cpu", recipe, {"overwrite": True}))
    assert isinstance(outcome, Outcome)
    assert outcome.export == recipe.run / "model"

    arguments = {"source": str(outcome.export), "out": str(tmp_path / "out"), "card": "# Mine\n"}
    published = done(JobSpec("publish", "Export", "files", arguments=arguments))
    verified = done(JobSpec("verify", "Verify", "files", arguments={"folder": arguments["out"]}))

    assert (tmp_path / "out" / "README.md").read_text("utf-8") == "# Mine\n"
    for report in (published, verified):
        assert isinstance(report, VerificationReport)
        assert report.checks
        assert all(check.passed for check in report.checks)


def test_a_sweep_measures_its_points(recipe: Recipe) -> None:
    events: list[Event] = []
    points = [
        {"scorer": "matched", "share": 0.1, "strength": 1.0},
        {"scorer": "random", "share": 0.2, "strength": 0.5},
    ]

    result = done(JobSpec("sweep", "Sweep", "cpu", recipe, {"points": points}), events)

    assert isinstance(result, SweepResult)
    names = {event.candidate for event in events if isinstance(event, Measured)}
    assert names >= {"matched 10 % × 1", "random 20 % × 0.5"}


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("profile", {}),
        ("verify", {}),
        ("publish", {"source": "x", "out": ""}),
        ("sweep", {"points": [{"scorer": "matched", "share": 0.1, "strength": 1.0}]}),
    ],
)
def test_a_job_that_lacks_something_says_so(kind: str, arguments: dict[str, object]) -> None:
    with pytest.raises(ActError, match="does not say its"):
        done(JobSpec(kind, "A job", "cpu", arguments=arguments))


@pytest.mark.parametrize(
    "points", [None, 3, [], ["matched"], [{"scorer": "matched", "share": "many", "strength": 1.0}]]
)
def test_malformed_points_are_refused(recipe: Recipe, points: object) -> None:
    with pytest.raises(ActError, match="does not say its points"):
        done(JobSpec("sweep", "Sweep", "cpu", recipe, {"points": points}))


def test_questions_keep_the_model_until_another_job_needs_the_memory(recipe: Recipe) -> None:
    turns = [{"role": "user", "content": "item 1 is "}]
    question = {
        "asks": [{"candidate": "target", "turns": turns}],
        "sampling": {"new_tokens": 2},
    }
    answers = done(JobSpec("try", "Ask", "cpu", recipe, {"question": question}))

    assert isinstance(answers, tuple)
    assert [answer.candidate for answer in answers] == ["target"]
    assert WARM.is_warm
    done(JobSpec("localize", "Select", "cpu", recipe))
    assert not WARM.is_warm


def test_a_question_that_is_none_is_told(recipe: Recipe) -> None:
    with pytest.raises(ActError, match="does not say its question"):
        done(JobSpec("try", "Ask", "cpu", recipe, {"question": {"asks": []}}))


def test_an_analysis_that_names_none_is_told(recipe: Recipe) -> None:
    with pytest.raises(ActError, match="does not say its analyses"):
        done(JobSpec("analyse", "Analyse", "cpu", recipe))

"""Estimates before a run: memory against what is free, and how long a profile takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_core.cancel import CancelToken
from act_core.events import Finished, discard
from act_core.models.headers import read_metadata
from act_core.models.reference import Model, resolve
from act_core.pipeline.run import run_recipe
from act_core.profile.expect import expected_profile
from act_core.profile.fit import task_fits
from act_core.profile.machine import Machine
from act_core.recipe import Draft, load_recipe
from act_core.run_log import EventLog
from tests.core.project import write_project
from tests.core.tiny import write_specialist, write_tiny

GB = 10**9


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Model]:
    folder = tmp_path_factory.mktemp("models")
    target = write_tiny(folder / "t", "llama", seed=1)
    return resolve(target), resolve(write_specialist(folder / "s", target, seed=2))


def draft(**values: object) -> Draft:
    return Draft.model_validate({"name": "n", "run": "run", **values})


def test_each_task_is_held_against_the_memory_that_it_uses(pair: tuple[Model, Model]) -> None:
    target, specialist = pair
    roomy = task_fits(draft(), target, [specialist], Machine("CPU", 16 * GB, 16 * GB))
    assert [(fit.task, fit.verdict) for fit in roomy] == [
        ("profile", "fits"), ("transfer", "fits"), ("evaluate", "fits"),
    ]  # fmt: skip
    assert all(fit.assumptions and fit.need_bytes for fit in roomy)
    full_gpu = task_fits(draft(), target, [specialist], Machine("GPU", 16 * GB, 16 * GB, 1000))
    assert [fit.verdict for fit in full_gpu] == ["no", "fits", "no"]


def test_what_nearly_fills_the_memory_is_tight(pair: tuple[Model, Model]) -> None:
    target, specialist = pair
    need = task_fits(draft(), target, [specialist], Machine("CPU", GB, GB))[0].need_bytes
    assert need is not None
    tight = task_fits(draft(), target, [specialist], Machine("CPU", need * 5 // 4, GB))
    assert tight[0].verdict == "tight"
    assert task_fits(draft(), target, [], Machine("CPU", 0, 0))[0].verdict == "unknown"


def test_attributed_needs_more_memory(pair: tuple[Model, Model]) -> None:
    target, specialist = pair
    machine = Machine("CPU", 16 * GB, 16 * GB)
    plain = task_fits(draft(), target, [specialist], machine)[0].need_bytes
    backward = draft(localize={"scorer": "attributed"})
    more = task_fits(backward, target, [specialist], machine)[0].need_bytes
    assert plain is not None
    assert more is not None
    assert more > plain


def test_a_first_profile_is_expected_from_the_speed_of_this_machine(
    pair: tuple[Model, Model], tmp_path: Path
) -> None:
    def seconds(tokens: int, *statistics: str) -> float:
        found = expected_profile(
            pair[0], [pair[1]], counted_tokens=tokens, total_tokens=tokens,
            statistics=statistics, run=tmp_path, device="cpu", dtype="float32",
        )  # fmt: skip
        assert not found.measured
        assert any("GFLOP/s" in text for text in found.assumptions)
        return found.seconds

    few = seconds(10**6, "matched")
    assert 0 < few < seconds(2 * 10**6, "matched")
    assert few < seconds(10**6, "matched", "attributed")


def test_a_later_profile_is_expected_from_the_last_one(tmp_path: Path) -> None:
    recipe = load_recipe(write_project(tmp_path))
    run_recipe(recipe, until="profile", command="", emit=discard, token=CancelToken())
    log = EventLog(recipe.run / "events.jsonl", discard)
    log(Finished("profile", reused=True))
    log(Finished("profile", seconds=8.0))
    log.close()
    target, specialist = resolve(recipe.target), resolve(recipe.specialists["painter"].model)

    def expect(counted: int, specialists: int, *statistics: str) -> float:
        found = expected_profile(
            target, [specialist] * specialists, counted_tokens=counted, total_tokens=9 * counted,
            statistics=statistics, run=recipe.run, device="cpu", dtype="float32",
        )  # fmt: skip
        assert found.measured
        return found.seconds

    counted = sum(
        int(read_metadata(path)["counted_tokens"])
        for path in (recipe.run / "profiles").glob("*.safetensors")
    )
    assert expect(counted, 1, "matched") == pytest.approx(8.0)
    assert expect(2 * counted, 1, "matched") == pytest.approx(16.0)
    assert expect(counted, 2, "matched") == pytest.approx(12.0)

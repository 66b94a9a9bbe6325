"""*Attributed* along the line: the mean over points, whole with more of them, and gone on with."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError, OutputError
from act_core.events import Event, Finished, MapRows, Progress, Started, discard
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.models.resident import load_resident
from act_core.profile.path import profile_along
from act_core.profile.run import profile
from act_core.profile.spec import ProfileSpec
from act_core.tune.losses import LossMeter
from tests.core.profile.inputs import encoded, spec_for
from tests.core.tiny import write_specialist, write_tiny


def spec_of(folder: Path, family: str, *, scale: float = 0.3) -> ProfileSpec:
    """A specialist that differs from the target in rows of linear modules and biases alone."""
    target = write_tiny(folder / "target", family, seed=1)
    other = write_specialist(folder / "other", target, seed=2, scale=scale)
    path = other / "model.safetensors"
    theirs, ours = load_file(path), load_file(target / "model.safetensors")
    modules = layout_of(resolve(target)).modules
    moved = {name for module in modules for name in (module.tensor, module.bias)}
    save_file({n: theirs[n] if n in moved else ours[n] for n in ours}, path, {"format": "pt"})
    return spec_for(target, {"other": other}, {"one": encoded(seed=4)}, ("matched", "attributed"))


def with_points(spec: ProfileSpec, midpoints: int) -> ProfileSpec:
    return dataclasses.replace(spec, midpoints=midpoints)


def loss_of(spec: ProfileSpec, name: str) -> float:
    model = spec.target if name == "target" else spec.specialists[name]
    module = load_resident(model, torch.device("cpu"), torch.float32)
    meter = LossMeter(module, model, 1000, discard, CancelToken())
    return meter.loss(spec.abilities["one"].sequences)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_the_sum_over_all_channels_comes_to_the_whole_difference(
    tmp_path: Path, family: str
) -> None:
    spec = dataclasses.replace(spec_of(tmp_path, family), statistics=("attributed",))
    whole = loss_of(spec, "target") - loss_of(spec, "other")
    errors = []
    for midpoints in (1, 4, 8):
        made = profile_along(with_points(spec, midpoints), tmp_path, discard, CancelToken())
        gains = made["other", "one"].statistic("attributed").sum(dtype=np.float64)
        errors.append(abs(gains - whole))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.02 * abs(whole)


def test_it_is_the_mean_over_the_points_and_nothing_else_changes(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "llama")
    events: list[Event] = []
    made = profile_along(with_points(spec, 2), tmp_path, events.append, CancelToken())
    points = [
        profile(dataclasses.replace(spec, point=point), tmp_path, discard, CancelToken())
        for point in (0.25, 0.75)
    ]
    found = made["other", "one"]
    one, other = (point["other", "one"] for point in points)
    mean = (one.statistic("attributed").astype(np.float64) + other.statistic("attributed")) / 2
    np.testing.assert_array_equal(found.statistic("attributed"), mean.astype(np.float32))
    np.testing.assert_array_equal(found.statistic("matched"), one.statistic("matched"))
    assert found.facts["midpoints"] == "2"

    assert sum(isinstance(event, Started) for event in events) == 1
    assert sum(isinstance(event, Finished) for event in events) == 1
    progress = [event for event in events if isinstance(event, Progress)]
    assert (progress[-1].done, progress[-1].total) == (8, 8)
    shown = [row for e in events if isinstance(e, MapRows) for row in e.rows]
    last = {(row.layer, row.kind): row.values for row in shown if row.statistic == "attributed"}
    for number, module in enumerate(found.layout.modules):
        expected = found.statistic("attributed")[found.layout.slice_of(number)]
        np.testing.assert_array_equal(last[module.layer, module.kind], expected)


def test_keys_tell_points_apart_and_the_middle_alone_has_its_old_one(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "llama")
    keys = {with_points(spec, number).pair_key("other", "one") for number in (1, 2, 3)}
    assert len(keys) == 3
    made = profile_along(spec, tmp_path, discard, CancelToken())
    assert made["other", "one"].facts["key"] == spec.pair_key("other", "one")
    assert "midpoints" not in made["other", "one"].facts


def test_finished_points_are_not_walked_again(tmp_path: Path) -> None:
    spec = with_points(spec_of(tmp_path, "llama"), 3)
    token = CancelToken()

    def cancel(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= 5:
            token.cancel()

    with pytest.raises(CancelledByPersonError):
        profile_along(spec, tmp_path / "broken", cancel, token)
    assert list((tmp_path / "broken").glob("*.point"))
    events: list[Event] = []
    again = profile_along(spec, tmp_path / "broken", events.append, CancelToken())
    whole = profile_along(spec, tmp_path / "whole", discard, CancelToken())
    np.testing.assert_array_equal(
        again["other", "one"].statistic("attributed"),
        whole["other", "one"].statistic("attributed"),
    )
    assert min(event.done for event in events if isinstance(event, Progress)) > 4
    assert not list((tmp_path / "broken").iterdir())


class NothingLeft(CancelToken):
    """Polled by a walk that should find all of its layers finished."""

    def raise_if_cancelled(self) -> None:
        raise AssertionError("a layer is walked again")


@pytest.mark.parametrize(("rounds", "midpoints"), [(1, 1), (2, 1), (1, 2)])
def test_what_could_not_be_saved_is_not_walked_again(
    rounds: int, midpoints: int, tmp_path: Path
) -> None:
    spec = dataclasses.replace(spec_of(tmp_path, "llama"), rounds=rounds, midpoints=midpoints)
    work = tmp_path / "work"

    def full(_made: object) -> None:
        raise OutputError("The disk is full.", remedy="Make room.")

    with pytest.raises(OutputError):
        profile_along(spec, work, discard, CancelToken(), full)
    kept: list[object] = []
    made = profile_along(spec, work, discard, NothingLeft(), kept.append)

    assert kept == [made]
    assert not list(work.iterdir())
    fresh = profile_along(spec, tmp_path / "fresh", discard, CancelToken())
    for name, values in made["other", "one"].statistics.items():
        np.testing.assert_array_equal(values, fresh["other", "one"].statistic(name))

"""Learning gates: steps are Adam's, the loss falls, prices prune, bounds hold, resume is exact."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.cancel import CancelToken
from act_core.errors import AbilityDataError, CancelledByPersonError, GatesError, NotFiniteError
from act_core.events import (
    Event,
    Finished,
    MapRows,
    Note,
    Progress,
    TuningLoss,
    TuningStep,
    discard,
)
from act_core.models.channels import layout_of
from act_core.models.resident import load_resident
from act_core.recipe import Transfer
from act_core.transfer.gate_edits import gate_moves
from act_core.transfer.gates import Gates
from act_core.transfer.loaded import put_on
from act_core.transfer.plan import plan_transfer
from act_core.tune.gate_training import forget_unfinished, learn_gates, shrink
from act_core.tune.gates import GateSpec
from act_core.tune.losses import LossMeter
from act_core.tune.tuning_data import tuning_data
from act_core.tune.tuning_state import losses_of
from tests.core.transfer.setting import carry_out
from tests.core.tune.setting import blended, data, mean_loss, models, some_values, spec_for


def learned(spec: GateSpec, folder: Path, emit: object = discard) -> Gates:
    return learn_gates(spec, folder, emit, CancelToken())  # type: ignore[arg-type]


def values_of(gates: Gates) -> np.ndarray:
    return np.stack(list(gates.values.values()))


@pytest.mark.parametrize("family", ["llama", "gpt2", "phi3"])
def test_steps_are_those_of_adam_on_the_blended_model(tmp_path: Path, family: str) -> None:
    target, *others = models(tmp_path, family)
    start = some_values(target, 2) * 0.5 + 0.2
    layout = layout_of(target)
    spec = spec_for(
        target,
        *others,
        start=Gates(layout, dict(zip(("one", "other"), start, strict=True))),
        steps=2,
        validation=0,
        bounds=(-2, 2),
        learning_rate=0.01,
    )
    gates = torch.from_numpy(start.copy()).requires_grad_(True)
    adam = torch.optim.Adam([gates], lr=0.01)
    rows = [
        tuning_data(n, e, steps=2, batch_tokens=30, validation=0, seed=0).steps
        for n, e in data().items()
    ]
    for step in range(2):
        adam.zero_grad()
        model = blended(target, spec.specialists, gates)
        loss = sum(mean_loss(model, steps[step]) for steps in rows) / 2
        loss.backward()
        clear = gates.grad.abs() > 1e-3 * gates.grad.abs().max()
        adam.step()

    found = values_of(learned(spec, tmp_path))

    # Where the gradient is next to nothing, Adam's step follows the rounding.
    assert clear.float().mean() > 0.9
    difference = np.abs(found - gates.detach().numpy())[clear.numpy()]
    assert np.quantile(difference, 0.99) < 1e-4
    assert np.abs(found - start).max() <= 0.0201


def test_the_loss_falls_and_is_that_of_the_export(tmp_path: Path) -> None:
    target, *others = models(tmp_path, "llama")
    events: list[Event] = []
    choices = Transfer(norms=0.5, embeddings=0.3)
    spec = spec_for(target, *others, choices=choices, steps=12, validation=0.3)
    gates = learned(spec, tmp_path, events.append)

    losses = losses_of(gates.facts["losses"])
    assert [e for e in events if isinstance(e, TuningLoss)] == losses
    best = int(gates.facts["best_step"])
    by_step = {
        step: sum(one.loss for one in losses if one.split == "validation" and one.step == step)
        for step in (0, best)
    }
    assert best > 0
    assert by_step[best] < by_step[0] - 0.05
    module = load_resident(target, torch.device("cpu"), torch.float32)
    put_on(module, target, gate_moves(target, spec.specialists, gates, choices))
    meter = LossMeter(module, target, 1000, discard, CancelToken())
    rows = tuning_data(
        "bring", data()["bring"], steps=1, batch_tokens=30, validation=0.3, seed=0
    ).validation
    told = next(
        one for one in losses if (one.step, one.ability, one.split) == (best, "bring", "validation")
    )
    assert meter.loss(rows) == pytest.approx(told.loss, rel=1e-5)
    assert told.tokens == sum(row.predicted_tokens for row in rows)


def test_a_price_prunes_and_bounds_hold(tmp_path: Path) -> None:
    target, *others = models(tmp_path, "llama")
    free, cheap, dear = (
        learned(spec_for(target, *others, l1=price, learning_rate=0.1, validation=0), tmp_path)
        for price in (0.0, 2.0, 2000.0)
    )
    opened = [np.count_nonzero(values_of(gates)) for gates in (free, cheap, dear)]
    assert opened[0] > opened[1] > opened[2] == 0
    assert opened[1] > 0.02 * opened[0]
    values = values_of(free)
    assert values.min() >= 0
    assert values.max() <= 1
    wide = values_of(
        learned(
            spec_for(
                target, *others, bounds=(-0.5, 1.5), steps=12, learning_rate=0.3, validation=0
            ),
            tmp_path,
        )
    )
    assert wide.min() == -0.5
    assert wide.max() == 1.5
    assert {values.min(), values.max()} != {wide.min(), wide.max()}


def test_shrinking_is_the_proximal_step() -> None:
    gates = torch.nn.Parameter(torch.tensor([[0.5, -0.5, 0.01, 0.3]]))
    adam = torch.optim.Adam([gates], lr=0.1)
    gates.grad = torch.tensor([[2.0, 2.0, 1.0, 0.0]])
    adam.step()
    before = gates.detach().clone()
    shrink(gates, adam, 0.5)
    # sqrt(v) is |gradient| after one step: thresholds 0.1 * 0.5 / 2, 0.1 * 0.5 / 1, without end.
    wanted = torch.tensor([[before[0, 0] - 0.025, before[0, 1] + 0.025, before[0, 2] + 0.05, 0.0]])
    torch.testing.assert_close(gates.detach(), wanted, rtol=1e-5, atol=1e-6)


def test_the_start_is_kept_where_nothing_is_better(tmp_path: Path) -> None:
    target, one = models(tmp_path, "llama", count=1)
    events: list[Event] = []
    spec = spec_for(
        target, one, steps=40, learning_rate=1.0, bounds=(-2, 2), patience=2, check_every=1
    )
    gates = learned(spec, tmp_path, events.append)
    steps, best = int(gates.facts["steps"]), int(gates.facts["best_step"])
    assert steps == best + 2
    assert gates.facts["stopped"] == "early"
    assert any(isinstance(event, Note) and "Stopped" in event.text for event in events)
    if best == 0:
        assert np.array_equal(values_of(gates), values_of(spec.start))


class CancelAfter:
    """A sink that cancels after so many tuning losses."""

    def __init__(self, count: int) -> None:
        self.token = CancelToken()
        self._left = count

    def __call__(self, event: Event) -> None:
        if isinstance(event, TuningLoss):
            self._left -= 1
            if not self._left:
                self.token.cancel()


@pytest.mark.parametrize("cancelled_after", [1, 5, 9, 14])
def test_going_on_after_a_cancel_gives_the_same_bits(tmp_path: Path, cancelled_after: int) -> None:
    target, *others = models(tmp_path, "gpt2")
    spec = spec_for(target, *others, steps=7, l1=1.0, learning_rate=0.02)
    whole_events: list[Event] = []
    whole = learned(spec, tmp_path / "whole", whole_events.append)

    sink = CancelAfter(cancelled_after)
    with pytest.raises(CancelledByPersonError):
        learn_gates(spec, tmp_path / "broken", sink, sink.token)
    events: list[Event] = []
    again = learned(spec, tmp_path / "broken", events.append)

    assert values_of(again).tobytes() == values_of(whole).tobytes()
    assert {**again.facts, "seconds": ""} == {**whole.facts, "seconds": ""}
    told = [e for e in events if isinstance(e, TuningLoss)]
    assert told == [e for e in whole_events if isinstance(e, TuningLoss)]
    forget_unfinished(spec, tmp_path / "broken")
    assert not list((tmp_path / "broken").iterdir())


def test_a_damaged_rest_is_begun_anew(tmp_path: Path) -> None:
    target, one = models(tmp_path, "llama", count=1)
    spec = spec_for(target, one)
    sink = CancelAfter(9)
    with pytest.raises(CancelledByPersonError):
        learn_gates(spec, tmp_path / "broken", sink, sink.token)
    (path,) = (tmp_path / "broken").iterdir()
    path.write_bytes(path.read_bytes()[:-9])

    found = learned(spec, tmp_path / "broken")

    assert values_of(found).tobytes() == values_of(learned(spec, tmp_path)).tobytes()


def test_seeds_decide(tmp_path: Path) -> None:
    target, one = models(tmp_path, "llama", count=1)
    first, same, other = (
        values_of(learned(spec_for(target, one, seed=seed, validation=0), tmp_path))
        for seed in (3, 3, 4)
    )
    assert first.tobytes() == same.tobytes()
    assert first.tobytes() != other.tobytes()


def test_what_is_told(tmp_path: Path) -> None:
    target, *others = models(tmp_path, "llama")
    events: list[Event] = []
    spec = spec_for(target, *others, steps=4, check_every=2)
    gates = learned(spec, tmp_path, events.append)
    progress = [event for event in events if isinstance(event, Progress)]
    assert (progress[-1].done, progress[-1].total, progress[-1].unit) == (4, 4, "steps")
    assert isinstance(events[-1], Finished)
    losses = [event for event in events if isinstance(event, TuningLoss)]
    assert sorted((e.step, e.ability, e.split) for e in losses) == sorted(
        [
            *itertools.product(range(4), data(), ["tuning"]),
            *itertools.product((0, 2, 4), data(), ["validation"]),
        ]
    )
    maps = [event for event in events if isinstance(event, MapRows)]
    layout = layout_of(target)
    assert len(maps) == 3
    for event in maps:
        assert {row.statistic for row in event.rows} == {"gate"}
        assert {row.specialist for row in event.rows} == {"one", "other"}
        assert sum(len(row.values) for row in event.rows) == 2 * layout.total
    first = np.concatenate([row.values for row in maps[0].rows])
    assert set(first) == {np.float32(0.3)}
    assert int(gates.facts["tokens"]) >= 4 * 2 * 30
    assert 0 < int(gates.facts["different_tokens"]) <= int(gates.facts["tokens"])


def test_a_loss_that_is_no_number_is_said(tmp_path: Path) -> None:
    target, one = models(tmp_path, "llama", count=1)
    path = one.folder / "model.safetensors"
    from safetensors.torch import load_file, save_file

    tensors = load_file(path)
    tensors[layout_of(target).modules[0].tensor][0] = float("inf")
    save_file(tensors, path, {"format": "pt"})
    with pytest.raises(NotFiniteError, match="step 0"):
        learned(spec_for(target, one), tmp_path)


def test_data_is_divided_and_ordered_by_the_seed() -> None:
    keep = data()["keep"]

    def laid(seed: int, **changes: object) -> object:
        settings = {"steps": 9, "batch_tokens": 30, "validation": 0.2, **changes}
        return tuning_data("keep", keep, seed=seed, **settings)  # type: ignore[arg-type]

    one, same, other = laid(1), laid(1), laid(2)
    assert one.steps == same.steps  # type: ignore[attr-defined]
    assert one.steps != other.steps  # type: ignore[attr-defined]
    assert len(one.validation) == 2  # type: ignore[attr-defined]
    apart = {id(row) for row in one.validation}  # type: ignore[attr-defined]
    read = [id(row) for step in one.steps for row in step]  # type: ignore[attr-defined]
    assert not apart & set(read)
    assert set(read[:8]) | apart == {id(row) for row in keep.sequences}
    assert all(sum(len(r.ids) for r in step) >= 30 for step in one.steps)  # type: ignore[attr-defined]
    with pytest.raises(AbilityDataError, match="too few"):
        laid(1, validation=0.99)


def test_gates_of_experts_are_learned_and_exported(tmp_path: Path) -> None:
    target, one = models(tmp_path, "qwen2_moe", count=1)
    spec = spec_for(target, one, steps=3, validation=0.3)
    gates = learned(spec, tmp_path)
    best = int(gates.facts["best_step"])
    assert best > 0

    moves = gate_moves(target, spec.specialists, gates, Transfer())
    out = carry_out(plan_transfer(target, moves, tmp_path / "out"))

    model = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32).eval()
    told = {
        event.ability: event.loss
        for event in losses_of(gates.facts["losses"])
        if (event.step, event.split) == (best, "validation")
    }
    for ability in spec.schedule.data(target, data()):
        with torch.no_grad():
            found = mean_loss(model, ability.validation).item()
        assert found == pytest.approx(told[ability.ability], rel=1e-5)


def test_a_dtype_in_which_gradients_vanish_is_refused(tmp_path: Path) -> None:
    target, one = models(tmp_path, "llama", count=1)
    spec = dataclasses.replace(spec_for(target, one), dtype="float16")
    with pytest.raises(GatesError, match="float16"):
        learned(spec, tmp_path)


def test_a_wish_to_keep_the_best_outlives_a_program_that_dies_before_it_is_saved(
    tmp_path: Path,
) -> None:
    target, one = models(tmp_path, "llama", count=1)
    spec = spec_for(target, one, steps=8, check_every=2, validation=0.3)
    token = CancelToken()

    def stop(event: Event) -> None:
        if isinstance(event, TuningStep) and event.step == 3:
            token.keep_best()

    first = learn_gates(spec, tmp_path, stop, token)
    again = learned(spec, tmp_path)

    assert (again.facts["steps"], again.facts["stopped"]) == ("3", "person")
    assert first.facts == again.facts
    assert values_of(first).tobytes() == values_of(again).tobytes()

"""Tuning after a transfer: rows learn as under gradient masks, and what is left is exact."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from act_core.cancel import CancelToken
from act_core.errors import ActError, CancelledByPersonError, TunedError
from act_core.events import Event, Note, TuningLoss, TuningStep, discard
from act_core.models.channels import layout_of
from act_core.models.packing import state_apart
from act_core.models.reference import Model
from act_core.models.resident import load_resident
from act_core.recipe import Transfer, TuneSettings, preset_of
from act_core.transfer.moved import moved_model
from act_core.transfer.moves import Move, moves_of
from act_core.transfer.plan import plan_transfer
from act_core.transfer.rows import load_rows, pieces_of
from act_core.transfer.tuned import moved_channels
from act_core.tune.row_linear import install_rows
from act_core.tune.schedule import Schedule
from act_core.tune.tuned import TuneSpec
from act_core.tune.tuned_training import Tuned, learn_tuned, read_tuned
from tests.core.transfer.setting import NAME, carry_out, some_channels, two_models
from tests.core.tune.setting import data, mean_loss


def started(target: Model, specialist: Model, seed: int = 3) -> tuple[Move, ...]:
    masks = {NAME: some_channels(target, seed=seed)}
    return moves_of(target, {NAME: specialist}, masks, Transfer(strength=0.7))


def spec_for(target: Model, start: tuple[Move, ...], **settings: object) -> TuneSpec:
    plain = {"steps": 6, "batch_tokens": 30, "check_every": 2, "learning_rate": 0.01, **settings}
    return TuneSpec(
        target,
        start,
        moved_channels(target, start),
        data(),
        TuneSettings.model_validate(plain),
        device="cpu",
    )


def learned(
    spec: TuneSpec, folder: Path, emit: object = discard, token: CancelToken | None = None
) -> Tuned:
    token = token or CancelToken()
    return learn_tuned(spec, folder / "tuned", "tune", emit, token)  # type: ignore[arg-type]


@pytest.mark.parametrize("family", ["llama", "gpt2", "phi3", "qwen2_moe"])
def test_rows_learn_as_a_whole_model_under_gradient_masks(tmp_path: Path, family: str) -> None:
    target, specialist = two_models(tmp_path, family)
    start = started(target, specialist)
    out = carry_out(plan_transfer(target, start, tmp_path / "out"))
    spec = spec_for(target, start, steps=3, validation=0, shares={"bring": 3}, check_every=3)
    model = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32).eval()
    masks = {}
    layout = layout_of(target)
    for index, module in enumerate(layout.modules):
        chosen = spec.selected[layout.slice_of(index)].reshape(-1, module.rows)
        for tensor, rows in zip(module.tensors, chosen, strict=True):
            mask = torch.from_numpy(rows)[:, None].expand(module.rows, module.inputs)
            masks[tensor] = mask.T if module.transposed else mask
        if module.bias:
            masks[module.bias] = torch.from_numpy(chosen[0])
    apart = state_apart(dict(model.named_parameters()), target.family)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, [1.0, 1.0, 0.5].__getitem__)
    clear = {name: torch.ones(one.shape, dtype=torch.bool) for name, one in apart.items()}
    read = spec.schedule.data(target, data())
    assert [round(one.weight, 3) for one in read] == [0.75, 0.25]
    for step in range(3):
        optimizer.zero_grad()
        loss = sum(one.weight * mean_loss(model, one.steps[step]) for one in read)
        loss.backward()
        for parameter in model.parameters():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = state_apart(
            {name: one.grad for name, one in model.named_parameters()}, target.family
        )
        for name, gradient in gradients.items():
            gradient.mul_(masks.get(name, torch.zeros(())))
            # Where it is next to nothing, as of a key's bias, Adam's step follows the rounding.
            clear[name] &= (gradient == 0) | (gradient.abs() > 1e-5)
        optimizer.step()
        if step < 2:
            rate.step()

    tuned = learned(spec, tmp_path)

    (*_, move) = tuned.moves(target, start)
    assert torch.cat([one.flatten() for one in clear.values()]).float().mean() > 0.98
    for name, wanted in apart.items():
        found = move.specialist.weights.read(name)[clear[name]]
        torch.testing.assert_close(found, wanted.detach()[clear[name]], rtol=1e-3, atol=2e-4)


def test_memory_grows_with_the_rows_and_nothing_else_has_a_gradient(tmp_path: Path) -> None:
    target, _ = two_models(tmp_path, "gpt2")
    selected = np.zeros(layout_of(target).total, dtype=np.bool_)
    selected[[1, 5, 200]] = True
    pieces = pieces_of(layout_of(target), selected)
    module = load_resident(target, torch.device("cpu"), torch.float32)
    numbers = pieces[-1].bias.stop
    values = torch.nn.Parameter(torch.zeros(numbers))
    values.grad = torch.zeros(numbers)
    before = {one.data_ptr(): one for one in module.parameters()}
    install_rows(module, target, pieces, values)

    mean_loss(module, data()["keep"].sequences[:1]).backward()

    each = layout_of(target).parameters_of_channel()
    assert numbers == each[selected].sum()
    assert torch.count_nonzero(values.grad) > numbers // 2
    assert all(one.grad is None and not one.requires_grad for one in before.values())
    assert {one.data_ptr() for one in module.parameters()} <= before.keys()


@pytest.mark.parametrize(
    ("kind", "family", "cancelled_after"),
    [("channels", "qwen2_moe", 9), ("channels", "gpt2", 1), ("lora", "llama", 12)],
)
def test_going_on_after_a_break_gives_the_same_bits(
    tmp_path: Path, kind: str, family: str, cancelled_after: int
) -> None:
    target, specialist = two_models(tmp_path, family)
    spec = spec_for(target, started(target, specialist), kind=kind, rank=2)
    whole = learned(spec, tmp_path / "whole")
    token, told = CancelToken(), []

    def cancel(event: Event) -> None:
        if isinstance(event, TuningLoss):
            told.append(event)
            if len(told) == cancelled_after:
                token.cancel()

    with pytest.raises(CancelledByPersonError):
        learned(spec, tmp_path / "broken", cancel, token)
    assert read_tuned(tmp_path / "broken" / "tuned") is None
    again = learned(spec, tmp_path / "broken")

    one, other = (load_file(tuned.weights) for tuned in (whole, again))
    assert all(one[name].equal(other[name]) for name in one)
    assert again.losses == whole.losses
    assert not list((tmp_path / "broken").glob("*.partial"))
    assert read_tuned(tmp_path / "broken" / "tuned").facts == again.facts  # type: ignore[union-attr]


@pytest.mark.parametrize("family", ["llama", "qwen2_moe"])
def test_layers_computed_again_learn_the_same(tmp_path: Path, family: str) -> None:
    target, specialist = two_models(tmp_path, family)
    start = started(target, specialist)
    plain, again = (
        learned(spec_for(target, start, steps=2, checkpointing=one), tmp_path / str(one))
        for one in (False, True)
    )
    assert again.facts["key"] == plain.facts["key"]
    one, other = (load_file(tuned.weights) for tuned in (plain, again))
    for name, values in one.items():
        torch.testing.assert_close(values, other[name], rtol=1e-4, atol=1e-5)


def test_half_precision_learns_in_single(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path, dtype="bfloat16")
    start = started(target, specialist)
    # Far below what bfloat16 tells apart at these weights, but not all steps together.
    spec = spec_for(
        target, start, steps=30, learning_rate=2e-4, decay=False, validation=0, check_every=30
    )
    tuned = learned(dataclasses.replace(spec, dtype="bfloat16"), tmp_path)
    (*_, move) = tuned.moves(target, start)
    moved = moved_model(target, start)
    name, rows = next(iter(load_rows(tuned.weights, layout_of(target), target.facts).rows.items()))
    found, before = (one.weights.read_rows(name, rows) for one in (move.specialist, moved))
    assert found.dtype == torch.bfloat16
    assert (found != before).float().mean() > 0.3
    assert (found - before).abs().max() < 0.012


def test_a_person_stops_and_keeps_the_best(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    start = started(target, specialist)
    spec = spec_for(target, start, steps=40, check_every=2)
    token, events = CancelToken(), []

    def stop(event: Event) -> None:
        events.append(event)
        if isinstance(event, TuningStep) and event.step == 3:
            token.keep_best()

    token.keep_best()  # nothing is under way yet, so nothing is asked
    tuned = learned(spec, tmp_path, stop, token)

    assert (tuned.facts["steps"], tuned.facts["stopped"]) == (3, "person")
    assert not token.keeps_best
    checks = [one for one in tuned.losses if one.split == "validation"]
    assert {one.step for one in checks} == {0, 2, 3}
    mean = {s: sum(o.loss for o in checks if o.step == s) for s in (0, 2, 3)}
    assert tuned.facts["best_step"] == min(mean, key=mean.__getitem__)
    assert any(isinstance(one, Note) and "by the person" in one.text for one in events)
    control = learn_tuned(
        spec.alone(3), tmp_path / "only", "tuning only", stop, token, stoppable=False
    )
    assert (control.facts["steps"], control.facts["stopped"]) == (3, "")
    assert control.facts["tokens"] == tuned.facts["tokens"]


def test_steps_are_told_with_rate_speed_and_memory(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    events: list[Event] = []
    learned(spec_for(target, started(target, specialist), patience=9), tmp_path, events.append)
    steps = [one for one in events if isinstance(one, TuningStep)]
    assert [one.step for one in steps] == [1, 2, 3, 4, 5, 6]
    wanted = [0.01, 0.01, 0.008, 0.006, 0.004, 0.002]
    assert [one.learning_rate for one in steps] == pytest.approx(wanted)
    assert all(one.tokens_per_s > 0 and one.peak_bytes > 1e6 for one in steps)
    assert {one.tuning for one in steps} == {"tune"}


def test_the_rate_warms_up_and_falls() -> None:
    schedule = Schedule(20, 1, 0.0, 1, 1, decay=True)
    rates = [schedule.rate(step, 1.0) for step in range(20)]
    assert rates[:3] == [0.5, 1.0, 1.0]
    assert rates[-1] == pytest.approx(1 / 18)
    assert all(np.diff(rates[2:]) < 0)
    assert Schedule(1, 1, 0.0, 1, 1, decay=True).rate(0, 1.0) == 1.0


def test_presets_keep_everything_but_their_own(tmp_path: Path) -> None:
    own = TuneSettings(kind="lora", keep="adapter", seed=3, shares={"a": 2.0})
    quick, careful = (preset_of(name, own) for name in ("quick", "careful"))
    assert quick.steps < careful.steps
    assert quick.rate > careful.rate
    assert (careful.kind, careful.keep, careful.seed) == ("lora", "adapter", 3)
    assert careful.shares == {"a": 2.0}
    assert TuneSettings.model_validate(careful.model_dump()) == careful


def test_what_cannot_learn_is_refused(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    with pytest.raises(TunedError, match="moves no channel"):
        learned(spec_for(target, ()), tmp_path)
    spec = spec_for(target, started(target, specialist))
    with pytest.raises(TunedError, match="float16"):
        learned(dataclasses.replace(spec, dtype="float16"), tmp_path)


def test_a_tuning_is_of_one_transfer_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    target, specialist = two_models(tmp_path)
    start = started(target, specialist)
    tuned = learned(spec_for(target, start, steps=1), tmp_path)
    with pytest.raises(TunedError, match="another transfer"):
        tuned.moves(target, started(target, specialist, seed=4))
    layout, facts = layout_of(target), target.facts
    tensors = load_file(tuned.weights)
    name = next(name for name in tensors if name.endswith("|rows"))
    metadata = {"format": "act-rows-1", "layout": layout.fingerprint()}

    def refused(changed: dict[str, torch.Tensor], told: dict[str, str], match: str) -> None:
        save_file(changed, tmp_path / "bad.safetensors", told)
        with pytest.raises(TunedError, match=match):
            load_rows(tmp_path / "bad.safetensors", layout, facts)

    refused(tensors, {**metadata, "format": "other"}, "no tuned rows")
    refused(tensors, {**metadata, "layout": "other"}, "another form")
    refused({**tensors, name: tensors[name].flip(0)}, metadata, "unsorted")
    refused({**tensors, name: tensors[name] + 10**6}, metadata, "outside 0 to")
    refused({**tensors, "x": torch.zeros(1), "x|rows": torch.zeros(1)}, metadata, "no channels")
    weight = name.removesuffix("|rows")
    refused({**tensors, weight: tensors[weight].half()}, metadata, "does not hold")
    tuned.weights.write_bytes(tuned.weights.read_bytes()[:-4])
    assert read_tuned(tuned.folder) is None
    with pytest.raises(ActError):
        load_rows(tuned.weights, layout, facts)

"""Tuning after a transfer: rows learn as under gradient masks, adapters merge as PEFT merges."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.events import CancelToken, discard
from act_core.models.channels import layout_of
from act_core.models.packing import state_apart
from act_core.models.reference import Model
from act_core.recipe import Transfer, TuneSettings
from act_core.transfer.plan import plan_transfer
from act_core.transfer.tuned import moved_channels
from act_core.transfer.work import Move, moves_of
from act_core.tune.tuned import TuneSpec
from act_core.tune.tuned_training import Tuned, learn_tuned
from tests.core.transfer.setting import NAME, carry_out, some_channels, two_models
from tests.core.tune.setting import data, mean_loss


def started(target: Model, specialist: Model, choices: Transfer | None = None) -> tuple[Move, ...]:
    masks = {NAME: some_channels(target)}
    return moves_of(target, {NAME: specialist}, masks, choices or Transfer(strength=0.7))


def spec_for(target: Model, start: tuple[Move, ...], ends: int = 0, **settings: object) -> TuneSpec:
    plain = {"steps": 6, "batch_tokens": 30, "check_every": 2, "learning_rate": 0.01, **settings}
    return TuneSpec(
        target,
        start,
        moved_channels(target, start),
        data(),
        TuneSettings.model_validate(plain),
        ends=ends,
        device="cpu",
    )


def learned(spec: TuneSpec, folder: Path, emit: object = discard) -> Tuned:
    return learn_tuned(spec, folder / "tuned", "tune", emit, CancelToken())  # type: ignore[arg-type]


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

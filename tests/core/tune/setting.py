"""Tiny models and data for tuning, and the plain way to the gradient of a gate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from act_core.abilities.encode import Encoded
from act_core.models.channels import layout_of
from act_core.models.packing import state_apart
from act_core.models.reference import Model, resolve
from act_core.recipe import GateSettings, Transfer
from act_core.transfer.gates import Gates, uniform_gates
from act_core.tune.gates import GateSpec
from tests.core.profile.inputs import encoded
from tests.core.tiny import write_specialist, write_tiny

SPECIALISTS = ("one", "other")


def models(folder: Path, family: str, *, layers: int = 2, count: int = 2) -> list[Model]:
    """A target and specialists; GPT-2 has biases, Llama and Phi-3 have none."""
    target = write_tiny(folder / "target", family, seed=1, layers=layers)
    others = [
        write_specialist(folder / name, target, seed=number, scale=0.5)
        for number, name in enumerate(SPECIALISTS[:count], 2)
    ]
    return [resolve(path) for path in (target, *others)]


def data() -> dict[str, Encoded]:
    """Two abilities of few different tokens each, so that what is learned of some holds for all."""
    lengths = (9, 14, 5, 11, 8, 12, 7, 10, 13, 6)
    abilities = {
        "bring": encoded(seed=1, lengths=lengths, answer_only=True),
        "keep": encoded(seed=2, lengths=lengths),
    }
    for first, one in zip((20, 60), abilities.values(), strict=True):
        for row in one.sequences:
            row.ids[:] = first + row.ids % 4
    return abilities


def spec_for(
    target: Model,
    *specialists: Model,
    start: Gates | None = None,
    choices: Transfer | None = None,
    seed: int = 0,
    **settings: Any,
) -> GateSpec:
    named = dict(zip(SPECIALISTS, specialists, strict=False))
    return GateSpec(
        target,
        named,
        data(),
        start or uniform_gates(layout_of(target), named, 0.3),
        GateSettings(**{"steps": 6, "batch_tokens": 30, "check_every": 2, **settings}),
        choices or Transfer(),
        seed=seed,
        device="cpu",
    )


def some_values(target: Model, count: int) -> np.ndarray:
    random = np.random.default_rng(7)
    return random.uniform(0, 1, (count, layout_of(target).total)).astype(np.float32)


def blended(target: Model, specialists: Mapping[str, Model], gates: torch.Tensor) -> Any:
    """transformers' own model with every weight blended under autograd, and no formula of ours.

    Args:
        target: Its folder is read by transformers.
        specialists: By name.
        gates: float32 `[specialists, channels]`; the model's loss can be derived by it.
    """
    load = AutoModelForCausalLM.from_pretrained
    model = load(target.folder, dtype=torch.float32).eval().requires_grad_(False)
    family = target.family
    state, *theirs = (
        state_apart(one.state_dict(), family)
        for one in (model, *(load(s.folder, dtype=torch.float32) for s in specialists.values()))
    )
    layout, replaced = layout_of(target), {}
    for number, module in enumerate(layout.modules):
        own = gates[:, layout.slice_of(number)]
        weights = zip(module.tensors, own.split(module.rows, dim=1), strict=True)
        for tensor, rows in (*weights, *([(module.bias, own)] if module.bias else ())):
            gate = rows if tensor == module.bias else rows[:, :, None]
            if module.transposed and tensor != module.bias:
                gate = rows[:, None, :]
            value = state[tensor]
            for row, other in zip(gate, theirs, strict=True):
                value = value + row * (other[tensor] - state[tensor])
            replaced[tensor] = value
    for name, packed in model.state_dict().items():
        if name not in state:
            parts = [replaced.pop(own) for own in state_apart({name: packed}, family)]
            replaced[name] = torch.cat(parts).reshape(packed.shape)
    return lambda **inputs: torch.func.functional_call(model, replaced, (), inputs)


def mean_loss(model: Any, rows: Any) -> torch.Tensor:
    """Mean loss over counted tokens, one sequence at a time."""
    total, count = torch.zeros(()), 0
    for row in rows:
        ids = torch.tensor(row.ids)[None].long()
        counted = torch.tensor(row.counted)[1:]
        logits = model(input_ids=ids, use_cache=False).logits[0, :-1][counted]
        total = total + torch.nn.functional.cross_entropy(
            logits, ids[0, 1:][counted], reduction="sum"
        )
        count += int(counted.sum())
    return total / count

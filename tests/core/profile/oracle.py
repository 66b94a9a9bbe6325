"""The plain way to profile: whole models of transformers with hooks, one sequence at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from act_core.abilities.encode import TokenSequence
from act_core.models.channels import layout_of
from act_core.models.reference import Model
from tests.core.profile.plain_experts import PlainExpert, take_apart


def load(folder: Path) -> Any:
    return take_apart(whole(folder))


def whole(folder: Path) -> Any:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.eval().requires_grad_(False)


def midpoint(target: Path, specialist: Path) -> Any:
    model, other = whole(target), whole(specialist).state_dict()
    with torch.no_grad():
        # parameters(), unlike the state dict, names tied storage once
        for name, value in model.named_parameters():
            value.copy_((value + other[name]) / 2)
    return take_apart(model)


def modules_of(model: Any, described: Model) -> dict[str, Any]:
    """Linear modules by the name of their weight."""
    return {
        name: model.get_submodule(name.removesuffix(".weight"))
        for module in layout_of(described).modules
        for name in module.tensors
    }


def positions(model: Any, name: str, length: int) -> list[int]:
    """Places of the tokens that a module was last called with, of one sequence."""
    parent = model.get_submodule(name.rsplit(".", 2)[0])
    return parent.tokens if isinstance(parent, PlainExpert) else list(range(length))


def change(ours: Any, theirs: Any, inputs: torch.Tensor) -> torch.Tensor:
    """The specialist's module minus the target's, both applied to the same inputs."""
    return theirs(inputs) - ours(inputs)


def watch(modules: dict[str, Any], model: Any, ids: torch.Tensor) -> dict[str, tuple[Any, Any]]:
    """Inputs and outputs by name; copies, since some layers add to an output in place."""
    seen: dict[str, tuple[Any, Any]] = {}
    handles = [
        module.register_forward_hook(
            lambda _m, args, out, name=name: seen.__setitem__(name, (args[0], out.clone()))
        )
        for name, module in modules.items()
    ]
    model(ids, use_cache=False)
    for handle in handles:
        handle.remove()
    return seen


def difference_and_matched(
    target: Path, specialist: Path, described: Model, sequences: Sequence[TokenSequence]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    ours, theirs = load(target), load(specialist)
    our_modules, their_modules = modules_of(ours, described), modules_of(theirs, described)
    difference = {name: torch.zeros(()) for name in our_modules}
    matched = {name: torch.zeros(()) for name in our_modules}
    tokens = sum(int(sequence.counted.sum()) for sequence in sequences)
    with torch.no_grad():
        for sequence in sequences:
            ids = torch.tensor(sequence.ids)[None].long()
            a, b = watch(our_modules, ours, ids), watch(their_modules, theirs, ids)
            for name in our_modules:
                here = positions(ours, name, len(sequence.ids))
                there = positions(theirs, name, len(sequence.ids))
                for place in np.flatnonzero(sequence.counted).tolist():
                    if place not in here:
                        continue
                    inputs, output = (rows_of(v)[here.index(place)] for v in a[name])
                    delta = change(our_modules[name], their_modules[name], inputs)
                    matched[name] = matched[name] + delta.double().abs()
                    if place in there:
                        other = rows_of(b[name][1])[there.index(place)]
                        difference[name] = difference[name] + (other - output).double().abs()
    return (
        {name: filled(total / tokens, our_modules[name]) for name, total in difference.items()},
        {name: filled(total / tokens, our_modules[name]) for name, total in matched.items()},
    )


def rows_of(values: torch.Tensor) -> torch.Tensor:
    return values.reshape(-1, values.shape[-1])


def filled(total: torch.Tensor, module: Any) -> np.ndarray:
    """As many zeros as channels where no token was sent to an expert."""
    outputs = module.nf if hasattr(module, "nf") else module.out_features
    return total.expand(outputs).numpy()


def attributed(
    target: Path, specialist: Path, described: Model, sequences: Sequence[TokenSequence]
) -> dict[str, np.ndarray]:
    """Minus the derivative of the loss with respect to one gate per channel.

    A gate g_j adds g_j times the channel's change to its output; at g = 0 the derivative is the
    first-order effect of moving the channel, by autograd and with no formula of ours.
    """
    middle = midpoint(target, specialist)
    modules = modules_of(middle, described)
    our_modules = modules_of(load(target), described)
    their_modules = modules_of(load(specialist), described)
    gates, handles = {}, []
    for name, module in modules.items():

        def hook(_module: Any, args: Any, out: Any, name: str = name) -> Any:
            if name not in gates:
                gates[name] = torch.zeros(out.shape[-1], requires_grad=True)
            return out + gates[name] * change(our_modules[name], their_modules[name], args[0])

        handles.append(module.register_forward_hook(hook))
    loss, count = torch.zeros(()), 0
    for sequence in sequences:
        ids = torch.tensor(sequence.ids)[None].long()
        counted = torch.tensor(sequence.counted)[1:]
        logits = middle(ids, use_cache=False).logits[0, :-1][counted]
        loss = loss + torch.nn.functional.cross_entropy(
            logits, ids[0, 1:][counted], reduction="sum"
        )
        count += int(counted.sum())
    gradients = torch.autograd.grad(loss / count, list(gates.values()))
    found = {name: -g for name, g in zip(gates, gradients, strict=True)}
    return {n: filled(found.get(n, torch.zeros(())), module) for n, module in modules.items()}

"""The plain way to profile: whole models of transformers with hooks, one sequence at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from act_core.abilities.encode import TokenSequence
from act_core.models.reference import Model


def load(folder: Path) -> Any:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.eval().requires_grad_(False)


def midpoint(target: Path, specialist: Path) -> Any:
    model, other = load(target), load(specialist).state_dict()
    with torch.no_grad():
        # parameters(), unlike the state dict, names tied storage once
        for name, value in model.named_parameters():
            value.copy_((value + other[name]) / 2)
    return model


def modules_of(model: Any, described: Model) -> dict[str, Any]:
    """Linear modules by the name of their weight."""
    return {
        f"{name}.weight": model.get_submodule(name)
        for layer in range(described.shape.layers)
        for spec in described.family.modules
        for name in [described.family.module_name(layer, spec)]
    }


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
    difference = {name: [] for name in our_modules}
    matched = {name: [] for name in our_modules}
    with torch.no_grad():
        for sequence in sequences:
            ids = torch.tensor(sequence.ids)[None].long()
            counted = torch.tensor(sequence.counted)
            a, b = watch(our_modules, ours, ids), watch(their_modules, theirs, ids)
            for name, (inputs, output) in a.items():
                difference[name].append((b[name][1] - output)[0, counted].abs())
                delta = change(our_modules[name], their_modules[name], inputs)
                matched[name].append(delta[0, counted].abs())
    mean = lambda parts: torch.cat(parts).double().mean(0).numpy()  # noqa: E731
    return (
        {name: mean(parts) for name, parts in difference.items()},
        {name: mean(parts) for name, parts in matched.items()},
    )


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
    return {name: -g.numpy() for name, g in zip(gates, gradients, strict=True)}

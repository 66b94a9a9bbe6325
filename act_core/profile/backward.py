"""The way back: *attributed* (design.md, sections 2 and 3).

attributed_j = - sum over t of dL/da_j(t) * ((W^S_j - W^T_j) x_t + b^S_j - b^T_j), with L the mean
loss per counted token in nats, at the midpoint T + (S - T)/2 (or at another point of that line, see
`path`). t runs over every token that is not
padding: a channel moves at all of them, and a counted token's loss depends on the ones before it.
So the value is the first-order gain in nats from moving this channel alone. Layers are walked back
once with recomputation, and weight gradients are never formed. At an expert t runs over the tokens
that the midpoint's router sends there; moving its channels does nothing for others, and the router
is taken as fixed in which experts it chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from act_core.cancel import CancelToken
from act_core.models.family import Family
from act_core.profile.batching import WorkBatch
from act_core.profile.capture import ModuleCall, captured
from act_core.profile.chains import Chain
from act_core.profile.deltas import ModuleDelta
from act_core.profile.statistics import LayerSums, SumKey

if TYPE_CHECKING:
    import torch
    from torch import nn

# Logits of one piece: 32 MB in float32, which exist about four times at once.
_MOST_LOGITS = 1 << 23


def loss_gradient(chain: Chain, batch: WorkBatch, final: torch.Tensor) -> torch.Tensor:
    """Gradient of the summed loss at the state that leaves the last layer.

    Args:
        chain: Whose norm and head are used.
        batch: The batch.
        final: `[batch, length, hidden]`.

    Returns:
        Same shape as `final`; zero where nothing counted is predicted.
    """
    import torch

    before = torch.from_numpy(batch.batch.predicting).to(final.device)
    tokens = batch.ids[:, 1:][batch.counted[:, 1:]]
    gradient = torch.zeros_like(final)
    if not len(tokens):
        return gradient
    states = final[before]
    piece = max(1, _MOST_LOGITS // chain.walk.model.shape.vocabulary)
    rows = []
    for start in range(0, len(states), piece):
        part = states[start : start + piece].detach().requires_grad_(True)
        logits = chain.walk.logits(part).float()
        loss = torch.nn.functional.cross_entropy(
            logits, tokens[start : start + piece], reduction="sum"
        )
        rows.append(torch.autograd.grad(loss, part)[0])
    gradient[before] = torch.cat(rows)
    return gradient


@dataclass(frozen=True, slots=True, eq=False)
class BackwardLayer:
    """Everything that one layer's way back needs.

    Attributes:
        specialist: Name, for the sums.
        index: Layer, 0-based.
        family: Of the models.
        module: The midpoint's real layer.
        deltas: S - T of its modules by kind.
    """

    specialist: str
    index: int
    family: Family
    module: nn.Module
    deltas: Mapping[str, ModuleDelta]


def backward_layer(
    work: BackwardLayer,
    chain: Chain,
    batches: Sequence[WorkBatch],
    entering: Sequence[torch.Tensor],
    gradients: Sequence[torch.Tensor],
    token: CancelToken,
) -> tuple[list[torch.Tensor], LayerSums]:
    """Walk one layer back.

    Args:
        work: The layer.
        chain: The midpoint's chain.
        batches: All batches.
        entering: Per batch the state that entered the layer.
        gradients: Per batch the gradient at the state that left it.
        token: Polled per batch.

    Returns:
        Per batch the gradient at the state that entered, and the layer's sums.
    """
    import torch

    sums = LayerSums()
    passed_on = []
    for number, batch in enumerate(batches):
        token.raise_if_cancelled()
        state = entering[number].detach().requires_grad_(True)
        calls: list[ModuleCall] = []
        with captured(work.module, work.family, calls.append):
            leaving = chain.call(number, work.index, work.module, state)
        outputs = [call.output for call in calls]
        gradient, *at_outputs = torch.autograd.grad(leaving, [state, *outputs], gradients[number])
        passed_on.append(gradient)
        for call, at_output in zip(calls, at_outputs, strict=True):
            chosen, routing = call.chosen(batch.real)
            change = work.deltas[call.kind].of(call.inputs[chosen].detach(), routing)
            gain = at_output[chosen].float() * change.float()
            total = gain.sum(0) if routing is None else routing.sums(gain)
            sums.add(SumKey(work.specialist, batch.ability, "attributed", call.kind), -total)
    return passed_on, sums

"""Linear modules whose channels are gated, and the gradient of a gate (design.md, section 2).

a = (W^T + sum over k of g_k (W^S_k - W^T)) x + the same of the biases, so with the loss L
dL/dg_kj = sum over tokens t of dL/da_j(t) * ((W^S_kj - W^T_j) x_t + b^S_kj - b^T_j),
the quantity of *attributed*. The blended weight is made where it is needed and never kept, and no
gradient of a weight is ever formed: memory stays at the target, the differences and activations.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from act_core.models.channels import layout_of
from act_core.models.reference import Model
from act_core.profile.deltas import ModuleDelta, layer_deltas
from act_core.profile.routing import PackedExperts, Routing, packed_experts

if TYPE_CHECKING:
    import torch
    from torch import nn
    from transformers import PreTrainedModel

    from act_core.profile.routing import Product


def install_gates(
    module: PreTrainedModel, target: Model, specialists: Mapping[str, Model], gates: torch.Tensor
) -> None:
    """Put gated modules in place of all linear modules of all decoder layers.

    Args:
        module: The target in memory, without gradients; its own weights stay as they are.
        target: The target.
        specialists: In the order of the gates.
        gates: float32 `[specialists, channels]` on the layout's flat axis, on the module's device;
            every forward reads them, every backward adds to their gradient.
    """
    family, layout = target.family, layout_of(target)
    layers: Any = module.get_submodule(family.layers)
    spans = {(m.layer, m.kind): layout.slice_of(i) for i, m in enumerate(layout.modules)}
    for layer in range(target.shape.layers):
        specs = family.specs_of(layer, target.facts)
        names = [
            name
            for spec in specs
            for name in (
                *family.weights_of(layer, spec, target.facts),
                f"{family.module_name(layer, spec)}.bias",
            )
            if name in target.facts
        ]
        ours, *theirs = (
            {name: model.weights.read(name) for name in names}
            for model in (target, *specialists.values())
        )
        deltas = [
            layer_deltas(family, layer, ours, own, module.device, module.dtype) for own in theirs
        ]
        by_kind = {spec.kind: [own[spec.kind] for own in deltas] for spec in specs}
        own_spans = {spec.kind: spans[layer, spec.kind] for spec in specs}
        experts = packed_experts(layers[layer], family)
        if experts is not None:
            experts.run_by(gated_experts(experts, by_kind, gates, own_spans))
        for spec in specs:
            if not spec.of_experts:
                name = family.module_name(layer, spec)
                gated = gated_linear(
                    module.get_submodule(name),
                    by_kind[spec.kind],
                    gates,
                    own_spans[spec.kind],
                    transposed=spec.transposed,
                )
                module.set_submodule(name, gated)


def recompute_layers(module: PreTrainedModel, target: Model) -> None:
    """Keep only what enters each decoder layer, and compute the layer again on the way back."""
    from torch.utils.checkpoint import checkpoint

    layers: Any = module.get_submodule(target.family.layers)
    for layer in layers:
        layer.forward = functools.partial(
            checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False
        )


def gated_linear(
    linear: nn.Module,
    deltas: Sequence[ModuleDelta],
    gates: torch.Tensor,
    span: slice,
    *,
    transposed: bool,
) -> nn.Module:
    """A module that takes the place of a linear one.

    Args:
        linear: Whose weight and bias are used.
        deltas: What each specialist changes in it.
        gates: float32 `[specialists, channels of all modules]`.
        span: Which of them are this module's.
        transposed: The weight is `[in, out]`.
    """
    import torch

    class GatedLinear(torch.nn.Module):
        """Keeps the names `weight` and `bias`, which some families ask for."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = linear.weight
            self.bias = linear.bias

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            weight: Any = self.weight.T if transposed else self.weight
            own = gates[:, span]
            result: torch.Tensor = _function().apply(inputs, own, weight, self.bias, deltas)
            return result

    return GatedLinear()


def gated_experts(
    experts: PackedExperts,
    deltas: Mapping[str, Sequence[ModuleDelta]],
    gates: torch.Tensor,
    spans: Mapping[str, slice],
) -> Product:
    """The products of a layer's experts with gates; a channel is expert x row.

    Which experts a token is sent to is not changed by gates; a gate's gradient comes only from the
    tokens that are sent to its expert.

    Args:
        experts: Whose weights are used.
        deltas: By kind, what each specialist changes.
        gates: float32 `[specialists, channels of all modules]`.
        spans: By kind, which of them are its.
    """

    def product(kind: str, inputs: torch.Tensor, routing: Routing) -> torch.Tensor:
        own, weight = gates[:, spans[kind]], experts.weights[kind]
        result: torch.Tensor = _function().apply(inputs, own, weight, None, deltas[kind], routing)
        return result

    return product


@functools.cache
def _function() -> Any:
    import torch

    class Gated(torch.autograd.Function):
        """The gated product; keeps its inputs, which modules share, and nothing of its own.

        Weights are `[outputs, inputs]`, or of experts `[experts, outputs, inputs]`; inputs then are
        rows with a routing.
        """

        @staticmethod
        def forward(
            ctx: Any,
            inputs: torch.Tensor,
            gates: torch.Tensor,
            weight: torch.Tensor,
            bias: torch.Tensor | None,
            deltas: Sequence[ModuleDelta],
            routing: Routing | None = None,
        ) -> torch.Tensor:
            ctx.save_for_backward(inputs, gates)
            ctx.weight, ctx.deltas, ctx.routing = weight, deltas, routing
            blended = _blended_weight(weight, gates, deltas)
            if routing is not None:
                return routing.product(inputs, blended)
            shift = None
            if bias is not None:
                shift = _blended(bias, gates, [delta.bias for delta in deltas])
            return torch.nn.functional.linear(inputs, blended, shift)

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> Any:
            inputs, gates = ctx.saved_tensors
            routing: Routing | None = ctx.routing
            to_inputs = to_gates = None
            if ctx.needs_input_grad[0]:
                blended = _blended_weight(ctx.weight, gates, ctx.deltas)
                if routing is None:
                    to_inputs = gradient @ blended
                else:
                    to_inputs = routing.product(gradient, blended.transpose(1, 2))
            if ctx.needs_input_grad[1]:
                tokens = inputs.reshape(-1, inputs.shape[-1])
                at_outputs = gradient.reshape(-1, gradient.shape[-1]).float()
                gains = (at_outputs * one.of(tokens, routing).float() for one in ctx.deltas)
                to_gates = torch.stack(
                    [one.sum(0) if routing is None else routing.sums(one) for one in gains]
                )
            return to_inputs, to_gates, None, None, None, None

    return Gated


def _blended_weight(
    weight: torch.Tensor, gates: torch.Tensor, deltas: Sequence[ModuleDelta]
) -> torch.Tensor:
    """A weight, or one of each expert, with each row blended; gates are `[specialists, rows]`."""
    rows = gates.reshape(len(gates), *weight.shape[:-1], 1)
    return _blended(weight, rows, [delta.weight for delta in deltas])


def _blended(
    target: torch.Tensor, gates: torch.Tensor, changes: Sequence[torch.Tensor | None]
) -> torch.Tensor:
    """target + sum over k of gates_k * changes_k in float32, in the target's dtype."""
    import torch

    total = target.float()
    for gate, change in zip(gates, changes, strict=True):
        if change is not None:
            total = torch.addcmul(total, gate, change.float())
    return total.to(target.dtype)

"""Catching what goes into and comes out of a layer's linear modules."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from act_core.models.family import Family
from act_core.profile.routing import Routing, packed_experts

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True, slots=True, eq=False)
class ModuleCall:
    """One call of a linear module, or of the same module of all experts.

    Attributes:
        kind: Module kind.
        inputs: As the module saw them: `[batch, length, inputs]`, or `[batch x length, inputs]`
            where a layer flattens before its experts; of experts `[rows, inputs]`.
        output: The same with outputs.
        routing: Of experts, to which token and expert each row belongs.
    """

    kind: str
    inputs: torch.Tensor
    output: torch.Tensor
    routing: Routing | None = None

    def chosen(self, mask: torch.Tensor) -> tuple[torch.Tensor, Routing | None]:
        """Which rows stand for the tokens of a mask `[batch, length]`, and their routing.

        Of experts those are the tokens that were sent there: others have no activation there.
        """
        if self.routing is None:
            return mask.reshape(self.inputs.shape[:-1]), None
        rows = self.routing.chosen(mask)
        return rows, self.routing.at(rows)


OnCall = Callable[[ModuleCall], None]


def captured(layer: nn.Module, family: Family, on_call: OnCall) -> ExitStack:
    """A context in which `on_call` is told of every call of a layer's linear modules."""
    stack = ExitStack()
    for spec in family.modules:
        if not spec.of_experts and (module := _below(layer, spec.path)) is not None:
            handle = module.register_forward_hook(_hook(spec.kind, on_call))
            stack.callback(handle.remove)
    _watch_experts(layer, family, on_call, stack)
    return stack


def _below(layer: nn.Module, path: str) -> nn.Module | None:
    """A part of a layer, or None where this layer has another form."""
    try:
        return layer.get_submodule(path)
    except AttributeError:
        return None


def _hook(kind: str, on_call: OnCall) -> Callable[[Any, Any, Any], None]:
    def hook(_module: Any, inputs: Any, output: Any) -> None:
        on_call(ModuleCall(kind, inputs[0], output))

    return hook


def _watch_experts(layer: nn.Module, family: Family, on_call: OnCall, stack: ExitStack) -> None:
    """Let a layer's experts, where it has any, run so that each product is told."""
    experts = packed_experts(layer, family)
    if experts is None:
        return

    def product(kind: str, inputs: torch.Tensor, routing: Routing) -> torch.Tensor:
        output = routing.product(inputs, experts.weights[kind])
        on_call(ModuleCall(kind, inputs, output, routing))
        return output

    experts.run_by(product)
    stack.callback(delattr, experts.module, "forward")

"""Catching what goes into and comes out of a layer's linear modules."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from act_core.models.family import Family

if TYPE_CHECKING:
    import torch
    from torch import nn

OnCall = Callable[[str, "torch.Tensor", "torch.Tensor"], None]


def captured(layer: nn.Module, family: Family, on_call: OnCall) -> ExitStack:
    """A context in which `on_call(kind, input, output)` runs at every call of a linear module.

    Input and output are `[batch, length, features]` as the module saw them.
    """
    stack = ExitStack()
    for spec in family.modules:
        handle = layer.get_submodule(spec.path).register_forward_hook(_hook(spec.kind, on_call))
        stack.callback(handle.remove)
    return stack


def _hook(kind: str, on_call: OnCall) -> Callable[[Any, Any, Any], None]:
    def hook(_module: Any, inputs: Any, output: Any) -> None:
        on_call(kind, inputs[0], output)

    return hook

"""Experts: which tokens went to which expert, and a forward that shows what each expert sees.

transformers runs all experts of a layer in one call over packed weights, so there is no module to
watch or to replace. Here the same computation runs expert by expert: rows are pairs of a token and
an expert that it was sent to, sorted by expert, and gate, up and down are products over them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from act_core.models.family import Family

if TYPE_CHECKING:
    import torch
    from torch import nn

    Product = Callable[[str, torch.Tensor, "Routing"], torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Routing:
    """To which token and expert the rows of an expert module's inputs and outputs belong.

    Attributes:
        tokens: int64 `[rows]`, places in the flattened `[batch, length]`; ascending within an
            expert.
        experts: int64 `[rows]`, ascending.
        count: Number of experts.
    """

    tokens: torch.Tensor
    experts: torch.Tensor
    count: int

    def chosen(self, mask: torch.Tensor) -> torch.Tensor:
        """Rows whose token a mask `[batch, length]` names, bool `[rows]`."""
        return mask.reshape(-1)[self.tokens]

    def at(self, rows: torch.Tensor) -> Routing:
        """The routing of some rows, given as bool `[rows]`."""
        return Routing(self.tokens[rows], self.experts[rows], self.count)

    def product(self, inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Each row times the weight of its expert.

        Args:
            inputs: `[rows, inputs]`.
            weights: `[experts, outputs, inputs]`.

        Returns:
            `[rows, outputs]`.
        """
        import torch

        counts = torch.bincount(self.experts, minlength=self.count).tolist()
        parts = inputs.split(counts)
        linear = torch.nn.functional.linear
        return torch.cat([linear(part, own) for part, own in zip(parts, weights, strict=True)])

    def sums(self, values: torch.Tensor) -> torch.Tensor:
        """Sums over each expert's rows: `[rows, outputs]` to float32 `[experts x outputs]`."""
        total = values.new_zeros((self.count, values.shape[1])).float()
        return total.index_add_(0, self.experts, values.float()).reshape(-1)

    def common(self, other: Routing) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows of both that stand for the same token at the same expert, in the same order.

        Returns:
            bool `[rows]` for this routing and for the other.
        """
        import torch

        ours, theirs = ((r.experts << 40) + r.tokens for r in (self, other))
        return torch.isin(ours, theirs), torch.isin(theirs, ours)


def routed_forward(
    experts: nn.Module, count: int, kinds: tuple[str, str, str], product: Product
) -> Callable[..., torch.Tensor]:
    """A forward for transformers' packed experts, equal to its own up to rounding.

    Args:
        experts: The module; its activation is `act_fn`.
        count: How many there are.
        kinds: Module kinds of gate, up and down.
        product: Gives a kind's outputs `[rows, outputs]` at these inputs `[rows, inputs]`.
    """
    gate, up, down = kinds

    def forward(
        hidden: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor
    ) -> torch.Tensor:
        import torch

        module: Any = experts
        places = top_k_index.reshape(-1)
        order = torch.argsort(places, stable=True)
        routing = Routing(order // top_k_index.shape[-1], places[order], count)
        inputs = hidden[routing.tokens]
        neurons = module.act_fn(product(gate, inputs, routing)) * product(up, inputs, routing)
        outputs = product(down, neurons, routing)
        weighted = outputs * top_k_weights.reshape(-1)[order, None]
        return torch.zeros_like(hidden).index_add_(0, routing.tokens, weighted.to(hidden.dtype))

    return forward


@dataclass(frozen=True, slots=True, eq=False)
class PackedExperts:
    """A layer's experts as transformers holds them.

    Attributes:
        module: Whose forward runs them.
        kinds: Module kinds of gate, up and down.
        weights: By kind, `[experts, rows, inputs]`: views of the packed parameters.
    """

    module: nn.Module
    kinds: tuple[str, str, str]
    weights: Mapping[str, torch.Tensor]

    def run_by(self, product: Product) -> None:
        """Let this compute the three products from now on."""
        count = len(self.weights[self.kinds[0]])
        self.module.forward = routed_forward(self.module, count, self.kinds, product)


def packed_experts(layer: nn.Module, family: Family) -> PackedExperts | None:
    """The experts of a layer; None where it has none."""
    if not family.packs:
        return None
    gate_up, down = family.packs
    try:
        module = layer.get_submodule(gate_up.path.rpartition(".")[0])
    except AttributeError:
        return None
    by_path = {spec.path: spec.kind for spec in family.modules}
    gate, up = (by_path[part] for part in gate_up.parts)
    last = by_path[down.parts[0]]
    both = module.get_parameter(gate_up.path.rpartition(".")[2]).chunk(2, dim=1)
    second = module.get_parameter(down.path.rpartition(".")[2])
    return PackedExperts(module, (gate, up, last), {gate: both[0], up: both[1], last: second})

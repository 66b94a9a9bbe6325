"""Experts: which tokens went to which expert, and a forward that shows what each expert sees.

transformers runs all experts of a layer in one call over packed weights, so there is no module to
watch. Within `captured` the same computation runs expert by expert: rows are pairs of a token and
an expert that it was sent to, sorted by expert, and gate, up and down are products over them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

    Product = Callable[[str, torch.Tensor, torch.Tensor, "Routing"], None]


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
    experts: nn.Module, gate_up: str, down: str, kinds: tuple[str, str, str], seen: Product
) -> Callable[..., torch.Tensor]:
    """A forward for transformers' packed experts, equal to its own up to rounding.

    Args:
        experts: The module; its activation is `act_fn`.
        gate_up: Name of its parameter `[experts, 2 x neurons, hidden]`, gate rows first.
        down: Name of its parameter `[experts, hidden, neurons]`.
        kinds: Module kinds of gate, up and down.
        seen: Told kind, inputs, outputs and routing of each of the three products.
    """

    def forward(
        hidden: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor
    ) -> torch.Tensor:
        import torch

        module: Any = experts
        places = top_k_index.reshape(-1)
        order = torch.argsort(places, stable=True)
        packed = getattr(module, gate_up)
        routing = Routing(order // top_k_index.shape[-1], places[order], len(packed))
        inputs = hidden[routing.tokens]
        gate, up = routing.product(inputs, packed).chunk(2, dim=-1)
        seen(kinds[0], inputs, gate, routing)
        seen(kinds[1], inputs, up, routing)
        neurons = module.act_fn(gate) * up
        outputs = routing.product(neurons, getattr(module, down))
        seen(kinds[2], neurons, outputs, routing)
        weighted = outputs * top_k_weights.reshape(-1)[order, None]
        return torch.zeros_like(hidden).index_add_(0, routing.tokens, weighted.to(hidden.dtype))

    return forward

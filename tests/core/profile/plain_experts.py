"""Experts as one linear module each, run token by token: slow, plain and easy to watch."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class PlainExpert(nn.Module):
    """One expert; `tokens` are the places of the rows that it was last called with."""

    def __init__(self, gate_up: torch.Tensor, down: torch.Tensor, activation: Any) -> None:
        super().__init__()
        rows = len(gate_up) // 2
        self.gate_proj = _linear(gate_up[:rows])
        self.up_proj = _linear(gate_up[rows:])
        self.down_proj = _linear(down)
        self.activation = activation
        self.tokens: list[int] = []

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return self.down_proj(self.activation(self.gate_proj(states)) * self.up_proj(states))


class PlainExperts(nn.ModuleList):
    """What takes the place of transformers' packed experts."""

    def forward(
        self, states: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor
    ) -> torch.Tensor:
        parts: list[list[torch.Tensor]] = [[] for _ in states]
        for number, expert in enumerate(self):
            expert.tokens = [t for t, chosen in enumerate(top_k_index.tolist()) if number in chosen]
            if not expert.tokens:
                continue
            for token, row in zip(expert.tokens, expert(states[expert.tokens]), strict=True):
                weight = top_k_weights[token, top_k_index[token].tolist().index(number)]
                parts[token].append(weight * row)
        return torch.stack([torch.stack(rows).sum(0) for rows in parts])


def take_apart(model: Any) -> Any:
    """Put plain experts in place of all packed ones."""
    for path, module in list(model.named_modules()):
        if isinstance(getattr(module, "gate_up_proj", None), nn.Parameter):
            pairs = zip(module.gate_up_proj, module.down_proj, strict=True)
            plain = PlainExperts(PlainExpert(*pair, module.act_fn) for pair in pairs)
            model.set_submodule(path, plain.requires_grad_(False))
    return model


def _linear(weight: torch.Tensor) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    linear.weight = nn.Parameter(weight.detach().clone())
    return linear

"""Layer swapping: the first and last layers of one model around the middle of another.

theta_l is the outer model's for the first b and the last u decoder layers, the inner model's in
the middle, and in t transition layers on either side the plain average of both (Bandarkar et al.,
"Layer Swapping for Zero-Shot Cross-Lingual Transfer in Large Language Models", ICLR 2025,
arXiv:2410.01335, figure 1). Its section 4.2 takes b = 5, u = 2 and t = 1 of 32 layers, and finds a
wide range to do alike; other depths take the same shares, rounded.

What stands before the first and after the last layer (embeddings, final norm, head) comes from the
outer model too, being next to its layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from act_core.baselines.method import Point
from act_core.baselines.setting import TARGET, Setting
from act_core.models.reference import Model
from act_core.transfer.edits import Edit
from act_core.transfer.moves import Move


@dataclass(frozen=True, slots=True)
class Zones:
    """Numbers of layers.

    Attributes:
        bottom: First layers, of the outer model.
        top: Last layers, of the outer model.
        transition: Averaged layers on either side between those and the middle.
        layers: All layers.
    """

    bottom: int
    top: int
    transition: int
    layers: int

    def outer_share(self, layer: int) -> float:
        """How much of a layer is the outer model's: 1, 0.5 or 0."""
        if layer < self.bottom or layer >= self.layers - self.top:
            return 1.0
        below = layer < self.bottom + self.transition
        above = layer >= self.layers - self.top - self.transition
        return 0.5 if below or above else 0.0


def zones_of(point: Point, layers: int) -> Zones:
    """A point's shares as numbers of layers; what is not zero is at least one layer."""

    def number(name: str) -> int:
        share = point.parameters[name]
        return max(1, round(share * layers)) if share else 0

    return Zones(number("bottom"), number("top"), number("transition"), layers)


def swap_moves(point: Point, setting: Setting) -> tuple[Move, ...]:
    """Moves on the target that make it the swapped model.

    Args:
        point: With the name of the outer model.
        setting: Two models; the target may be one of them.
    """
    target = setting.target
    zones = zones_of(point, target.shape.layers)
    moves = []
    for name, model in setting.ends.items():
        if name == TARGET:
            continue
        shares = {
            tensor: share if name == point.outer else 1 - share
            for tensor, share in _outer_shares(target, zones).items()
        }
        edits = tuple(_whole(target, tensor, share) for tensor, share in shares.items() if share)
        moves.append(Move(name, model, edits))
    return tuple(moves)


def _outer_shares(target: Model, zones: Zones) -> dict[str, float]:
    """By tensor; whatever is in no layer is the outer model's."""
    shares = dict.fromkeys(target.facts, 1.0)
    for layer in range(zones.layers):
        prefix = target.family.layer_prefix(layer)
        share = zones.outer_share(layer)
        shares |= {name: share for name in target.facts if name.startswith(prefix)}
    return shares


def _whole(target: Model, tensor: str, share: float) -> Edit:
    """A whole tensor's edit; where two models share a tensor, what they change is summed."""
    if share == 1:
        return Edit(tensor, 1.0)
    rows = np.arange(target.facts[tensor].shape[0], dtype=np.int64)
    return Edit(tensor, share, rows, None, np.full(len(rows), share, np.float32))

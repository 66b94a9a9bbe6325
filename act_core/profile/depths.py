"""At which depths a model is timed before work begins, and what follows for the whole.

What does not grow with depth (embedding, head, a call's overhead) is told apart from what does by
timing two depths; small models are timed whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from act_core.models.headers import ITEM_BYTES
from act_core.models.reference import Model
from act_core.models.shortened import shortened
from act_core.profile.devices import choose_device, free_bytes
from act_core.profile.expect import FLOPS_A_PARAMETER, layer_parameters, matrix_speed

_WORK_S = 0.1  # timed work at the speed of one large matrix product; it takes some times that
_EACH_S = 0.3  # how long work is repeated
_LEAST_REPEATS, _MOST_REPEATS = 2, 9
_SHARE_OF_FREE_MEMORY = 0.25
_COPIES = 4  # of what is timed: weights, and what learns of them


@dataclass(frozen=True, slots=True)
class Depths:
    """How a model is timed.

    Attributes:
        each: Numbers of layers, ascending.
        layers: Those of the whole model.
        most_tokens: On how many tokens work is timed; None: on all there are.
        flops_per_s: Speed of one large matrix product.
    """

    each: tuple[int, ...]
    layers: int
    most_tokens: int | None
    flops_per_s: float

    @property
    def text(self) -> str:
        """What was timed, for people."""
        whole = self.each[-1] == self.layers
        return "all layers" if whole else f"{self.each[-1]} of {self.layers} layers"

    def whole(self, seconds: Sequence[float]) -> float:
        """What the whole depth takes, on the line through what the timed depths took."""
        if len(self.each) == 1:
            return seconds[0]
        first, last = self.each
        a_layer = max(0.0, (seconds[1] - seconds[0]) / (last - first))
        return seconds[1] + a_layer * (self.layers - last)


def depths_for(
    target: Model, *, tokens: int, passes: float, device: str, dtype: str
) -> Depths | None:
    """How to time work on a model.

    Args:
        target: The model.
        tokens: Of the work.
        passes: What it takes for a token, in forward passes.
        device: As in a recipe.
        dtype: As in a recipe.

    Returns:
        None where there is not enough free memory to try it out.

    Raises:
        ActError: The device is not there.
    """
    shape, speed = target.shape, matrix_speed(device, dtype)
    body = layer_parameters(target)
    head = shape.hidden * shape.vocabulary
    affordable = _WORK_S * speed / (FLOPS_A_PARAMETER * passes)
    each: tuple[int, ...] = (shape.layers,)
    most = None
    if tokens * (body + head) > affordable:
        each = tuple(sorted({1, min(2, shape.layers)}))
        most = max(1, int(affordable / (body * each[-1] / shape.layers + head)))
    timed = shortened(target, each[-1])
    need = _COPIES * sum(f.parameters * ITEM_BYTES["F32"] for f in timed.facts.values())
    if need > _SHARE_OF_FREE_MEMORY * free_bytes(choose_device(device)):
        return None
    return Depths(each, shape.layers, most, speed)


def fastest_s(work: Callable[[], object]) -> float:
    """Seconds of some work, done several times; other programs only ever slow one down.

    The first time warms up.
    """
    work()
    fastest, begin = float("inf"), time.perf_counter()
    for count in range(1, _MOST_REPEATS + 1):
        start = time.perf_counter()
        work()
        end = time.perf_counter()
        fastest = min(fastest, end - start)
        if end - begin > _EACH_S and count >= _LEAST_REPEATS:
            break
    return fastest

"""A budget of gates: in the first half of the steps the least important ones are closed for good.

How many are open after step t of T falls as budget + (1 - budget) (1 - t/T)^3 (Zhu and Gupta 2017,
arXiv:1710.01878, eq. 1). The importance of gate j is what closing it costs to the first order,
-g_j dL/dg_j (Molchanov et al. 2019, arXiv:1906.10771, with its sign): the gate times *attributed*
at the point that has been reached, with Adam's running mean in place of one batch's gradient. After
T the mask is fixed, and the gates that stayed learn on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class GateBudget:
    """Closes gates until the budget is reached. A gate that is zero stays closed.

    Args:
        gates: float32 leaf `[specialists, channels]`; its gradient is kept from closed gates.
        share: Of all gates, that stays open.
        steps: Of the whole tuning.
    """

    def __init__(self, gates: torch.nn.Parameter, share: float, steps: int) -> None:
        self._gates = gates
        self._share = share
        self._reached = max(1, steps // 2)
        gates.register_hook(self._of_open)

    def reached(self, step: int) -> bool:
        """Whether after so many steps no more are closed."""
        return step >= self._reached

    def close(self, adam: torch.optim.Adam, step: int) -> None:
        """Close what the budget does not allow after this step, in place.

        Args:
            adam: Has done `step` steps on the gates.
            step: Counted from 1.
        """
        import torch

        if step > self._reached:
            return
        left = (1 - step / self._reached) ** 3
        wanted = (self._share + (1 - self._share) * left) * self._gates.numel()
        allowed = math.ceil(wanted - 1e-6)  # 0.07 x 100 is 7.000...1 and means 7
        state = adam.state[self._gates]
        values = importance(self._gates.detach(), adam)
        order = values.flatten().argsort(descending=True, stable=True)
        closed = torch.ones(order.shape, dtype=torch.bool, device=order.device)
        closed[order[:allowed]] = False
        closed = closed.view_as(self._gates)
        with torch.no_grad():
            for tensor in (self._gates, state["exp_avg"], state["exp_avg_sq"]):
                tensor[closed] = 0

    def _of_open(self, gradient: torch.Tensor) -> torch.Tensor:
        return gradient * (self._gates.detach() != 0)


def importance(gates: torch.Tensor, adam: torch.optim.Adam) -> torch.Tensor:
    """What closing each gate costs, in nats; shape of the gates, minus infinity where closed."""
    import torch

    (group,) = adam.param_groups
    state = adam.state[group["params"][0]]
    correction = 1 - group["betas"][0] ** float(state["step"])
    return torch.where(gates != 0, -gates * state["exp_avg"] / correction, -torch.inf)

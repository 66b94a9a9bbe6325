"""Learning gates: Adam on the gates alone, on all abilities together (design.md, section 2).

Objective: that of every tuning, plus `l1` times the mean over channels of the sum over specialists
of |g|. The second term is not left to Adam, which would only let gates tremble about zero; after
each of Adam's steps they shrink by as much as it says, scaled as Adam scales (proximal step), so
that a gate whose channel brings less than its price becomes exactly zero.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from act_core.cancel import CancelToken
from act_core.errors import GatesError
from act_core.events import EventSink, MapRow, MapRows, discard
from act_core.meters import ProgressMeter
from act_core.models.resident import load_resident
from act_core.profile.devices import choose_device
from act_core.transfer.gate_edits import part_moves
from act_core.transfer.gates import Gates
from act_core.transfer.loaded import put_on
from act_core.tune.gate_budget import GateBudget
from act_core.tune.gate_gradient import install_gates, recompute_layers
from act_core.tune.gates import GateSpec
from act_core.tune.loop import UNIT, Learner, Tuning, tuning_facts
from act_core.tune.schedule import check_dtype
from act_core.tune.tuning_state import losses_text

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

STAGE = "gates"
STATISTIC = "gate"


def learn_gates(spec: GateSpec, folder: Path, emit: EventSink, token: CancelToken) -> Gates:
    """Learn how far each channel of each specialist moves.

    With validation data the gates of the best check are given, those of the start among them; else
    those of the last step. After every check the work stands on disk; a later call goes on there
    and ends with the same bits as without the break. It stands there at the end too, until whoever
    has saved the gates calls `forget_unfinished`.

    Args:
        spec: What to learn from.
        folder: Where unfinished work may lie.
        emit: Progress in steps, `TuningLoss` for every ability, `TuningStep`, and map rows
            (statistic `gate`).
        token: Polled per layer; `keep_best` is heard after every step.

    Returns:
        The gates. Facts: `key`, `steps` done, `best_step`, `stopped` (`early`, by the `person`, or
        empty), `tokens` read to learn from and `different_tokens` among them, `validation_tokens`,
        `seconds`, and all `losses`.

    Raises:
        GatesError: The dtype has no room for gradients.
        AbilityDataError: An ability has nothing to learn from, or is longer than the context.
        OutOfMemoryError: Not even one sequence fits.
        NotFiniteError: A loss is NaN or Inf.
        OutputError: The folder cannot be written.
        CancelledByPersonError: Finished checks stay in the folder.
    """
    check_dtype(spec.dtype, GatesError)
    place, schedule = _place(spec, folder), spec.schedule
    data = schedule.data(spec.target, spec.abilities)
    start = np.stack([spec.start.values[name] for name in spec.specialists])
    learner = gate_learner(spec, emit)
    rate = spec.settings.learning_rate
    tuning = Tuning(learner, spec.target, data, schedule, rate, start, place, emit, token)
    meter = ProgressMeter(emit, STAGE, schedule.steps, UNIT, done=tuning.state.step)
    state = tuning.run(meter)
    meter.finish()
    facts = {name: str(value) for name, value in tuning_facts(state, data).items()}
    facts |= {"key": spec.key(), "stopped": tuning.stopped, "losses": losses_text(state.losses)}
    values = dict(zip(spec.specialists, state.best, strict=True))
    return Gates(spec.start.layout, values, facts)


def forget_unfinished(spec: GateSpec, folder: Path) -> None:
    """Remove what `learn_gates` has left in a folder; the gates are saved."""
    _place(spec, folder).unlink(missing_ok=True)


def _place(spec: GateSpec, folder: Path) -> Path:
    return folder / f"{spec.key()[:16]}.partial"


def gate_learner(spec: GateSpec, emit: EventSink = discard) -> Learner:
    """What learns, on a model that is loaded for it; map rows go to `emit`."""
    import torch

    module = load_resident(spec.target, choose_device(spec.device), getattr(torch, spec.dtype))
    return _GateLearner(spec, module, emit)


class _GateLearner(Learner):
    """Gates on a loaded target: they shrink, stay within bounds, and are shown as a map."""

    def __init__(self, spec: GateSpec, module: PreTrainedModel, emit: EventSink) -> None:
        import torch

        shape = (len(spec.specialists), spec.start.layout.total)
        gates = torch.nn.Parameter(torch.zeros(shape, dtype=torch.float32, device=module.device))
        gates.grad = torch.zeros_like(gates)
        put_on(module, spec.target, part_moves(spec.target, spec.specialists, spec.choices))
        install_gates(module, spec.target, spec.specialists, gates)
        if spec.settings.checkpointing:
            recompute_layers(module, spec.target)
        super().__init__("gates", module, gates)
        self._spec = spec
        self._emit = emit
        share = spec.settings.budget
        self._budget = share and GateBudget(gates, share, spec.settings.steps)

    def stepped(self, adam: torch.optim.Adam, step: int) -> None:
        settings = self._spec.settings
        shrink(self.values, adam, settings.l1 / self.values.shape[1])
        keep_within(self.values, settings.bounds)
        if self._budget:
            self._budget.close(adam, step)

    def counts(self, step: int) -> bool:
        return not self._budget or self._budget.reached(step)

    def price(self) -> float:
        gates = self.values.detach().cpu().numpy()
        return self._spec.settings.l1 * float(np.abs(gates).sum(0, np.float64).mean())

    def show(self) -> None:
        layout = self._spec.start.layout
        gates = self.values.detach().cpu().numpy().copy()
        self._emit(
            MapRows(
                tuple(
                    MapRow(name, "", STATISTIC, m.layer, m.kind, values[layout.slice_of(index)])
                    for name, values in zip(self._spec.specialists, gates, strict=True)
                    for index, m in enumerate(layout.modules)
                )
            )
        )


def shrink(gates: torch.Tensor, adam: torch.optim.Adam, price: float) -> None:
    """The proximal step of price times the sum of |g|, after a step of Adam, in place.

    Args:
        gates: The only parameter of `adam`.
        adam: Has done at least one step.
        price: What one gate pays for being 1, in nats.
    """
    import torch

    if not price:
        return
    (group,) = adam.param_groups
    state = adam.state[gates]
    correction = 1 - group["betas"][1] ** float(state["step"])
    scale = (state["exp_avg_sq"] / correction).sqrt() + group["eps"]
    with torch.no_grad():
        gates.copy_(
            torch.nn.functional.relu(gates.abs() - group["lr"] * price / scale).copysign(gates)
        )


def keep_within(gates: torch.Tensor, bounds: tuple[float, float]) -> None:
    """Put gates that left their bounds on them, in place."""
    import torch

    with torch.no_grad():
        gates.clamp_(*bounds)

"""Learning gates: Adam on the gates alone, on all abilities together (design.md, section 2).

Objective: the mean over abilities of the loss per counted token, plus `l1` times the mean over
channels of the sum over specialists of |g|. The second term is not left to Adam, which would only
let gates tremble about zero; after each of Adam's steps they shrink by as much as it says, scaled
as Adam scales (proximal step), so that a gate whose channel brings less than its price becomes
exactly zero.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import check_context
from act_core.errors import NotFiniteError
from act_core.events import (
    CancelToken,
    EventSink,
    MapRow,
    MapRows,
    Note,
    ProgressMeter,
    TuningLoss,
)
from act_core.models.resident import load_resident
from act_core.profile.devices import choose_device
from act_core.transfer.gate_edits import part_moves
from act_core.transfer.gates import Gates
from act_core.transfer.loaded import put_on
from act_core.tune.gate_gradient import install_gates, recompute_layers
from act_core.tune.gate_loss import LossMeter, fitting_tokens
from act_core.tune.gate_state import GateState, load_state, losses_text, new_state, save_state
from act_core.tune.gates import GateSpec
from act_core.tune.tuning_data import TuningData, tuning_data

if TYPE_CHECKING:
    import torch

STAGE = "gates"
UNIT = "steps"
STATISTIC = "gate"


def learn_gates(spec: GateSpec, folder: Path, emit: EventSink, token: CancelToken) -> Gates:
    """Learn how far each channel of each specialist moves.

    With validation data the gates of the best check are given, those of the start among them; else
    those of the last step. After every check the work stands on disk; a later call goes on there
    and ends with the same bits as without the break.

    Args:
        spec: What to learn from.
        folder: Where unfinished work may lie.
        emit: Progress in steps, `TuningLoss` for every ability, and map rows (statistic `gate`).
        token: Polled per batch.

    Returns:
        The gates. Facts: `key`, `steps` done, `best_step`, `stopped` (early, or not), `tokens` read
        to learn from and `different_tokens` among them, `validation_tokens`, and all `losses`.

    Raises:
        AbilityDataError: An ability has nothing to learn from, or is longer than the context.
        OutOfMemoryError: Not even one sequence fits.
        NotFiniteError: A loss is NaN or Inf.
        OutputError: The folder cannot be written.
        CancelledByPersonError: Finished checks stay in the folder.
    """
    place = folder / f"{spec.key()[:16]}.partial"
    training = _Training(spec, place, emit, token)
    gates = training.run()
    place.unlink(missing_ok=True)
    return gates


class _Training:
    """One tuning under way."""

    def __init__(self, spec: GateSpec, place: Path, emit: EventSink, token: CancelToken) -> None:
        import torch

        self._spec = spec
        self._place = place
        self._emit = emit
        settings = spec.settings
        self._data = [_data_of(spec, ability) for ability in spec.abilities]
        start = np.stack([spec.start.values[name] for name in spec.specialists])
        device = choose_device(spec.device)
        wanted = fitting_tokens(spec.target, device, settings.batch_tokens)
        self._state = load_state(place, start.shape) or new_state(start, wanted)
        module = load_resident(spec.target, device, getattr(torch, spec.dtype))
        put_on(module, spec.target, part_moves(spec.target, spec.specialists, spec.choices))
        self._gates = torch.nn.Parameter(torch.from_numpy(self._state.gates.copy()).to(device))
        self._gates.grad = torch.zeros_like(self._gates)
        install_gates(module, spec.target, spec.specialists, self._gates)
        if settings.checkpointing:
            recompute_layers(module, spec.target)
        self._adam = torch.optim.Adam([self._gates], lr=settings.learning_rate)
        _restore(self._adam, self._gates, self._state)
        self._losses = LossMeter(module, self._state.batch_tokens, emit, token)

    def run(self) -> Gates:
        """All steps that are left."""
        state, settings = self._state, self._spec.settings
        meter = ProgressMeter(self._emit, STAGE, settings.steps, UNIT, done=state.step)
        for loss in state.losses:
            self._emit(loss)
        if state.best_value is None:
            self._check()
        else:
            self._show()
        while state.step < settings.steps and not self._waited_enough():
            self._step()
            meter.step()
            if state.step % settings.check_every == 0 or state.step == settings.steps:
                self._check()
        if self._waited_enough() and state.step < settings.steps:
            self._emit(
                Note(f"Stopped after {state.step} steps; step {state.best_step} was the best.")
            )
        meter.finish()
        return self._result()

    def _step(self) -> None:
        """One step of Adam on one batch of every ability."""
        step = self._state.step
        self._adam.zero_grad(set_to_none=False)
        for data in self._data:
            rows = data.steps[step]
            loss = self._losses.learn(rows, self._gates, 1 / len(self._data))
            tokens = sum(row.predicted_tokens for row in rows)
            self._tell(TuningLoss(step, self._steps, data.ability, "tuning", loss, tokens))
        self._adam.step()
        settings = self._spec.settings
        shrink(self._gates, self._adam, settings.l1 / self._gates.shape[1])
        keep_within(self._gates, settings.bounds)
        self._state.step += 1

    def _check(self) -> None:
        """Measure on validation data, remember the best, put all on disk, show the gates."""
        state = self._state
        state.gates = self._gates.detach().cpu().numpy().copy()
        measured = [
            (data, self._losses.loss(data.validation)) for data in self._data if data.validation
        ]
        for data, loss in measured:
            tokens = sum(row.predicted_tokens for row in data.validation)
            self._tell(
                TuningLoss(state.step, self._steps, data.ability, "validation", loss, tokens)
            )
        value = math.fsum(loss for _, loss in measured) / len(self._data)
        value += self._spec.settings.l1 * float(np.abs(state.gates).sum(0, np.float64).mean())
        if not measured or state.best_value is None or value < state.best_value:
            state.best, state.best_step, state.best_value = state.gates, state.step, value
            state.waited = 0
        else:
            state.waited += 1
        state.batch_tokens = self._losses.batch_tokens
        adam = self._adam.state[self._gates]
        state.mean = adam["exp_avg"].cpu().numpy().copy()
        state.square = adam["exp_avg_sq"].cpu().numpy().copy()
        save_state(state, self._place)
        self._show()

    def _waited_enough(self) -> bool:
        return self._state.waited >= self._spec.settings.patience

    @property
    def _steps(self) -> int:
        return self._spec.settings.steps

    def _tell(self, loss: TuningLoss) -> None:
        if not math.isfinite(loss.loss):
            raise NotFiniteError(
                f"The loss on {loss.ability} at step {loss.step} is not a finite number.",
                remedy="Lower the learning rate, or compute in float32.",
            )
        self._state.losses.append(loss)
        self._emit(loss)

    def _show(self) -> None:
        layout = self._spec.start.layout
        self._emit(
            MapRows(
                tuple(
                    MapRow(name, "", STATISTIC, m.layer, m.kind, values[layout.slice_of(index)])
                    for name, values in zip(self._spec.specialists, self._state.gates, strict=True)
                    for index, m in enumerate(layout.modules)
                )
            )
        )

    def _result(self) -> Gates:
        state = self._state
        values = dict(zip(self._spec.specialists, state.best, strict=True))
        facts = {
            "key": self._spec.key(),
            "steps": str(state.step),
            "best_step": str(state.best_step),
            "stopped": "early" if state.step < self._steps else "",
            "tokens": str(sum(data.tokens(state.step) for data in self._data)),
            "different_tokens": str(sum(data.different_tokens(state.step) for data in self._data)),
            "validation_tokens": str(
                sum(len(row.ids) for data in self._data for row in data.validation)
            ),
            "losses": losses_text(state.losses),
        }
        return Gates(self._spec.start.layout, values, facts)


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


def _data_of(spec: GateSpec, ability: str) -> TuningData:
    encoded, settings = spec.abilities[ability], spec.settings
    check_context(ability, encoded, spec.target.shape.context)
    return tuning_data(
        ability,
        encoded,
        steps=settings.steps,
        batch_tokens=settings.batch_tokens,
        validation=settings.validation,
        seed=spec.seed,
    )


def _restore(adam: torch.optim.Adam, gates: torch.Tensor, state: GateState) -> None:
    """Adam as it stood."""
    import torch

    def moment(values: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(values.copy()).to(gates.device)

    adam.state[gates] = {
        "step": torch.tensor(float(state.step)),
        "exp_avg": moment(state.mean),
        "exp_avg_sq": moment(state.square),
    }

"""The loop of every tuning: Adam on one tensor of numbers, on all abilities together.

Objective: the mean over abilities of the loss per counted token, plus what the learner charges.
Whatever learns reads the same tokens in the same order, so that tunings can be compared.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import Encoded, TokenSequence, check_context
from act_core.errors import NotFiniteError
from act_core.events import CancelToken, EventSink, Note, TuningLoss
from act_core.meters import ProgressMeter
from act_core.models.reference import Model
from act_core.tune.losses import LossMeter, fitting_tokens
from act_core.tune.tuning_data import TuningData, tuning_data
from act_core.tune.tuning_state import TuningState, load_state, new_state, save_state

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

UNIT = "steps"
Split = Literal["tuning", "validation"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a tuning reads, and when it ends; meanings as in a recipe's gates.

    Attributes:
        steps: At most.
        batch_tokens: Of each ability in one step.
        validation: Share of the calibration data that only says when to stop.
        check_every: Steps from one check on it to the next.
        patience: Checks without gain before it stops.
        seed: Of the split and of the order of the data.
    """

    steps: int
    batch_tokens: int
    validation: float
    check_every: int
    patience: int
    seed: int = 0

    def data(self, target: Model, abilities: Mapping[str, Encoded]) -> tuple[TuningData, ...]:
        """What each ability gives.

        Raises:
            AbilityDataError: It has nothing to learn from, or is longer than the context.
        """
        for ability, encoded in abilities.items():
            check_context(ability, encoded, target.shape.context)
        return tuple(
            tuning_data(
                ability,
                encoded,
                steps=self.steps,
                batch_tokens=self.batch_tokens,
                validation=self.validation,
                seed=self.seed,
            )
            for ability, encoded in abilities.items()
        )


class Learner:
    """What is learned, as the loop sees it.

    Args:
        module: The model that computes losses.
        values: What Adam moves: a leaf in float32 with a gradient that is not None.

    Attributes:
        name: Of the tuning, in its losses.
    """

    def __init__(self, name: str, module: PreTrainedModel, values: torch.nn.Parameter) -> None:
        self.name = name
        self.module = module
        self.values = values

    def stepped(self, adam: torch.optim.Adam, step: int) -> None:
        """Adam has just done its step number `step`, counted from 1."""

    def price(self) -> float:
        """What the objective adds to the losses, in nats."""
        return 0.0

    def counts(self, step: int) -> bool:
        """Whether the values after so many steps may be the result."""
        return step >= 0

    def show(self) -> None:
        """A check has been made."""


class Tuning:
    """One tuning under way.

    Args:
        learner: What learns.
        target: The model, for its sizes.
        data: What is learned from.
        schedule: How long.
        learning_rate: Of Adam.
        start: Where values begin.
        place: File of unfinished work; left there at the end.
        emit: `TuningLoss` for every ability.
        token: Polled per layer.

    Attributes:
        state: Where it stands: after `run`, what came of it.
    """

    def __init__(
        self,
        learner: Learner,
        target: Model,
        data: Sequence[TuningData],
        schedule: Schedule,
        learning_rate: float,
        start: NDArray[np.float32],
        place: Path,
        emit: EventSink,
        token: CancelToken,
    ) -> None:
        self._learner = learner
        self._data = data
        self._schedule = schedule
        self._rate = learning_rate
        self._place = place
        self._emit = emit
        wanted = fitting_tokens(target, learner.module.device, schedule.batch_tokens)
        self.state = load_state(place, start.shape) or new_state(start, wanted)
        self._losses = LossMeter(learner.module, target, self.state.batch_tokens, emit, token)

    def run(self, meter: ProgressMeter) -> TuningState:
        """All steps that are left; with the same bits as without a break.

        Raises:
            OutOfMemoryError: Not even one sequence fits.
            NotFiniteError: A loss is NaN or Inf.
            OutputError: The state cannot be written.
            CancelledByPersonError: Finished checks are on disk.
        """
        state, schedule = self.state, self._schedule
        self._since = time.monotonic()
        self._adam = self._restored()
        for loss in state.losses:
            self._emit(loss)
        if state.best_value is None:
            self._check()
        else:
            self._learner.show()
        while state.step < schedule.steps and not self._waited_enough():
            self._step()
            meter.step()
            if state.step % schedule.check_every == 0 or state.step == schedule.steps:
                self._check()
        if state.step < schedule.steps:
            self._emit(
                Note(f"Stopped after {state.step} steps; step {state.best_step} was the best.")
            )
        return state

    def _step(self) -> None:
        """One step of Adam on one batch of every ability."""
        step, values = self.state.step, self._learner.values
        self._adam.zero_grad(set_to_none=False)
        for data in self._data:
            rows = data.steps[step]
            loss = self._losses.learn(rows, values, 1 / len(self._data))
            self._tell(step, data.ability, "tuning", loss, rows)
        self._adam.step()
        self.state.step += 1
        self._learner.stepped(self._adam, self.state.step)

    def _check(self) -> None:
        """Measure on validation data, remember the best, put all on disk, show it."""
        state, learner = self.state, self._learner
        state.values = learner.values.detach().cpu().numpy().copy()
        measured = []
        for data in self._data:
            if data.validation:
                measured.append(self._losses.loss(data.validation))
                self._tell(state.step, data.ability, "validation", measured[-1], data.validation)
        value = math.fsum(measured) / len(self._data) + learner.price()
        better = not measured or state.best_value is None or value < state.best_value
        if better or not learner.counts(state.best_step):
            state.best, state.best_step, state.best_value = state.values, state.step, value
            state.waited = 0
        else:
            state.waited += 1
        state.batch_tokens = self._losses.batch_tokens
        adam = self._adam.state[learner.values]
        state.mean = adam["exp_avg"].cpu().numpy().copy()
        state.square = adam["exp_avg_sq"].cpu().numpy().copy()
        now = time.monotonic()
        state.seconds, self._since = state.seconds + now - self._since, now
        save_state(state, self._place)
        learner.show()

    def _waited_enough(self) -> bool:
        return self.state.waited >= self._schedule.patience

    def _tell(
        self, step: int, ability: str, split: Split, loss: float, rows: Sequence[TokenSequence]
    ) -> None:
        if not math.isfinite(loss):
            raise NotFiniteError(
                f"The loss on {ability} at step {step} is not a finite number.",
                remedy="Lower the learning rate, or compute in float32.",
            )
        tokens = sum(row.predicted_tokens for row in rows)
        steps, name = self._schedule.steps, self._learner.name
        told = TuningLoss(step, steps, ability, split, loss, tokens, name)
        self.state.losses.append(told)
        self._emit(told)

    def _restored(self) -> torch.optim.Adam:
        """Values and Adam as they stood."""
        import torch

        state, values = self.state, self._learner.values

        def on_device(array: NDArray[np.float32]) -> torch.Tensor:
            return torch.from_numpy(array.copy()).to(values.device)

        with torch.no_grad():
            values.copy_(on_device(state.values))
        adam = torch.optim.Adam([values], lr=self._rate)
        adam.state[values] = {
            "step": torch.tensor(float(state.step)),
            "exp_avg": on_device(state.mean),
            "exp_avg_sq": on_device(state.square),
        }
        return adam


def tuning_facts(state: TuningState, data: Sequence[TuningData]) -> dict[str, int | float]:
    """What came of a tuning and what it read: steps, tokens, seconds."""
    return {
        "steps": state.step,
        "best_step": state.best_step,
        "tokens": sum(one.tokens(state.step) for one in data),
        "different_tokens": sum(one.different_tokens(state.step) for one in data),
        "validation_tokens": sum(len(row.ids) for one in data for row in one.validation),
        "seconds": round(state.seconds, 3),
    }

"""The loop of every tuning: Adam on one tensor of numbers, on all abilities together.

Objective: the mean over abilities, weighted by their shares, of the loss per counted token, plus
what the learner charges. Whatever learns reads the same tokens in the same order, so that tunings
can be compared.

A plain loop in place of transformers' Trainer, for which most of this would have to be replaced:
what learns is one vector that is no parameter of the model; losses are told ability by ability;
batches follow memory while a step's tokens stay the same, with their gradients added up; and work
that is broken off goes on with the same bits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import TokenSequence
from act_core.cancel import CancelToken
from act_core.errors import NotFiniteError
from act_core.events import EventSink, Note, TuningLoss, TuningStep
from act_core.meters import ProgressMeter
from act_core.models.reference import Model
from act_core.profile.devices import used_bytes
from act_core.tune.losses import LossMeter, halved_to_fit
from act_core.tune.schedule import Schedule
from act_core.tune.tuning_data import TuningData
from act_core.tune.tuning_state import TuningState, load_state, new_state, save_state

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

UNIT = "steps"
Split = Literal["tuning", "validation"]


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
        emit: `TuningLoss` for every ability, `TuningStep` for every step.
        token: Polled per layer; `keep_best` is heard after every step.
        stoppable: Whether it is: a control has the whole budget of what it is held against.

    Attributes:
        state: Where it stands: after `run`, what came of it.
        stopped: After `run`, why it ended before all steps were done: `early`, as validation data
            said so, or by the `person`; else empty.
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
        *,
        stoppable: bool = True,
    ) -> None:
        self._learner = learner
        self._data = data
        self._schedule = schedule
        self._rate = learning_rate
        self._place = place
        self._emit = emit
        self._token = token
        self._stoppable = stoppable
        self._peak_bytes = 0
        self.stopped: Literal["", "early", "person"] = ""
        wanted = halved_to_fit(target, learner.module.device, schedule.batch_tokens)
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
        state = self.state
        self._since = time.monotonic()
        self._adam = self._restored()
        for loss in state.losses:
            self._emit(loss)
        if state.best_value is None:
            self._check()
        else:
            self._learner.show()
        with self._token.tunes() if self._stoppable else nullcontext():
            self._learn(meter)
        if state.by_person:
            self.stopped = "person"
        if self.stopped:
            who = " by the person" if self.stopped == "person" else ""
            self._emit(
                Note(f"Stopped{who} after {state.step} steps; step {state.best_step} was the best.")
            )
        if not self._learner.counts(state.best_step):
            self._emit(Note(f"{self._learner.name}: the budget is not reached yet.", "warning"))
        return state

    def _learn(self, meter: ProgressMeter) -> None:
        """Steps and checks until all are done, or one says to stop."""
        state, schedule = self.state, self._schedule
        while state.step < schedule.last and not state.by_person:
            if self._waited_enough():
                self.stopped = "early"
                return
            self._step()
            meter.step()
            at_last = state.step == schedule.last
            # Stands on disk with the check: a program that dies before its result is saved does
            # not go on against the person's wish.
            state.by_person = self._stoppable and self._token.keeps_best and not at_last
            if state.by_person or state.step % schedule.check_every == 0 or at_last:
                self._check()

    def _step(self) -> None:
        """One step of Adam on one batch of every ability."""
        step, values = self.state.step, self._learner.values
        began, tokens = time.monotonic(), 0
        (group,) = self._adam.param_groups
        group["lr"] = self._schedule.rate(step, self._rate)
        self._adam.zero_grad(set_to_none=False)
        for data in self._data:
            rows = data.steps[step]
            loss = self._losses.learn(rows, values, data.weight)
            self._tell(step, data.ability, "tuning", loss, rows)
            tokens += sum(len(row.ids) for row in rows)
        self._adam.step()
        self.state.step += 1
        self._learner.stepped(self._adam, self.state.step)
        self._peak_bytes = max(self._peak_bytes, used_bytes(str(values.device)))
        self._emit(
            TuningStep(
                self.state.step,
                self._schedule.last,
                self._learner.name,
                group["lr"],
                tokens / max(time.monotonic() - began, 1e-9),
                self._peak_bytes,
            )
        )

    def _check(self) -> None:
        """Measure on validation data, remember the best, put all on disk, show it."""
        state, learner = self.state, self._learner
        state.values = learner.values.detach().cpu().numpy().copy()
        measured = []
        for data in self._data:
            if data.validation:
                loss = self._losses.loss(data.validation)
                self._tell(state.step, data.ability, "validation", loss, data.validation)
                measured.append(loss * data.weight)
        value = math.fsum(measured) + learner.price()
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
        steps, name = self._schedule.last, self._learner.name
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
            "step": torch.tensor(float(state.step), dtype=torch.float32),
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

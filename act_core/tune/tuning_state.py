"""What stands of a tuning that is under way, on disk after every check, bit for bit."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from act_core.errors import ActError
from act_core.events import TuningLoss
from act_core.files import write_whole
from act_core.models.headers import read_metadata

FORMAT = "act-tuning-3"
_NUMBERS = ("step", "best_step", "best_value", "waited", "batch_tokens", "seconds", "by_person")
_ARRAYS = ("values", "mean", "square", "best")


@dataclass(slots=True, eq=False)
class TuningState:
    """Where a tuning stands.

    Attributes:
        values: What is learned, float32, e.g. gates `[specialists, channels]`.
        mean, square: Adam's running means of gradients and of their squares, as `values`.
        best: The values of the best check.
        step: Steps done.
        best_step: Step of the best check.
        best_value: Its objective; None before the first check.
        waited: Checks since then.
        batch_tokens: Positions of one batch, which may have been halved.
        seconds: What the steps and checks so far took.
        by_person: A person asked to stop here and keep the best.
        losses: Every loss so far.
    """

    values: NDArray[np.float32] = field(repr=False)
    mean: NDArray[np.float32] = field(repr=False)
    square: NDArray[np.float32] = field(repr=False)
    best: NDArray[np.float32] = field(repr=False)
    step: int = 0
    best_step: int = 0
    best_value: float | None = None
    waited: int = 0
    batch_tokens: int = 0
    seconds: float = 0.0
    by_person: bool = False
    losses: list[TuningLoss] = field(default_factory=list, repr=False)


def new_state(start: NDArray[np.float32], batch_tokens: int) -> TuningState:
    """The state before the first step."""
    zero = np.zeros_like(start)
    return TuningState(start.copy(), zero, zero.copy(), start.copy(), batch_tokens=batch_tokens)


def save_state(state: TuningState, path: Path) -> None:
    """Write a state whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    metadata = {
        "format": FORMAT,
        "numbers": json.dumps({name: getattr(state, name) for name in _NUMBERS}),
        "losses": losses_text(state.losses),
    }
    write_whole(path, save({name: getattr(state, name) for name in _ARRAYS}, metadata))


def load_state(path: Path, shape: tuple[int, ...]) -> TuningState | None:
    """Read a state; None where there is none, or a damaged one."""
    try:
        metadata, arrays = read_metadata(path), load_file(path)
        fits = all(arrays[n].shape == shape and arrays[n].dtype == np.float32 for n in _ARRAYS)
        if metadata["format"] != FORMAT or not fits:
            return None
        state = TuningState(arrays["values"], arrays["mean"], arrays["square"], arrays["best"])
        numbers = json.loads(metadata["numbers"])
        for name in _NUMBERS:
            setattr(state, name, numbers[name])
        state.losses = losses_of(metadata["losses"])
    except (ActError, OSError, KeyError, TypeError, ValueError, SafetensorError):
        return None
    return state


def losses_text(losses: list[TuningLoss]) -> str:
    """Losses as one text; floats come back bit for bit."""
    return json.dumps(
        [[e.step, e.steps, e.ability, e.split, e.loss, e.tokens, e.tuning] for e in losses]
    )


def losses_of(text: str) -> list[TuningLoss]:
    """The way back."""
    return [TuningLoss(*fields) for fields in json.loads(text)]

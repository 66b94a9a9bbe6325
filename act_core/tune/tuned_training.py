"""Light fine-tuning after a transfer: rows or an adapter learn, and are left in a folder.

The folder holds `rows.safetensors` or `adapter/`, and `tuning.json`, written last: how they came
about, with the hash of the weights.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from act_core.cancel import CancelToken
from act_core.errors import TunedError
from act_core.events import EventSink, Finished, TuningLoss
from act_core.files import write_whole
from act_core.hashing import file_sha256
from act_core.meters import ProgressMeter
from act_core.models.adapter import WEIGHTS_NAME
from act_core.models.channels import layout_of
from act_core.models.reference import Model
from act_core.models.resident import load_resident
from act_core.profile.devices import choose_device
from act_core.recipe import TuneKind
from act_core.transfer.loaded import put_on
from act_core.transfer.moved import moved_model
from act_core.transfer.moves import Move
from act_core.transfer.rows import gather_rows, save_rows
from act_core.transfer.tuned import lora_moves, moves_digest, row_moves
from act_core.tune.gate_gradient import recompute_layers
from act_core.tune.loop import UNIT, Learner, Tuning, tuning_facts
from act_core.tune.lora_training import LoraLearner, write_adapter
from act_core.tune.row_linear import install_rows
from act_core.tune.tuned import TuneSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

FACTS_NAME = "tuning.json"
FORMAT = "act-tuned-1"
_ROWS = "rows.safetensors"
_ADAPTER = "adapter"


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """What a tuning has left on disk.

    Attributes:
        folder: Where.
        facts: `key`, `start` (digest of the transfer), `kind`, `parameters`, `steps`, `best_step`,
            `stopped` (`early`, by the `person`, or empty), `tokens`, `different_tokens`,
            `validation_tokens`, `seconds`, `sha256` of the weights.
        losses: All of them, in the order of their coming.
    """

    folder: Path
    facts: Mapping[str, Any]
    losses: tuple[TuningLoss, ...]

    @property
    def weights(self) -> Path:
        """The file of what was learned."""
        return weights_of(self.folder, self.facts["kind"])

    def moves(self, target: Model, start: Sequence[Move]) -> tuple[Move, ...]:
        """The transfer `start` with the tuning in it.

        Raises:
            TunedError: The tuning is of another transfer.
            ActError: The files are damaged.
        """
        if self.facts["start"] != moves_digest(start):
            raise TunedError(
                f"{self.folder} was tuned after another transfer.", remedy="Tune again."
            )
        if self.facts["kind"] == "channels":
            return row_moves(target, start, self.weights)
        return lora_moves(target, start, self.weights.parent)


def weights_of(folder: Path, kind: TuneKind) -> Path:
    """The file of what a tuning of this kind leaves in its folder."""
    return folder / _ROWS if kind == "channels" else folder / _ADAPTER / WEIGHTS_NAME


def learn_tuned(
    spec: TuneSpec,
    folder: Path,
    stage: str,
    emit: EventSink,
    token: CancelToken,
    *,
    stoppable: bool = True,
) -> Tuned:
    """Tune, or take what is known.

    With validation data the values of the best check are left, those of the start among them; else
    those of the last step. After every check the work stands on disk; a later call goes on there
    and ends with the same bits as without the break.

    Args:
        spec: What learns from what.
        folder: Where the result comes to lie, and beside it unfinished work.
        stage: Name of the stage and of the tuning in events.
        emit: Progress in steps, `TuningLoss` for every ability, `TuningStep` for every step.
        token: Polled per layer; `keep_best` is heard after every step.
        stoppable: Whether it is.

    Raises:
        TunedError: There is nothing that can learn.
        AbilityDataError: An ability has nothing to learn from, or is longer than the context.
        OutOfMemoryError: Not even one sequence fits.
        NotFiniteError: A loss is NaN or Inf, or a number becomes so in the target's dtype.
        OutputError: The folder cannot be written.
        CancelledByPersonError: Finished checks stay beside the folder.
    """
    known = read_tuned(folder)
    if known is not None and known.facts["key"] == spec.key():
        emit(Finished(stage, reused=True))
        return known
    spec.check()
    place = folder.with_name(f"{spec.key()[:16]}.partial")
    data = spec.schedule.data(spec.target, spec.abilities)
    learner = learner_of(spec, stage)
    start = learner.values.detach().cpu().numpy().copy()
    rate, schedule = spec.settings.rate, spec.schedule
    tuning = Tuning(
        learner, spec.target, data, schedule, rate, start, place, emit, token, stoppable=stoppable
    )
    meter = ProgressMeter(emit, stage, schedule.last, UNIT, done=tuning.state.step)
    state = tuning.run(meter)
    _write_weights(learner, spec, state.best, folder)
    told = {**tuning_facts(state, data), "stopped": tuning.stopped}
    tuned = _write_facts(spec, told, tuple(state.losses), folder)
    place.unlink(missing_ok=True)
    meter.finish()
    return tuned


def read_tuned(folder: Path) -> Tuned | None:
    """What a tuning has left in a folder; None where nothing whole is there."""
    try:
        facts = json.loads((folder / FACTS_NAME).read_text("utf-8"))
        if facts["format"] != FORMAT or facts["kind"] not in ("channels", "lora"):
            return None
        losses = tuple(TuningLoss(*fields) for fields in facts.pop("losses"))
        numbers = ("parameters", "steps", "best_step", "tokens", "different_tokens")
        sound = all(isinstance(facts[name], int) for name in (*numbers, "validation_tokens"))
        sound = sound and all(isinstance(facts[n], str) for n in ("key", "start", "stopped"))
        weights = weights_of(folder, facts["kind"])
        if not sound or not weights.is_file() or file_sha256(weights) != facts["sha256"]:
            return None
        return Tuned(folder, {**facts, "seconds": float(facts["seconds"])}, losses)
    except (OSError, KeyError, TypeError, ValueError, RecursionError):
        return None


class _RowLearner(Learner):
    """The chosen channels on a loaded model; frozen is everything else."""

    def __init__(self, spec: TuneSpec, name: str) -> None:
        import torch

        module = load_resident(spec.target, choose_device(spec.device), getattr(torch, spec.dtype))
        put_on(module, spec.target, spec.start)
        start = gather_rows(moved_model(spec.target, spec.start).weights, spec.pieces)
        values = torch.nn.Parameter(torch.from_numpy(start).to(module.device))
        values.grad = torch.zeros_like(values)
        install_rows(module, spec.target, spec.pieces, values)
        if spec.settings.checkpointing:
            recompute_layers(module, spec.target)
        super().__init__(name, module, values)


def learner_of(spec: TuneSpec, name: str) -> Learner:
    """What learns, on a model that is loaded for it.

    Args:
        spec: What is tuned.
        name: Of the tuning, in its losses.
    """
    if spec.settings.kind == "lora":
        return LoraLearner(spec.lora, spec.start, name)
    return _RowLearner(spec, name)


def _write_weights(
    learner: Learner, spec: TuneSpec, values: NDArray[np.float32], folder: Path
) -> None:
    weights = weights_of(folder, spec.settings.kind)
    if isinstance(learner, LoraLearner):
        write_adapter(learner, values, weights.parent)
    else:
        layout = layout_of(spec.target)
        save_rows(weights, layout, spec.pieces, values, spec.target.facts)


def _write_facts(
    spec: TuneSpec, told: Mapping[str, Any], losses: tuple[TuningLoss, ...], folder: Path
) -> Tuned:
    """What is written last, beside the weights, for `read_tuned`."""
    facts = {
        "format": FORMAT,
        "key": spec.key(),
        "start": moves_digest(spec.start),
        "kind": spec.settings.kind,
        "parameters": spec.parameters,
        **told,
        "sha256": file_sha256(weights_of(folder, spec.settings.kind)),
    }
    plain = [dataclasses.astuple(loss) for loss in losses]
    write_whole(folder / FACTS_NAME, json.dumps({**facts, "losses": plain}) + "\n")
    return Tuned(folder, facts, losses)

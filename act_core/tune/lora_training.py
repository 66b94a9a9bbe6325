"""Training a LoRA with PEFT, on what a schedule reads; it becomes an ordinary PEFT folder.

Every rate is tried with the same data in the same order. The one with the lowest loss on validation
data is kept; where none was set apart, the one whose batches had the lowest mean loss just before
each was learned from (progressive validation: Blum, Kalai and Langford 1999, "Beating the
hold-out").
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from act_core.cancel import CancelToken
from act_core.errors import NotFiniteError, output_error
from act_core.events import EventSink, Finished, Note, TuningLoss
from act_core.files import read_object, write_whole
from act_core.hub.models import hub_names_of
from act_core.meters import ProgressMeter
from act_core.models.adapter import PREFIX, WEIGHTS_NAME, is_adapter
from act_core.models.resident import load_resident
from act_core.profile.devices import choose_device
from act_core.transfer.loaded import put_on
from act_core.transfer.moves import Move
from act_core.tune.gate_gradient import recompute_layers
from act_core.tune.loop import UNIT, Learner, Tuning, tuning_facts
from act_core.tune.lora import SCALE, LoraSpec, module_pattern
from act_core.tune.tuning_data import TuningData
from act_core.tune.tuning_state import TuningState

if TYPE_CHECKING:
    import torch

STAGE = "tuning only"
FACTS_NAME = "act_tuning.json"
FORMAT = "act-lora-1"


@dataclass(frozen=True, slots=True)
class TrainedLora:
    """An adapter that lies on disk.

    Attributes:
        folder: A PEFT folder.
        facts: Of the rate that was kept: `rate`, `steps`, `best_step`, `tokens`,
            `different_tokens`, `validation_tokens`. Besides `rank`, `parameters`, `tried` (by rate
            its loss), and `tokens_of_all` and `seconds` of all rates.
    """

    folder: Path
    facts: Mapping[str, Any]


def train_lora(spec: LoraSpec, folder: Path, emit: EventSink, token: CancelToken) -> TrainedLora:
    """Train an adapter, or take the one that is known.

    After every check the work stands on disk; a later call goes on there and ends with the same
    bits as without the break.

    Args:
        spec: What to train.
        folder: Where the adapter comes to lie, and beside it unfinished work.
        emit: Progress in steps over all rates, and `TuningLoss` named `lora RATE`.
        token: Polled per layer.

    Raises:
        AbilityDataError: An ability has nothing to learn from, or is longer than the context.
        OutOfMemoryError: Not even one sequence fits.
        NotFiniteError: With every rate a loss is NaN or Inf.
        OutputError: The folder cannot be written.
        CancelledByPersonError: Finished checks stay beside the folder.
    """
    known = known_lora(spec, folder)
    if known is not None:
        emit(Finished(STAGE, reused=True))
        return known
    data = spec.schedule.data(spec.target, spec.abilities)
    learner = LoraLearner(spec)
    start = learner.values.detach().cpu().numpy().copy()
    stem, schedule = spec.key()[:16], spec.schedule
    places = {rate: folder.with_name(f"{stem}-{rate:g}.partial") for rate in spec.rates}
    tunings = {
        rate: Tuning(
            learner, spec.target, data, schedule, rate, start, place, emit, token, stoppable=False
        )
        for rate, place in places.items()
    }
    states = _each_rate(tunings, learner, schedule.last, emit)
    facts = _facts(spec, states, data)
    told = {FACTS_NAME: json.dumps({"format": FORMAT, "key": spec.key(), **facts}, indent=1) + "\n"}
    write_adapter(learner, states[facts["rate"]].best, folder, told)
    for place in places.values():
        place.unlink(missing_ok=True)
    return TrainedLora(folder, facts)


def _each_rate(
    tunings: Mapping[float, Tuning], learner: LoraLearner, steps: int, emit: EventSink
) -> dict[float, TuningState]:
    """Where the tunings by rate ended; a rate whose loss was not finite is left out."""
    done = sum(tuning.state.step for tuning in tunings.values())
    meter = ProgressMeter(emit, STAGE, steps * len(tunings), UNIT, done=done)
    states = {}
    for number, (rate, tuning) in enumerate(tunings.items(), 1):
        learner.name = f"lora {rate:g}"
        try:
            states[rate] = tuning.run(meter)
        except NotFiniteError as error:
            if not states and number == len(tunings):
                raise
            emit(Note(f"{STAGE}, rate {rate:g}: {error.reason}", "warning"))
        meter.step(steps - tuning.state.step)
    meter.finish()
    return states


def _facts(
    spec: LoraSpec, states: Mapping[float, TuningState], data: Sequence[TuningData]
) -> dict[str, Any]:
    """Facts of a `TrainedLora`, of the rate with the lowest loss."""
    tried = {rate: _loss_of(state) for rate, state in states.items()}
    rate = min(tried, key=lambda one: tried[one])
    return {
        "rate": rate,
        **tuning_facts(states[rate], data),
        "rank": spec.rank,
        "parameters": spec.parameters,
        "tried": {f"{one:g}": loss for one, loss in tried.items()},
        "tokens_of_all": sum(one.tokens(s.step) for s in states.values() for one in data),
        "seconds": round(math.fsum(state.seconds for state in states.values()), 3),
    }


def known_lora(spec: LoraSpec, folder: Path) -> TrainedLora | None:
    """The adapter that was trained from just this; None where there is none."""
    facts = read_object(folder / FACTS_NAME)
    if not is_adapter(folder):
        return None
    known = facts.pop("format", None) == FORMAT and facts.pop("key", None) == spec.key()
    return TrainedLora(folder, facts) if known else None


class LoraLearner(Learner):
    """An adapter on a loaded target; all its matrices are views of one flat tensor.

    Args:
        spec: What is trained.
        start: What is put on the target before; by default nothing.
        name: Of the tuning, in its losses.
    """

    def __init__(self, spec: LoraSpec, start: Sequence[Move] = (), name: str = "lora") -> None:
        import torch
        from peft import LoraConfig, inject_adapter_in_model

        module = load_resident(spec.target, choose_device(spec.device), getattr(torch, spec.dtype))
        on_hub = hub_names_of(spec.target.reference)  # PEFT keeps a commit apart
        put_on(module, spec.target, start)
        self._config = LoraConfig(
            r=spec.rank,
            lora_alpha=SCALE * spec.rank,
            target_modules=module_pattern(spec.target),
            fan_in_fan_out=any(one.transposed for one in spec.modules),
            lora_dropout=0.0,
            task_type="CAUSAL_LM",
            init_lora_weights=False,
            base_model_name_or_path=on_hub[0].repo if on_hub else spec.target.reference,
            revision=on_hub[0].revision if on_hub else None,
        )
        inject_adapter_in_model(self._config, module)
        self._config.init_lora_weights = True  # so it reads like any adapter's that PEFT has begun
        _begin(module, spec.schedule.seed)
        module.eval()
        self._matrices = [one for one in module.parameters() if one.requires_grad]
        flat = torch.cat([one.detach().reshape(-1) for one in self._matrices])
        values = torch.nn.Parameter(flat)
        values.grad = torch.zeros_like(flat)
        pieces = zip(self._pieces(values.detach()), self._pieces(values.grad), strict=True)
        for matrix, (own, gradient) in zip(self._matrices, pieces, strict=True):
            matrix.data, matrix.grad = own, gradient
        if spec.checkpointing:
            recompute_layers(module, spec.target)
        super().__init__(name, module, values)

    def write(self, values: NDArray[np.float32], folder: Path) -> None:
        """Write the adapter that has these values as PEFT writes it."""
        import torch
        from peft import get_peft_model_state_dict
        from safetensors.torch import save

        with torch.no_grad():
            self.values.copy_(torch.from_numpy(values))
        # Else PEFT asks the Hub whether the base's vocabulary is the original one.
        state = get_peft_model_state_dict(self.module, save_embedding_layers=False)
        named = {f"{PREFIX}{name}": one.cpu().clone() for name, one in state.items()}
        self._config.inference_mode = True
        self._config.save_pretrained(str(folder))
        write_whole(folder / WEIGHTS_NAME, save(named, {"format": "pt"}))

    def _pieces(self, flat: torch.Tensor) -> list[torch.Tensor]:
        parts = flat.split([one.numel() for one in self._matrices])
        return [part.view(one.shape) for part, one in zip(parts, self._matrices, strict=True)]


def _begin(module: torch.nn.Module, seed: int) -> None:
    """Give an adapter PEFT's first numbers in float32: A as `nn.Linear` draws it, B zero.

    They come from a generator of their own. PEFT draws from torch's, which is one for all threads:
    what another one draws or seeds meanwhile would decide the start. Their dtype would be that of
    the model, in which Adam's small steps are lost.
    """
    import torch
    from peft.tuners.lora import LoraLayer

    generator = torch.Generator().manual_seed(seed)

    def drawn(shape: torch.Size) -> torch.Tensor:
        empty = torch.empty(shape, dtype=torch.float32)
        return torch.nn.init.kaiming_uniform_(empty, a=math.sqrt(5), generator=generator)

    layers: list[Any] = [layer for layer in module.modules() if isinstance(layer, LoraLayer)]
    for layer in layers:
        ((first, second),) = zip(layer.lora_A.values(), layer.lora_B.values(), strict=True)
        for matrix in (first, second):  # PEFT draws both, and then the first once more
            drawn(matrix.weight.shape)
        device = first.weight.device
        first.weight.data = drawn(first.weight.shape).to(device)
        second.weight.data = torch.zeros(second.weight.shape, dtype=torch.float32, device=device)


def _loss_of(state: TuningState) -> float:
    """By which a rate is chosen: at its best check, or over all its batches, in nats."""

    def mean(losses: list[TuningLoss]) -> float:
        return math.fsum(one.loss for one in losses) / len(losses)

    checks = [one for one in state.losses if one.split == "validation"]
    if checks:
        return mean([one for one in checks if one.step == state.best_step])
    return mean(state.losses)


def write_adapter(
    learner: LoraLearner,
    values: NDArray[np.float32],
    folder: Path,
    files: Mapping[str, str] | None = None,
) -> None:
    """Write an adapter's folder whole or not at all, in place of one that is there.

    Args:
        learner: Whose adapter it is.
        values: The adapter's numbers.
        folder: The goal.
        files: Texts that come to lie beside it, by name.

    Raises:
        OutputError: It cannot be written.
    """
    made = folder.with_name(f"{folder.name}.partial")
    try:
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        learner.write(values, made)
        for name, text in (files or {}).items():
            write_whole(made / name, text)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    except OSError as error:
        raise output_error(error, folder) from error

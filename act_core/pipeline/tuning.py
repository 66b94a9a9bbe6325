"""The control of everything that is learned: tuning alone, without any specialist, by LoRA.

It reads what the gates read: the same tokens in the same order and steps, with the same validation
split and early stopping, and learns about as many numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.models.reference import Model, with_adapter
from act_core.pipeline.stages import Context
from act_core.runs import RunFolder
from act_core.transfer.gates import Gates
from act_core.tune.gates import GateSpec
from act_core.tune.lora import LoraSpec, nearest_rank
from act_core.tune.lora_training import known_lora, train_lora

TUNING = "tuning only"


def tuning_spec(gates: GateSpec, learned: Gates | None) -> LoraSpec:
    """Tuning of the target alone that is equal to a tuning of gates, to the step of its end.

    Validation may end either of them earlier; where a person ended the gates, it ends there too.

    Args:
        gates: How the gates are learned.
        learned: They themselves; None where nobody was there to end them.
    """
    ends = 0
    if learned is not None and learned.facts["stopped"] == "person":
        ends = int(learned.facts["steps"])
    return LoraSpec(
        target=gates.target,
        abilities=gates.abilities,
        schedule=dataclasses.replace(gates.schedule, ends=ends),
        rank=nearest_rank(gates.target, gates.parameters),
        checkpointing=gates.settings.checkpointing,
        device=gates.device,
        dtype=gates.dtype,
    )


def tuning_candidate(gates: GateSpec, learned: Gates, context: Context) -> Candidate:
    """The tuned target, trained or known.

    Raises:
        ActError: Everything that `train_lora` raises.
    """
    spec = tuning_spec(gates, learned)
    return lora_candidate(TUNING, spec, context.folder.tuning_path, context)


def lora_candidate(name: str, spec: LoraSpec, folder: Path, context: Context) -> Candidate:
    """A target with an adapter of its own, trained or known.

    Args:
        name: Of the candidate.
        spec: How the adapter is trained.
        folder: Where it lies.
        context: Where progress goes, and cancel.

    Raises:
        ActError: Everything that `train_lora` raises.
    """
    trained = train_lora(spec, folder, context.emit, context.token)
    target = spec.target
    adapted: Model = with_adapter(f"{target.reference}+{trained.folder}", target, trained.folder)
    return specialist_candidate(name, target, adapted)


def tuning_facts(gates: GateSpec, learned: Gates, folder: RunFolder) -> Mapping[str, Any]:
    """How the control was trained, for metrics.json; nothing where it was not."""
    known = known_lora(tuning_spec(gates, learned), folder.tuning_path)
    if known is None:
        return {}
    return {"tuning": {**known.facts, "gates": gates.parameters}}

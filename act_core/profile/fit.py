"""Whether profile, transfer and evaluation fit into the memory that is free now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from act_core.models.memory import (
    MemoryEstimate,
    profile_memory,
    resident_memory,
    transfer_memory,
)
from act_core.models.reference import Model
from act_core.profile.machine import Machine
from act_core.recipe import Draft

Task = Literal["profile", "transfer", "tune", "evaluate"]
Verdict = Literal["fits", "tight", "no", "unknown"]

# Other programs take memory too, and estimates are estimates.
_EASY_SHARE = 0.7
_WHOLE_SHARE = 1.0
_BATCH_TOKENS = 2048
_DTYPES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}


@dataclass(frozen=True, slots=True)
class TaskFit:
    """One task against free memory.

    Attributes:
        task: Which.
        verdict: `tight` above 70 % of what is free, `no` above all of it.
        need_bytes: Estimated peak, or None.
        free_bytes: Of the memory that the task uses, or None.
        assumptions: What was counted.
    """

    task: Task
    verdict: Verdict
    need_bytes: int | None
    free_bytes: int | None
    assumptions: tuple[str, ...]


def task_fits(
    draft: Draft, target: Model, specialists: Sequence[Model], machine: Machine
) -> tuple[TaskFit, ...]:
    """Estimate the three tasks of a recipe.

    Args:
        draft: Its abilities and its settings for the profile; without abilities 4096 counted
            tokens are assumed.
        target: Its target.
        specialists: Its specialists.
        machine: What is free.
    """
    settings = draft.profile
    dtype = _DTYPES[settings.dtype]
    batch = settings.batch_tokens or _BATCH_TOKENS
    counted = sum(a.calibration_tokens for a in draft.abilities.values()) or 4096
    backward = "attributed" in settings.statistics or draft.localize.scorer == "attributed"
    on_device = machine.device_free_bytes
    device_free = machine.free_bytes if on_device is None else on_device
    profile = profile_memory(
        target,
        specialists,
        tokens=2 * counted,
        batch_tokens=batch,
        dtype=dtype,
        backward=backward,
    )
    counted_twice = f"twice as many tokens as the {counted:,} that are counted"
    resident = resident_memory(target, dtype=dtype, batch_tokens=batch)
    return (
        _fit("profile", profile, device_free, (counted_twice,)),
        _fit("transfer", transfer_memory(target), machine.free_bytes),
        _fit("evaluate", resident, device_free, ("one model at a time",)),
    )


def tune_fit(estimate: MemoryEstimate, machine: Machine, assumptions: tuple[str, ...]) -> TaskFit:
    """Whether a tuning fits.

    Args:
        estimate: Its peak.
        machine: What is free.
        assumptions: What was counted beside the memory.
    """
    own = machine.device_free_bytes
    return _fit("tune", estimate, machine.free_bytes if own is None else own, assumptions)


def _fit(
    task: Task, estimate: MemoryEstimate, free_bytes: int, more: tuple[str, ...] = ()
) -> TaskFit:
    need = estimate.size_bytes
    verdict: Verdict = "fits"
    if need > _EASY_SHARE * free_bytes:
        verdict = "tight" if need <= _WHOLE_SHARE * free_bytes else "no"
    if free_bytes <= 0:
        verdict = "unknown"
    return TaskFit(task, verdict, need, free_bytes, (*estimate.assumptions, *more))

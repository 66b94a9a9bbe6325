"""What a recipe's tuning will take, before it starts: numbers that learn, tokens, memory, time.

Reads the recipe, headers, masks or gates, and the run's log; torch only where a speed is measured.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from act_core.errors import GatesError, MaskError, ProfileError
from act_core.models.channels import layout_of
from act_core.models.memory import MemoryEstimate, tuning_memory
from act_core.models.reference import Model
from act_core.pipeline.known import known_moves, models_of
from act_core.profile.expect import matrix_speed
from act_core.recipe import Budget, Recipe, TuneSettings
from act_core.transfer.tuned import moved_channels
from act_core.tune.lora import lora_parameters

_FLOPS_A_PARAMETER = 2
# A step reaches about this share of the speed of one large matrix product.
_EFFICIENCY = 0.4
_TYPES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}


@dataclass(frozen=True, slots=True)
class TunePlan:
    """An estimate for people.

    Attributes:
        settings: What is planned.
        channels: That learn; None where an adapter does.
        parameters: Numbers that learn.
        tokens: Read to learn from, at most.
        validation_tokens: Read at all checks, at most.
        memory: Peak of the tuning.
        seconds: Of the tuning, without its control, which takes as long again; None where no speed
            is known.
        measured: The speed is that of the last tuning of this run.
        assumptions: What was assumed of time and size.
    """

    settings: TuneSettings
    channels: int | None
    parameters: int
    tokens: int
    validation_tokens: int
    memory: MemoryEstimate
    seconds: float | None
    measured: bool
    assumptions: tuple[str, ...]


def tune_plan(recipe: Recipe, *, measure: bool = False) -> TunePlan:
    """Estimate a recipe's tuning; without a section tune, one with the defaults.

    Args:
        recipe: What would be carried out.
        measure: Where the run's log knows no speed, measure one large matrix product. This imports
            torch and takes a moment, so it is for a worker thread.

    Raises:
        ActError: Everything that `models_of` raises, or the device is not there.
    """
    settings = recipe.tune or TuneSettings()
    target, specialists = models_of(recipe)
    try:
        plain = recipe.model_copy(update={"tune": None})
        moves = known_moves(plain, target, specialists).moves
        selected = moved_channels(target, moves)
        each = layout_of(target).parameters_of_channel()
        channels, parameters = int(selected.sum()), int(each[selected].sum())
        assumed = "the channels that the run's masks or gates move"
    except (MaskError, GatesError, ProfileError):
        channels, parameters = _expected(recipe, target)
        assumed = "as many channels as the recipe allows, as none are selected yet"
    if settings.kind == "lora":
        parameters, assumed = lora_parameters(target, settings.rank), "an adapter on all modules"
    tokens = settings.steps * settings.batch_tokens * len(recipe.abilities)
    checks = 1 + settings.steps // settings.check_every
    each_check = sum(one.calibration_tokens for one in recipe.abilities.values())
    validation = round(settings.validation * each_check) * checks
    largest = max(settings.shares.values(), default=1.0)
    memory = tuning_memory(
        target,
        learned=parameters,
        batch_tokens=round(settings.batch_tokens * max(1.0, largest)),
        dtype=_TYPES[recipe.profile.dtype],
        checkpointing=settings.checkpointing,
    )
    passes = _passes(target, settings, parameters)
    seconds, measured, how = _seconds(recipe, target, tokens, validation, passes, measure)
    return TunePlan(
        settings,
        channels if settings.kind == "channels" else None,
        parameters,
        tokens,
        validation,
        memory,
        seconds,
        measured,
        (assumed, f"all {settings.steps} steps, none saved by stopping early", *how),
    )


def _expected(recipe: Recipe, target: Model) -> tuple[int, int]:
    """Channels and their parameters by the budget alone; of gates all, as each may open."""
    layout = layout_of(target)
    each = layout.parameters_of_channel()
    total = int(each.sum())
    budget = Budget(positive=True) if recipe.gates else recipe.localize.budget
    share = budget.share or 1.0
    if recipe.gates and recipe.gates.budget is not None:
        share = recipe.gates.budget
    if budget.parameters is not None:
        share = min(1.0, budget.parameters / total)
    wanted = min(1.0, share * (1 if recipe.gates else len(recipe.specialists)))
    return round(wanted * layout.total), round(wanted * total)


def _passes(target: Model, settings: TuneSettings, learned: int) -> float:
    """A step's work on a token in forward passes over the layers.

    There and back through frozen weights; rows that learn are computed twice on the way there, and
    need the gradient of their inputs and of themselves on the way back.
    """
    share = learned / max(1, int(np.sum(layout_of(target).parameters_of_channel())))
    return 2.0 + 3.0 * min(1.0, share) + (1.0 if settings.checkpointing else 0.0)


def _seconds(
    recipe: Recipe, target: Model, tokens: int, validation: int, passes: float, measure: bool
) -> tuple[float | None, bool, tuple[str, ...]]:
    """How long, whether that is measured, and what was assumed."""
    speed = _past_speed(recipe.run)
    if speed is not None:
        seconds = (tokens + validation / passes) / speed
        return seconds, True, (f"{speed:,.0f} tokens/s, as the last tuning of this run",)
    if not measure:
        return None, False, ()
    flops_per_s = _EFFICIENCY * matrix_speed(recipe.profile.device, recipe.profile.dtype)
    prefix = target.family.layers + "."
    body = sum(one.parameters for n, one in target.facts.items() if n.startswith(prefix))
    head = target.shape.hidden * target.shape.vocabulary
    work = tokens * (body * passes + 2 * head) + validation * (body + head)
    return (
        _FLOPS_A_PARAMETER * work / flops_per_s,
        False,
        (
            f"{passes:.3g} passes over {body / 1e6:,.3g} million parameters for each token",
            f"{flops_per_s / 1e9:,.3g} GFLOP/s: {_EFFICIENCY:.0%} of one matrix product, measured "
            "just now",
        ),
    )


def _past_speed(run: Path) -> float | None:
    """Tokens a second of the last tuning in the run's log: the median of its last steps."""
    steps = list(itertools.islice(_steps(run), 16))
    speeds = [speed for tuning, speed in steps if tuning == steps[0][0]]
    return float(np.median(speeds)) if speeds else None


def _steps(run: Path) -> Iterator[tuple[str, float]]:
    """Steps after a transfer that the log tells of, the last one first."""
    try:
        lines = (run / "events.jsonl").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in reversed(lines):
        if '"TuningStep"' not in line:
            continue
        try:
            event = json.loads(line)
            tuning, speed = event["tuning"], float(event["tokens_per_s"])
        except (ValueError, KeyError, TypeError):
            continue
        if tuning in ("tune", "tuning only") and speed > 0:
            yield tuning, speed

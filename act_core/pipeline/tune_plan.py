"""What a recipe's tuning will take, before it starts: numbers that learn, tokens, memory, time.

Reads the recipe, headers, masks or gates, and the run's log; torch only where a speed is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

from act_core.cancel import CancelToken
from act_core.errors import GatesError, MaskError, ProfileError
from act_core.models.channels import layout_of
from act_core.models.memory import MemoryEstimate, tuning_memory
from act_core.models.reference import Model
from act_core.pipeline.known import known_moves, models_of
from act_core.pipeline.learning_time import tokens_of, tuning_time
from act_core.recipe import Budget, Recipe, TuneSettings
from act_core.transfer.tuned import moved_channels
from act_core.tune.lora import lora_parameters
from act_core.tune.schedule import Schedule

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


def tune_plan(
    recipe: Recipe, *, measure: bool = False, token: CancelToken | None = None
) -> TunePlan:
    """Estimate a recipe's tuning; without a section tune, one with the defaults.

    Args:
        recipe: What would be carried out.
        measure: Where the run's log knows no speed, try some steps out. This imports torch and
            takes some seconds, so it is for a worker thread.
        token: Polled while they are tried out.

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
    largest = max(settings.shares.values(), default=1.0)
    memory = tuning_memory(
        target,
        learned=parameters,
        batch_tokens=round(settings.batch_tokens * max(1.0, largest)),
        dtype=_TYPES[recipe.profile.dtype],
        checkpointing=settings.checkpointing,
    )
    time = tuning_time(recipe, target, parameters, measure=measure, token=token)
    tokens, validation = tokens_of(recipe, Schedule.of(settings, recipe.seed))
    return TunePlan(
        settings,
        channels if settings.kind == "channels" else None,
        parameters,
        tokens,
        validation,
        memory,
        None if time is None else time.seconds,
        time is not None and time.measured,
        (
            assumed,
            f"all {settings.steps} steps, none saved by stopping early",
            *(() if time is None else time.assumptions),
        ),
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

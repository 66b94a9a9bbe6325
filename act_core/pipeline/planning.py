"""The plan of a recipe's transfer, before anything is computed or written."""

from __future__ import annotations

from dataclasses import dataclass

from act_core.models.memory import MemoryEstimate, transfer_memory
from act_core.pipeline.known import known_moves, models_of
from act_core.recipe import Recipe
from act_core.runs import RunFolder
from act_core.transfer.plan import TransferPlan, plan_transfer
from act_core.transfer.policies import Settled


@dataclass(frozen=True, slots=True, eq=False)
class RecipePlan:
    """What a recipe's transfer will do.

    Attributes:
        plan: Rows, parameters, bytes, free space and time.
        settled: The masks that move, and how many channels more than one specialist wanted; of
            gates the channels that are open.
        memory: What it takes at most.
        gated: Rows are blended, each by its gate.
    """

    plan: TransferPlan
    settled: Settled
    memory: MemoryEstimate
    gated: bool = False


def plan_of(recipe: Recipe) -> RecipePlan:
    """Plan the transfer of a recipe whose masks or gates are known; reads headers of weights only.

    Args:
        recipe: Its run folder holds the masks, unless its specialists name files.

    Raises:
        ActError: Everything that `models_of`, `known_moves` and `plan_transfer` raise.
    """
    target, specialists = models_of(recipe)
    known = known_moves(recipe, target, specialists)
    out = recipe.export or RunFolder(recipe.run).model
    plan = plan_transfer(target, known.written, out, overwrite=True)
    gated = recipe.gates is not None
    return RecipePlan(plan, known.settled, transfer_memory(target), gated)

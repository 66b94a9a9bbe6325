"""Probes of a recipe: what target, specialists and result answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from act_core.cancel import CancelToken
from act_core.errors import GatesError, MaskError, ProfileError, TunedError
from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.events import EventSink
from act_core.models.reference import Model
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.known import known_moves, models_of
from act_core.pipeline.result import Result
from act_core.pipeline.stages import Context
from act_core.recipe import Recipe
from act_core.runs import RunFolder
from act_core.talk.probes import ProbeSheet, answer_probes
from act_core.talk.question import RESULT, TARGET
from act_core.talk.warm import WarmTalker
from act_core.transfer.moves import Move


def probe_stage(inputs: Inputs, result: Result, context: Context) -> list[dict[str, Any]]:
    """The answers to the recipe's probes, for metrics.json; known ones from the run folder.

    Raises:
        ActError: Everything that `answer_probes` raises.
    """
    recipe = inputs.recipe
    if not recipe.evaluate.probes:
        return []
    sheet = _sheet(recipe, inputs.target, inputs.specialists, result.moves)
    warm = WarmTalker()
    answer_probes(sheet, warm, emit=context.emit, cancel=context.token)
    warm.let_go()
    return _facts(sheet)


def probe_again(
    recipe: Recipe, warm: WarmTalker, *, emit: EventSink, token: CancelToken
) -> list[dict[str, Any]]:
    """The same without a run: the result is what the masks or gates of the run folder make.

    Where nothing is selected yet, target and specialists answer.

    Raises:
        ActError: Everything that `models_of` and `answer_probes` raise.
    """
    sheet = sheet_of(recipe)
    answer_probes(sheet, warm, emit=emit, cancel=token)
    return _facts(sheet)


def known_probes(recipe: Recipe) -> list[dict[str, Any]]:
    """The recipe's probes with the answers that are known; of others only who would answer.

    Raises:
        ActError: Everything that `models_of` and `ProbeSheet.keys` raise.
    """
    return _facts(sheet_of(recipe))


def sheet_of(recipe: Recipe) -> ProbeSheet:
    """Who answers a recipe's probes by what its run folder knows.

    Raises:
        ActError: Everything that `models_of` raises.
    """
    target, specialists = models_of(recipe)
    try:
        moves = known_moves(recipe, target, specialists).moves
    except (MaskError, GatesError, ProfileError, TunedError):
        moves = None  # there is no result yet
    return _sheet(recipe, target, specialists, moves)


def _sheet(
    recipe: Recipe,
    target: Model,
    specialists: Mapping[str, Model],
    moves: Sequence[Move] | None,
) -> ProbeSheet:
    candidates = [
        Candidate(TARGET),
        *(specialist_candidate(name, target, model) for name, model in specialists.items()),
    ]
    if moves is not None:
        candidates.append(Candidate(RESULT, tuple(moves)))
    return ProbeSheet(
        target,
        tuple(candidates),
        recipe.evaluate.probes,
        RunFolder(recipe.run).probes_path,
        recipe.profile.device,
        recipe.profile.dtype,
    )


def _facts(sheet: ProbeSheet) -> list[dict[str, Any]]:
    return [
        {
            **probe.model_dump(),
            "answers": [
                {"candidate": candidate.name} if answer is None else dataclasses.asdict(answer)
                for candidate, answer in zip(sheet.candidates, answers, strict=True)
            ],
        }
        for probe, answers in zip(sheet.probes, sheet.known(), strict=True)
    ]

"""Probes in a run: what target, specialists and result answer."""

from __future__ import annotations

import dataclasses
from typing import Any

from act_core.evaluate.candidates import Candidate
from act_core.pipeline.candidates import RESULT, specialists_of
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.result import Result
from act_core.pipeline.stages import Context
from act_core.talk.probes import answer_probes
from act_core.talk.question import TARGET


def probe_stage(inputs: Inputs, result: Result, context: Context) -> list[dict[str, Any]]:
    """The answers to the recipe's probes, for metrics.json; known ones from the run folder.

    Raises:
        ActError: Everything that `answer_probes` raises.
    """
    recipe = inputs.recipe
    probes = recipe.evaluate.probes
    if not probes:
        return []
    candidates = (
        Candidate(TARGET),
        *specialists_of(inputs),
        Candidate(RESULT, result.moves),
    )
    found = answer_probes(
        inputs.target,
        candidates,
        probes,
        context.folder.probes_path,
        device=recipe.profile.device,
        dtype=recipe.profile.dtype,
        emit=context.emit,
        cancel=context.token,
    )
    return [
        {**probe.model_dump(), "answers": [dataclasses.asdict(answer) for answer in answers]}
        for probe, answers in zip(probes, found, strict=True)
    ]

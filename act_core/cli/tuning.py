"""`act tune`: a named setting in place of the recipe's, and what a tuning will take."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from act_core.cli.screen import print_json, say, show_pairs
from act_core.pipeline.gates import budget_text
from act_core.pipeline.tune_plan import TunePlan
from act_core.profile.expect import Expectation
from act_core.recipe import Recipe, TunePreset, preset_of
from act_core.report.numbers import count, duration, size


def with_preset(recipe: Recipe, preset: TunePreset | None) -> Recipe:
    """The recipe with a preset's settings in its section tune; unchanged without a preset."""
    if preset is None:
        return recipe
    return recipe.model_copy(update={"tune": preset_of(preset, recipe.tune)})


def show_plan(plan: TunePlan, json: bool) -> None:
    """Print an estimate."""
    if json:
        facts = dataclasses.asdict(plan) | {"settings": plan.settings.model_dump(mode="json")}
        print_json({"event": "Plan", **facts})
        return
    settings = plan.settings
    learns = f"{count(plan.parameters)} numbers"
    if plan.channels is not None:
        learns += f" of {count(plan.channels)} channels"
    time = "not known" if plan.seconds is None else duration(plan.seconds)
    show_pairs(
        f"Tuning: {settings.kind}",
        {
            "learns": learns,
            "steps": f"{settings.steps} at most, learning rate {settings.rate:g}",
            "tokens read": f"{count(plan.tokens)} at most",
            "tokens of checks": f"{count(plan.validation_tokens)} at most",
            "memory": size(plan.memory.size_bytes),
            "time": f"{time}, and as long again for the control",
            "assumed": "; ".join((*plan.memory.assumptions, *plan.assumptions)),
        },
    )


def show_time(what: str, found: Expectation | None, times: int, json: bool) -> None:
    """Print an expected time.

    Args:
        what: Takes it.
        found: Of one; None where it is not known.
        times: How many there are.
        json: As a line of JSON.
    """
    seconds = None if found is None else times * found.seconds
    assumptions = () if found is None else found.assumptions
    if json:
        facts = {"seconds": seconds, "measured": found is not None and found.measured}
        print_json({"event": "Plan", "what": what, **facts, "assumptions": assumptions})
        return
    rough = "" if found is None or found.measured else ", a rough estimate"
    time = "not known: too little memory is free to try it out"
    time = time if seconds is None else f"{duration(seconds)}{rough}"
    show_pairs(what, {"time": time, "assumed": "; ".join(assumptions)})


def show_tuned(facts: Mapping[str, Any]) -> None:
    """Print how a tuning came about."""
    which = "of the transferred channels" if facts["kind"] == "channels" else "of an adapter"
    ended = " Validation ended it early." if facts["stopped_early"] else ""
    ended = " A person stopped it." if facts["stopped_by_person"] else ended
    say(
        f"Tuned: {count(facts['parameters'])} numbers {which} in {count(facts['steps'])} steps; "
        f"those of step {count(facts['best_step'])} are kept.{ended}"
    )
    say(budget_text(facts))

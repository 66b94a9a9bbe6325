"""How gates are and were learned, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from act_core.events import TuningLoss
from act_core.profile.expect import Expectation
from act_core.recipe import Draft, GateSettings
from act_core.report.numbers import count
from act_core.tune.learned import LearnedGates
from act_core.tune.schedule import can_learn
from act_gui.jobs.words import about_text
from act_gui.maps.loss_lines import best_check
from act_gui.pages.learning_words import no_room_text
from act_gui.stages import StageState
from act_gui.text import tr


def plan_text(draft: Draft, state: StageState, *, lost: bool) -> str:
    """What a start would do."""
    if not can_learn(draft.profile.dtype):
        return no_room_text()
    if lost:
        return tr("The gates are gone or damaged: learn again.")
    if state is StageState.DONE:
        return tr("The gates are learned. Transfer blends every row by its gate.")
    if state is StageState.STALE:
        return tr("What is shown is of earlier settings: learn again.")
    return tr(
        "Will be learned from {abilities}. A break loses at most the steps since the last check.",
        abilities=", ".join(draft.abilities),
    )


def time_text(found: Expectation | None) -> str:
    """How long learning will take; empty where that is not known."""
    if found is None:
        return ""
    time = about_text(found.seconds)
    if found.measured:
        return tr("{time} for all steps, as fast as the last time", time=time)
    return tr("{time} for all steps, a rough estimate", time=time)


def best_so_far(losses: Sequence[TuningLoss], settings: GateSettings) -> int | None:
    """The best check, where nothing but the losses decides."""
    if settings.l1 or settings.budget is not None:
        return None
    return best_check(losses, {})


def learned_facts(learned: LearnedGates) -> dict[str, str]:
    """How stored gates were learned, for people."""
    steps = tr("{steps}, the best is {best}", steps=count(learned.steps), best=learned.best_step)
    early = tr("yes, validation no longer gained") if learned.stopped_early else tr("no")
    if learned.stopped_by_person:
        early = tr("yes, as you asked")
    when = datetime.fromtimestamp(learned.learned_at).strftime("%d %b %Y, %H:%M")
    return {
        tr("Steps"): steps,
        tr("Stopped early"): early,
        tr("Tokens read"): tr(
            "{tokens}, {different} of them different",
            tokens=count(learned.tokens),
            different=count(learned.different_tokens),
        ),
        tr("Validation tokens"): count(learned.validation_tokens),
        tr("Learned"): when,
    }

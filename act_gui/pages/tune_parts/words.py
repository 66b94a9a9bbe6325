"""What a start of the tuning would do, and how one goes, in words."""

from __future__ import annotations

from act_core.events import TuningStep
from act_core.recipe import Draft
from act_core.report.numbers import count
from act_core.tune.schedule import can_learn
from act_gui.pages.learning_words import no_room_text
from act_gui.stages import StageState
from act_gui.text import tr
from act_gui.widgets.number_field import write_rate
from act_gui.widgets.run_card import RunWords, memory_text


def run_words() -> RunWords:
    """What the page calls its job."""
    return RunWords(
        job=tr("Tuning job"),
        progress=tr("Progress of the tuning"),
        start=tr("Start tuning"),
        running=tr("Tuning…"),
        kept=tr("Paused. Steps up to the last check are kept, also over a restart."),
        tunes=True,
    )


def plan_text(draft: Draft, state: StageState, *, lost: bool) -> str:
    """What a start would do.

    Args:
        draft: The recipe.
        state: Of the stage.
        lost: What was tuned cannot be read any more.
    """
    if not can_learn(draft.profile.dtype):
        return no_room_text()
    if lost:
        return tr("What was tuned is gone or damaged: tune again.")
    if state is StageState.DONE:
        return tr("Tuned. Go on to Evaluate, or write the checkpoint on the page Transfer.")
    if state is StageState.STALE:
        return tr("What is shown is of earlier settings: tune again.")
    return tr(
        "Will be tuned on {abilities}. A break loses at most the steps since the last check.",
        abilities=", ".join(draft.abilities),
    )


def step_figures(step: TuningStep | None) -> tuple[str, ...]:
    """Rate, speed and memory of the last step, each in a few words."""
    if step is None:
        return ()
    return (
        tr("learning rate {rate}", rate=write_rate(step.learning_rate)),
        tr("{n} tokens a second", n=count(round(step.tokens_per_s))),
        memory_text(step.peak_bytes),
    )

"""What a page waits for: the first step that is still to be taken before it can begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from act_gui.stages import StageName, StageState, stage_before, stages
from act_gui.text import tr

if TYPE_CHECKING:
    from act_core.recipe import Draft


# What has a result or brings one, and a stage that is left out: nothing is in the way there.
_RESULTS = (StageState.DONE, StageState.RUNNING, StageState.UNUSED)


@dataclass(frozen=True, slots=True)
class EarlierStep:
    """A step that comes before what a page does.

    Attributes:
        page: Where it is taken.
        text: What to do there, in whole sentences.
    """

    page: StageName
    text: str


def earlier_step(
    draft: Draft, states: Mapping[StageName, StageState], name: StageName
) -> EarlierStep | None:
    """The step that a page waits for; None where it can begin, or is left out.

    Args:
        draft: The recipe as it is now.
        states: How every stage stands.
        name: Of the page.
    """
    if name in ("models", "abilities"):
        return None
    if states["models"] is StageState.UNAVAILABLE and states[name] not in _RESULTS:
        return EarlierStep("models", tr("A model cannot be read: see there what is wrong."))
    if not _waits(draft, states, name):
        return None
    if draft.missing():
        return EarlierStep(_page_of_missing(draft), missing_words(draft))
    done = StageState.DONE
    before = first = stage_before(draft, name)
    while first is not None and states[first] is not done:
        before, first = first, stage_before(draft, first)
    if before is None or states[before] is done or (before == "transfer" and _is_untuned(states)):
        before = "tune"  # nothing else is missing
    if before == "tune" and name == "transfer":
        text = tr(
            "Tuning is used: choose here what moves, tune it on the page Tune, then write the "
            "checkpoint here."
        )
        return EarlierStep(before, text)
    return EarlierStep(before, _words(before, states[before]))


def missing_words(draft: Draft) -> str:
    """What is still missing, in whole sentences; empty where nothing is."""
    return " ".join(tr(step.text, **step.values) for step in draft.missing())


def lacks_basics(draft: Draft) -> bool:
    """Whether models or abilities are missing, without which there is nothing to show."""
    return _lacks_models(draft) or not draft.with_role("bring")


def _waits(draft: Draft, states: Mapping[StageName, StageState], name: StageName) -> bool:
    """Whether a page cannot begin. What was done once can be done anew, with all before it."""
    state = states[name]
    if state is not StageState.STALE:
        return state is StageState.EMPTY
    selects = draft.gates is not None and draft.gates.start == "mask"
    waits = name == "gates" and selects and states["localize"] is not StageState.DONE
    return bool(draft.missing()) or waits


def _is_untuned(states: Mapping[StageName, StageState]) -> bool:
    return states["tune"] not in (StageState.DONE, StageState.UNUSED)


def _lacks_models(draft: Draft) -> bool:
    return not draft.target or not draft.specialists


def _page_of_missing(draft: Draft) -> StageName:
    if _lacks_models(draft):
        return "models"
    if not draft.with_role("bring"):
        return "abilities"
    by_line = draft.gates is not None and draft.gates.start == "interpolation"
    return "gates" if by_line and len(draft.specialists) > 1 else "models"


def _words(page: StageName, state: StageState) -> str:
    title = next(one.title for one in stages() if one.name == page)
    if state is StageState.RUNNING:
        return tr("{page} is under way: what comes out of it is needed here.", page=title)
    old = state is StageState.STALE
    return {
        "profile": tr("The profile is out of date: profile again first.")
        if old
        else tr("Profile first: channels are chosen by what is measured there."),
        "localize": tr("The selection is out of date: look at it on the page Localize first.")
        if old
        else tr("Select channels on the page Localize first."),
        "gates": tr(
            "The gates are out of date: learn them again, or choose on the page Gates to copy the "
            "selection."
        )
        if old
        else tr("Learn the gates first, or choose on the page Gates to copy the selection."),
        "tune": tr(
            "The tuning is out of date: tune again, or choose on the page Tune to leave the "
            "result as it is."
        )
        if old
        else tr("Tune first, or choose on the page Tune to leave the result as it is."),
        "transfer": tr("The checkpoint is out of date: write it again on the page Transfer first.")
        if old
        else tr("Write the checkpoint on the page Transfer first."),
    }[page]

"""What the optional stages, Gates and Tune, make of the others, in a sentence on their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from act_gui.stages import StageName, StageState
from act_gui.text import tr

if TYPE_CHECKING:
    from act_core.recipe import Draft, TuneSettings


def stage_note(draft: Draft, states: Mapping[StageName, StageState], name: StageName) -> str:
    """What gates and tuning make of a stage; empty where they change nothing, or it waits."""
    if states[name] is StageState.EMPTY:
        return ""
    gated = _gates_note(draft, states, name)
    waits = draft.gates is not None and states["gates"] is not StageState.DONE
    if draft.tune is None or (gated and waits):
        return gated
    return " ".join(filter(None, (gated, _tune_note(draft.tune, states, name))))


def _gates_note(draft: Draft, states: Mapping[StageName, StageState], name: StageName) -> str:
    if draft.gates is None:
        return ""
    if name == "localize" and draft.gates.start != "mask":
        return tr("Gates are used and do not begin in this selection, so it moves nothing.")
    if name not in ("transfer", "evaluate"):
        return ""
    if states["gates"] is not StageState.DONE:
        return tr("Learn the gates first, or choose on the page Gates to copy the selection.")
    if name == "transfer":
        return tr("Every row is blended by its learned gate; masks and strength are not used.")
    return tr("The result is the target with every row blended by its learned gate.")


def _tune_note(
    settings: TuneSettings, states: Mapping[StageName, StageState], name: StageName
) -> str:
    tuned = states["tune"] is StageState.DONE
    if name == "transfer":
        if not tuned:
            return tr("Tuning is used, and what moves is tuned before it is written.")
        return _written_words(settings)
    if name == "evaluate":
        if not tuned:
            return tr("Tune first, or choose on the page Tune to leave the result as it is.")
        return tr(
            "The result is tuned after the transfer; transfer only and tuning only stand beside it."
        )
    if name == "export":
        if states["transfer"] is not StageState.DONE:
            return tr(
                "Tuning is used, but what was written is not tuned by these settings: tune, then "
                "write the checkpoint on the page Transfer."
            )
        return _written_words(settings)
    return ""


def _written_words(settings: TuneSettings) -> str:
    """What a tuned checkpoint holds."""
    if settings.kind == "channels":
        return tr("The checkpoint is the tuned one: its transferred channels hold what was tuned.")
    if settings.keep == "merged":
        return tr("The checkpoint is the tuned one: the adapter is merged into its weights.")
    return tr("The checkpoint is what was transferred, with the tuned adapter beside it.")

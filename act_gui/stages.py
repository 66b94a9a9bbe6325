"""The stages of the work, and how each one stands: pure functions of a project's data.

Beside them there are places: pages for something that is no step of the work.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from act_gui.stage_parts import Records, is_current, parts_of
from act_gui.text import tr

if TYPE_CHECKING:
    # The window lists the stages before a project is open, and must not wait for the recipe.
    from act_core.recipe import Draft

StageName = Literal[
    "models", "abilities", "profile", "localize", "gates", "transfer", "tune", "evaluate",
    "analysis", "try", "export",
]  # fmt: skip
STAGE_NAMES: tuple[StageName, ...] = get_args(StageName)
PlaceName = Literal["hub"]
PLACE_NAMES: tuple[PlaceName, ...] = get_args(PlaceName)
PageName = StageName | PlaceName
PAGE_NAMES: tuple[PageName, ...] = (*STAGE_NAMES, *PLACE_NAMES)


class StageState(enum.Enum):
    """How a stage stands."""

    EMPTY = "empty"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    STALE = "stale"
    UNUSED = "unused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage for people.

    Attributes:
        name: Of the stage, its page and its icon.
        title: What stands in the list.
        sentence: What happens here, for a newcomer.
    """

    name: StageName
    title: str
    sentence: str


def stages() -> tuple[Stage, ...]:
    """All stages in the order of the work, in the person's language."""
    return (
        Stage(
            "models",
            tr("Models"),
            tr("Choose the model to improve and a related model that has what it lacks."),
        ),
        Stage(
            "abilities",
            tr("Abilities"),
            tr("Show with examples what to bring over, and what must not be lost."),
        ),
        Stage(
            "profile",
            tr("Profile"),
            tr("Run the examples through both models and measure every channel."),
        ),
        Stage(
            "localize",
            tr("Localize"),
            tr("Select the few channels that carry the ability."),
        ),
        Stage(
            "gates",
            tr("Gates"),
            tr("Decide how far channels move: copied as selected, or each as far as is learned."),
        ),
        Stage(
            "transfer",
            tr("Transfer"),
            tr("Choose what moves and how far, and write a verified copy of the target with it."),
        ),
        Stage(
            "tune",
            tr("Tune"),
            tr("Train a few steps on what was transferred, or leave the result as it is."),
        ),
        Stage(
            "evaluate",
            tr("Evaluate"),
            tr("Measure on unseen examples what was recovered and what was lost."),
        ),
        Stage(
            "analysis",
            tr("Analysis"),
            tr("See where abilities sit, how sure that is, and what their channels do."),
        ),
        Stage(
            "try",
            tr("Try"),
            tr("Ask the models yourself and read their answers side by side."),
        ),
        Stage(
            "export",
            tr("Export"),
            tr("Put the verified checkpoint where you want it, with its model card."),
        ),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A page beside the stages, for people. Fields as `Stage`."""

    name: PlaceName
    title: str
    sentence: str


def places() -> tuple[Place, ...]:
    """All places, in the person's language."""
    return (
        Place(
            "hub",
            tr("Hub"),
            tr("Find models on the Hugging Face Hub and see whether they fit before a download."),
        ),
    )


def pages() -> tuple[Stage | Place, ...]:
    """Stages, then places."""
    return (*stages(), *places())


def state_text(state: StageState) -> str:
    """A stage's state in a word."""
    return {
        StageState.EMPTY: tr("Not ready yet"),
        StageState.READY: tr("Ready"),
        StageState.RUNNING: tr("Running"),
        StageState.DONE: tr("Done"),
        StageState.STALE: tr("Out of date"),
        StageState.UNUSED: tr("Not used"),
        StageState.UNAVAILABLE: tr("Unavailable"),
    }[state]


def stage_states(
    draft: Draft,
    records: Records,
    running: Collection[StageName],
    *,
    models_here: bool = True,
) -> dict[StageName, StageState]:
    """How every stage stands.

    Args:
        draft: The recipe as it is now.
        records: By stage, the parts that its last result was made from.
        running: Stages that a job works on.
        models_here: Every model that the recipe names can be read, as far as is known.
    """
    states: dict[StageName, StageState] = {}
    for name in STAGE_NAMES:
        now, made_of = parts_of(draft, name), records.get(name)
        if _is_left_out(draft, name):
            states[name] = StageState.UNUSED
        elif name == "models" and not models_here:
            states[name] = StageState.UNAVAILABLE
        elif name in running:
            states[name] = StageState.RUNNING
        elif not _has_needs(draft, records, name, states):
            states[name] = StageState.EMPTY if made_of is None else StageState.STALE
        elif made_of is None:
            states[name] = StageState.READY
        else:
            states[name] = StageState.DONE if dict(made_of) == now else StageState.STALE
    return states


def _is_left_out(draft: Draft, name: StageName) -> bool:
    """Whether the recipe has no section for an optional stage."""
    return (name == "gates" and draft.gates is None) or (name == "tune" and draft.tune is None)


def _has_needs(
    draft: Draft, records: Records, name: StageName, states: Mapping[StageName, StageState]
) -> bool:
    """Whether a stage has what it starts from."""
    if name == "models":
        return bool(draft.target and draft.specialists)
    if name == "abilities":
        return any(ability.role == "bring" for ability in draft.abilities.values())
    if draft.missing():
        return False
    before = stage_before(draft, name)
    if before is None:
        return True
    tuned = draft.tune is None or is_current(draft, records, "tune")
    if name in ("transfer", "evaluate") and not tuned:
        return False  # what is written and measured is tuned, though what moves is chosen before
    return states[before] is StageState.DONE


def stage_before(draft: Draft, name: StageName) -> StageName | None:
    """The stage whose result this one takes up; None where it starts from models and abilities."""
    if name == "localize":
        return "profile"
    if name == "export":
        return "transfer"
    if name == "gates":
        starts_there = draft.gates is not None and draft.gates.start == "mask"
        return "localize" if starts_there else None
    if name in ("transfer", "tune", "evaluate"):
        return "localize" if draft.gates is None else "gates"
    return None

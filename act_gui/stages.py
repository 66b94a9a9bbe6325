"""The stages of the work, and how each one stands: pure functions of a project's data.

What a stage's result depends on is kept as named parts, each a hash. A result that was made from
the same parts as now is done; one that was made from others is stale, and the parts that differ
say what would be computed again.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from act_core.hashing import content_hash
from act_gui.text import tr

if TYPE_CHECKING:
    # The window lists the stages before a project is open, and must not wait for the recipe.
    from act_core.recipe import Ability, Draft, GateSettings

StageName = Literal[
    "models", "abilities", "profile", "localize", "gates", "transfer", "evaluate", "analysis",
    "try", "export",
]  # fmt: skip
STAGE_NAMES: tuple[StageName, ...] = get_args(StageName)
Parts = Mapping[str, str]
Records = Mapping[str, Parts]


class StageState(enum.Enum):
    """How a stage stands."""

    EMPTY = "empty"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    STALE = "stale"
    UNUSED = "unused"


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
            tr("Write a copy of the target in which only the selected channels are changed."),
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


def state_text(state: StageState) -> str:
    """A stage's state in a word."""
    return {
        StageState.EMPTY: tr("Not ready yet"),
        StageState.READY: tr("Ready"),
        StageState.RUNNING: tr("Running"),
        StageState.DONE: tr("Done"),
        StageState.STALE: tr("Out of date"),
        StageState.UNUSED: tr("Not used"),
    }[state]


def stage_note(draft: Draft, states: Mapping[StageName, StageState], name: StageName) -> str:
    """What gates make of a stage; empty where they change nothing."""
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


def stage_states(
    draft: Draft, records: Records, running: Collection[StageName]
) -> dict[StageName, StageState]:
    """How every stage stands.

    Args:
        draft: The recipe as it is now.
        records: By stage, the parts that its last result was made from.
        running: Stages that a job works on.
    """
    states: dict[StageName, StageState] = {}
    for name in STAGE_NAMES:
        now, made_of = parts_of(draft, name), records.get(name)
        if name == "gates" and draft.gates is None:
            states[name] = StageState.UNUSED
        elif name in running:
            states[name] = StageState.RUNNING
        elif not _has_needs(draft, name, states):
            states[name] = StageState.EMPTY if made_of is None else StageState.STALE
        elif made_of is None:
            states[name] = StageState.READY
        else:
            states[name] = StageState.DONE if dict(made_of) == now else StageState.STALE
    return states


def changed_parts(
    draft: Draft, records: Records, name: StageName
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which parts of a stage's result must be computed again, and which are still valid."""
    now, made_of = parts_of(draft, name), records.get(name, {})
    again = tuple(part for part, key in now.items() if made_of.get(part) != key)
    return again, tuple(part for part in now if part not in again)


def is_current(draft: Draft, records: Records, name: StageName) -> bool:
    """Whether a stage has a result that was made from a recipe like this one."""
    made_of = records.get(name)
    return made_of is not None and dict(made_of) == parts_of(draft, name)


def parts_of(draft: Draft, name: StageName) -> dict[str, str]:
    """What a stage's result depends on, by a name for people."""
    if name == "models":
        return {
            f"{specialist}": content_hash([draft.target, draft.base, section.model])
            for specialist, section in draft.specialists.items()
        }
    if name == "abilities":
        return {
            ability: content_hash([draft.target, _plain(section)])
            for ability, section in draft.abilities.items()
        }
    if name == "profile":
        return _pairs(draft)
    if name == "localize":
        return _selections(draft)
    if name == "analysis":
        return {tr("findings"): _analysed(draft)}
    if name == "try":
        return {}  # what is said there is nobody's result
    if name == "gates":
        return {} if draft.gates is None else {tr("gates"): _gates(draft, draft.gates)}
    gates = None if draft.gates is None else _gates(draft, draft.gates)
    selected = _selections(draft) if gates is None else None
    moved = content_hash([selected, _plain(draft.transfer), gates, draft.target])
    if name == "transfer":
        return {tr("checkpoint"): moved}
    if name == "evaluate":
        abilities = {k: _plain(v) for k, v in draft.abilities.items()}
        key = content_hash(
            [moved, abilities, _plain(draft.evaluate, without=("limits", "probes")), draft.seed]
        )
        return {tr("figures"): key}
    return {tr("exported folder"): content_hash([moved, str(draft.export)])}


def _pairs(draft: Draft) -> dict[str, str]:
    """One part for every specialist on every ability, so that a new ability costs only itself."""
    settings = {
        "dtype": draft.profile.dtype,
        "statistics": draft.profile.statistics,
        "stop_below": draft.profile.stop_below,
        "rounds": draft.profile.rounds if draft.profile.stop_below else None,
    }
    return {
        tr("{specialist} on {ability}", specialist=specialist, ability=ability): content_hash(
            [
                draft.target,
                draft.base,
                section.model,
                _calibration(data),
                settings,
                draft.seed,
            ]
        )
        for specialist, section in draft.specialists.items()
        for ability, data in draft.abilities.items()
    }


def _selections(draft: Draft) -> dict[str, str]:
    profiles = content_hash(_pairs(draft))
    return {
        specialist: content_hash(
            [
                profiles,
                str(section.mask) if section.mask else _plain(draft.localize),
                section.brings,
                {name: ability.role for name, ability in draft.abilities.items()},
                draft.seed,
            ]
        )
        for specialist, section in draft.specialists.items()
    }


def _gates(draft: Draft, settings: GateSettings) -> str:
    """What gates are learned from; of the selection only where they start there."""
    alone = len(draft.specialists) < 2  # parts that several move whole are settled by the policy
    return content_hash(
        [
            draft.target,
            draft.base,
            {name: section.model for name, section in draft.specialists.items()},
            {name: _calibration(ability) for name, ability in draft.abilities.items()},
            _plain(settings, without=("checkpointing",)),
            _plain(draft.transfer, without=("strength", *(("policy",) if alone else ()))),
            _selections(draft) if settings.start == "mask" else None,
            draft.profile.dtype,
            draft.seed,
        ]
    )


def _analysed(draft: Draft) -> str:
    """What findings depend on; they are about masks, whether gates are used or not."""
    return content_hash(
        [
            draft.target,
            draft.base,
            {name: [s.model, s.brings] for name, s in draft.specialists.items()},
            {name: _plain(ability) for name, ability in draft.abilities.items()},
            _plain(draft.localize),
            _plain(draft.transfer),
            draft.evaluate.resamples,
            draft.profile.dtype,
            draft.seed,
        ]
    )


def _calibration(ability: Ability) -> dict[str, Any]:
    """What an ability gives to learn from and to measure channels on."""
    return _plain(ability, without=("heldout", "heldout_items", "measures", "new_tokens"))


def _plain(section: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """A section as data, without defaults: a field that a later version adds leaves all valid."""
    data: dict[str, Any] = section.model_dump(
        mode="json", exclude=set(without), exclude_defaults=True
    )
    return data


def _has_needs(draft: Draft, name: StageName, states: Mapping[StageName, StageState]) -> bool:
    """Whether a stage has what it starts from."""
    if name == "models":
        return bool(draft.target and draft.specialists)
    if name == "abilities":
        return any(ability.role == "bring" for ability in draft.abilities.values())
    if draft.missing():
        return False
    if name in ("profile", "analysis", "try"):
        return True
    if name == "gates" and draft.gates is not None and draft.gates.start != "mask":
        return True
    return states[_before(draft, name)] is StageState.DONE


def _before(draft: Draft, name: StageName) -> StageName:
    """The stage whose result this one takes up."""
    if name == "localize":
        return "profile"
    if name == "gates":
        return "localize"
    if name == "export":
        return "transfer"
    return "localize" if draft.gates is None else "gates"

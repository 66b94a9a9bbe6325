"""What each stage's result depends on: pure functions of a project's data.

It is kept as named parts, each a hash. A result that was made from the same parts as now is done;
one that was made from others is stale, and the parts that differ say what would be computed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from act_core.hashing import content_hash
from act_gui.text import tr

if TYPE_CHECKING:
    # The window lists the stages before a project is open, and must not wait for the recipe.
    from act_core.recipe import Ability, Draft, GateSettings, TuneSettings
    from act_gui.stages import StageName

Parts = Mapping[str, str]
Records = Mapping[str, Parts]


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
    if name == "tune":
        return {} if draft.tune is None else {tr("tuning"): _tuned(draft, draft.tune, moved)}
    if draft.tune is not None:
        moved = _tuned(draft, draft.tune, moved)
    if name == "evaluate":
        abilities = {k: _plain(v) for k, v in draft.abilities.items()}
        key = content_hash(
            [moved, abilities, _plain(draft.evaluate, without=("limits", "probes")), draft.seed]
        )
        return {tr("figures"): key}
    if draft.tune is not None and draft.tune.kind == "lora":
        moved = content_hash([moved, draft.tune.keep])
    if name == "transfer":
        return {tr("checkpoint"): moved}
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


def _tuned(draft: Draft, settings: TuneSettings, moved: str) -> str:
    """What a tuning of what was moved depends on; not how fast it comes or how it is kept."""
    unread = ("rank",) if settings.kind == "channels" else ()
    return content_hash(
        [
            moved,
            _plain(settings, without=("checkpointing", "keep", "learning_rate", *unread)),
            settings.rate,
            {name: _calibration(ability) for name, ability in draft.abilities.items()},
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

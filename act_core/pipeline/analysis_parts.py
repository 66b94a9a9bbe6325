"""Profiles in parts: every ability's calibration data in up to eight, walked once and kept.

They lie beside the run's profiles, as profiles of their own, and are found again by the hash of
what each of them read.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from act_core.abilities.encode import Encoded
from act_core.analysis.intervals import MOST_PARTS
from act_core.analysis.parts import PartedProfile
from act_core.events import Event, EventSink, MapRows
from act_core.models.channels import layout_of
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.stages import Context, known_profile
from act_core.profile.finish import divisor
from act_core.profile.parts import part
from act_core.profile.run import profile
from act_core.profile.spec import ProfileSpec
from act_core.profile.store import Profile, save_profile
from act_core.recipe import Statistic
from act_core.runs import RunFolder

Pair = tuple[str, str]


def parted_profiles(
    inputs: Inputs,
    specialists: Sequence[str],
    abilities: Mapping[str, Sequence[Encoded]],
    statistics: Sequence[Statistic],
    context: Context,
) -> dict[Pair, PartedProfile]:
    """Profiles of disjoint parts, known ones from the run folder.

    Args:
        inputs: The run's inputs.
        specialists: Of which specialists.
        abilities: The parts by name of the ability; the name need not be one of the recipe's.
        statistics: Which.
        context: Where to keep them, whom to tell, and when to stop.

    Raises:
        ActError: Everything that `profile` raises.
    """
    pieces = {
        _name(name, number): piece
        for name, parts in abilities.items()
        for number, piece in enumerate(parts)
    }
    found = _found(_spec(inputs, specialists, pieces, statistics), context)
    layout, held = layout_of(inputs.target), (*statistics, "weight")
    parted: dict[Pair, PartedProfile] = {}
    for specialist, (name, parts) in itertools.product(specialists, abilities.items()):
        profiles = [found[specialist, _name(name, number)] for number in range(len(parts))]
        parted[specialist, name] = PartedProfile(
            specialist,
            name,
            layout,
            {one: tuple(made.statistic(one) for made in profiles) for one in held},
            {one: np.array([divisor(one, piece) for piece in parts], np.float64) for one in held},
            np.array([piece.counted_tokens for piece in parts], dtype=np.int64),
        )
    return parted


def _name(ability: str, number: int) -> str:
    """By which a part is known while it is walked."""
    return f"{ability}.part{number}"


def _found(spec: ProfileSpec, context: Context) -> dict[Pair, Profile]:
    """The profiles of a spec: those that are known, and the parts that lack one walked now."""
    known = {pair: _known(spec, pair, context.folder) for pair in spec.pairs}
    found = {pair: one for pair, one in known.items() if one is not None}
    missing = {pair[1]: spec.abilities[pair[1]] for pair in spec.pairs if pair not in found}
    if missing:
        fresh = dataclasses.replace(spec, abilities=missing)

        def keep(made: dict[Pair, Profile]) -> None:
            for pair, one in made.items():
                save_profile(one, _path(context.folder, spec, pair))

        emit = _without_rows(context.emit)
        found |= profile(fresh, context.folder.profiles, emit, context.token, keep)
    return found


def divided(encoded: Encoded, most: int = MOST_PARTS) -> tuple[Encoded, ...]:
    """An ability in an even number of parts of about equal tokens, in the order of the draw.

    Sequences stay whole, so there are fewer parts where there are few of them, and none where not
    two parts have something to predict.
    """
    for count in range(most - most % 2, 0, -2):
        tokens = np.cumsum([row.predicted_tokens for row in encoded.sequences])
        goals = tokens[-1] * np.arange(1, count) / count
        ends = [0, *(np.searchsorted(tokens, goals) + 1).tolist(), len(tokens)]
        parts = [
            part(encoded, begin, end) for begin, end in itertools.pairwise(ends) if begin < end
        ]
        if len(parts) == count and all(piece.predicted_tokens for piece in parts):
            return tuple(parts)
    return ()


def _spec(
    inputs: Inputs,
    specialists: Sequence[str],
    pieces: Mapping[str, Encoded],
    statistics: Sequence[Statistic],
) -> ProfileSpec:
    settings = inputs.recipe.profile
    return ProfileSpec(
        inputs.target,
        {name: inputs.specialists[name] for name in specialists},
        pieces,
        tuple(statistics),
        settings.device,
        settings.dtype,
        settings.batch_tokens,
    )


def _path(folder: RunFolder, spec: ProfileSpec, pair: Pair) -> Path:
    """By the hash of what is read, as parts of several divisions may lie side by side."""
    return folder.profiles / "parts" / f"{spec.pair_key(*pair)[:32]}.safetensors"


def _known(spec: ProfileSpec, pair: Pair, folder: RunFolder) -> Profile | None:
    """By the names of this run, whatever they were when it was measured."""
    known = known_profile(spec, pair, _path(folder, spec, pair))
    return known and dataclasses.replace(known, specialist=pair[0], ability=pair[1])


def _without_rows(emit: EventSink) -> EventSink:
    """Parts are no abilities of the recipe: maps need not draw them."""

    def heard(event: Event) -> None:
        if not isinstance(event, MapRows):
            emit(event)

    return heard

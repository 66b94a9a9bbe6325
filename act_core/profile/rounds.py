"""A profile in rounds: each reads as much as all before it, and tells how far it has settled.

Every round is a profile of its own over its part of the data, so cancel, resume and smaller batches
work as ever. Finished rounds lie in the folder until the last one is done.
"""

from __future__ import annotations

import dataclasses
import functools
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import ProfileError, output_error
from act_core.events import (
    Convergence,
    Event,
    EventSink,
    Finished,
    MapRow,
    MapRows,
    Note,
    Progress,
    Started,
)
from act_core.models.channels import ChannelLayout, layout_of
from act_core.profile.convergence import changed_share, convergence_facts
from act_core.profile.merge import Merge, Pair
from act_core.profile.parts import Round, plan_rounds, tokens_of
from act_core.profile.run import Keep, check_abilities, profile
from act_core.profile.spec import ProfileSpec
from act_core.profile.store import Profile, load_profile, save_profile
from act_core.profile.walk import STAGE, UNIT

Profiles = dict[Pair, Profile]


def profile_in_rounds(
    spec: ProfileSpec,
    folder: Path,
    emit: EventSink,
    token: CancelToken,
    keep: Keep | None = None,
) -> Profiles:
    """Gather all statistics of a spec in its rounds.

    Emits what `run.profile` emits, as one stage with one count of layers; from the second round on
    `Convergence` for every statistic of every profile that read something new. Map rows are those
    of all rounds so far together. The means are those of one walk, to float32 rounding.

    Args:
        spec: What to profile. With `stop_below` it ends after the round in which the first of its
            statistics (that of the recipe's scorer) changed by no more in any profile.
        folder: Where unfinished work may lie; what an earlier start left there is gone on with.
        emit: Where events go.
        token: Polled per batch.
        keep: As `run.profile`.

    Returns:
        Profiles by (specialist, ability).

    Raises:
        As `run.profile`.
    """
    check_abilities(spec)
    rounds = plan_rounds(spec)
    if len(rounds) == 1:
        return profile(spec, folder, emit, token, keep)
    begun_at = time.monotonic()
    bar = _Bar(rounds, emit)
    layout = layout_of(spec.target)
    profiles: Profiles = {}
    told: dict[Pair, list[Convergence]] = {pair: [] for pair in spec.pairs}
    for one in rounds:
        before = profiles
        merge = Merge(layout, before, one.read, one.spec.abilities)
        made = kept_profiles(one.spec.pairs, _place(folder, one), layout)
        if made is None:
            stored = functools.partial(keep_profiles, place=_place(folder, one))
            made = profile(one.spec, folder, bar.of_round(one, merge), token, stored)
            profiles = merge.profiles(made)
        else:
            profiles = merge.profiles(made)
            emit(MapRows(tuple(row for pair in made for row in rows_of(profiles[pair]))))
        news = _convergence(spec, before, profiles, made, one.number, len(rounds))
        for event in news:
            told[event.specialist, event.ability].append(event)
            emit(event)
        if one is not rounds[-1] and _settled(spec, news):
            emit(Note(_stopped(spec, news, one.number, len(rounds))))
            break
    whole = {
        pair: _with_facts(made, spec.pair_key(*pair), one.number, told[pair])
        for pair, made in profiles.items()
    }
    if keep is not None:
        keep(whole)
    for done in rounds:
        shutil.rmtree(_place(folder, done), ignore_errors=True)
    emit(Finished(STAGE, seconds=time.monotonic() - begun_at))
    return whole


class _Bar:
    """Layers of all rounds as one count, whose ETA knows that later rounds read more."""

    def __init__(self, rounds: tuple[Round, ...], emit: EventSink) -> None:
        self._emit = emit
        self._each = rounds[0].spec.layers_walked
        self._tokens = [tokens_of(one.spec.abilities.values()) for one in rounds]
        self._total = self._each * len(rounds)
        emit(Started(STAGE, self._total, UNIT))

    def of_round(self, one: Round, merge: Merge) -> EventSink:
        """A sink for the events of one round's walk."""

        def emit(event: Event) -> None:
            if isinstance(event, Progress):
                self._emit(self._along(event, one.number))
            elif isinstance(event, MapRows):
                self._emit(MapRows(tuple(map(merge.row, event.rows))))
            elif not isinstance(event, Started | Finished):
                self._emit(event)

        return emit

    def _along(self, event: Progress, number: int) -> Progress:
        done = (number - 1) * self._each + event.done
        eta_s = None
        if event.rate_per_s:
            later = sum(self._tokens[number:]) / self._tokens[number - 1]
            eta_s = (event.total - event.done + later * self._each) / event.rate_per_s
        return dataclasses.replace(event, done=done, total=self._total, eta_s=eta_s)


def _convergence(
    spec: ProfileSpec,
    before: Profiles,
    after: Profiles,
    made: Profiles,
    number: int,
    rounds: int,
) -> list[Convergence]:
    """How much each profile that read something new has changed."""
    return [
        Convergence(
            *pair,
            statistic,
            number,
            rounds,
            after[pair].counted_tokens,
            changed_share(before[pair].statistic(statistic), after[pair].statistic(statistic)),
        )
        for pair in made
        if pair in before
        for statistic in spec.statistics
    ]


def _settled(spec: ProfileSpec, news: list[Convergence]) -> bool:
    limit = spec.stop_below
    main = [one.changed for one in news if one.statistic == spec.statistics[0]]
    return limit is not None and bool(main) and max(main) <= limit


def _stopped(spec: ProfileSpec, news: list[Convergence], number: int, rounds: int) -> str:
    changed = max(one.changed for one in news if one.statistic == spec.statistics[0])
    return (
        f"Stopped after {number} of {rounds} rounds: the last one changed no more than "
        f"{100 * changed:.1f} % of the top 5 % of channels ({spec.statistics[0]})."
    )


def _with_facts(made: Profile, key: str, rounds: int, told: list[Convergence]) -> Profile:
    """The profile as that of the whole data, which says how many rounds it took."""
    facts = {**made.facts, "key": key, "rounds": str(rounds), **convergence_facts(told)}
    return dataclasses.replace(made, facts=facts)


def rows_of(one: Profile) -> list[MapRow]:
    """A whole profile as map rows."""
    return [
        MapRow(
            one.specialist,
            one.ability,
            statistic,
            module.layer,
            module.kind,
            values[one.layout.slice_of(number)],
        )
        for statistic, values in one.statistics.items()
        for number, module in enumerate(one.layout.modules)
    ]


def _place(folder: Path, one: Round) -> Path:
    """Where a finished round waits for the last one."""
    return folder / f"{one.spec.key()[:16]}.round"


def keep_profiles(made: Profiles, place: Path) -> None:
    """Keep finished profiles in a folder.

    Raises:
        OutputError: It cannot be written.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error, place) from error
    for pair, one in made.items():
        save_profile(one, _path(place, pair))


def kept_profiles(pairs: Iterable[Pair], place: Path, layout: ChannelLayout) -> Profiles | None:
    """Profiles kept in a folder, or None where one is missing or damaged."""
    found: Profiles = {}
    for pair in pairs:
        if not _path(place, pair).is_file():
            return None
        try:
            found[pair] = load_profile(_path(place, pair), layout)
        except ProfileError:
            return None
    return found


def _path(place: Path, pair: Pair) -> Path:
    return place / f"{'--'.join(pair)}.safetensors"

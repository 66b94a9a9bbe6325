"""Splits of data sets on the Hub as sources of items: fetched at a commit, read from the cache.

Of a source that wants some rows only, no more files are fetched than these rows lie in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from act_core.abilities.rows import rows_of
from act_core.cancel import CancelToken
from act_core.errors import AbilityDataError, HubError
from act_core.events import EventSink
from act_core.hub.dataset_files import DatasetFacts, dataset_facts, local_facts
from act_core.hub.download import fetch_paths
from act_core.hub.layout import cached_paths
from act_core.hub.names import HubName, required_name
from act_core.recipe import Ability, Source
from act_core.settings import HubSettings

_Source = TypeVar("_Source", bound=Source)


class _Change(Protocol):
    def __call__(self, source: _Source, /) -> _Source: ...


def fetch_abilities(
    settings: HubSettings, abilities: Mapping[str, Ability], emit: EventSink, token: CancelToken
) -> dict[str, Ability]:
    """Abilities with every data set fetched, and pinned: the same branch to the same commit.

    Args:
        settings: The way to the Hub; nothing is asked where all is there.
        abilities: By name.
        emit: Stage `download`, in bytes, for every file that lacks.
        token: Polled.

    Raises:
        ActError: As `fetch_source`.
    """
    known: dict[HubName, DatasetFacts] = {}

    def fetched(source: _Source) -> _Source:
        return fetch_source(settings, source, emit, token, known)

    return {name: _with_sources(ability, fetched) for name, ability in abilities.items()}


def pinned_as(abilities: Mapping[str, Ability], ran: Mapping[str, Ability]) -> dict[str, Ability]:
    """Abilities whose data sets without a commit take that of a run's, where it used them.

    Args:
        abilities: By name.
        ran: Those of the run.
    """
    used = {
        source.hub.partition("@")[0]: source.hub
        for ability in ran.values()
        for source in (*ability.calibration, *ability.heldout, *filter(None, [ability.shots]))
        if source.hub is not None
    }

    def pinned(source: _Source) -> _Source:
        if source.hub is None or source.hub not in used:
            return source
        return source.model_copy(update={"hub": used[source.hub]})

    return {name: _with_sources(ability, pinned) for name, ability in abilities.items()}


def _with_sources(ability: Ability, change: _Change) -> Ability:
    return ability.model_copy(
        update={
            "calibration": tuple(map(change, ability.calibration)),
            "heldout": tuple(map(change, ability.heldout)),
            "shots": None if ability.shots is None else change(ability.shots),
        }
    )


def fetch_source(
    settings: HubSettings,
    source: _Source,
    emit: EventSink,
    token: CancelToken,
    known: dict[HubName, DatasetFacts] | None = None,
) -> _Source:
    """Fetch what lacks of a source's split; any other source stays as it is.

    Args:
        settings: The way to the Hub; nothing is asked where all is there.
        source: The source.
        emit: Stage `download`, in bytes, for every file that lacks.
        token: Polled.
        known: What was asked about data sets before; is added to.

    Returns:
        The source, pinned to a commit.

    Raises:
        HubError: Its kinds.
        AbilityDataError: A file that has come cannot be read.
        OutputError: The cache cannot be written.
        CancelledByPersonError: Cancelled; what has come is kept.
    """
    if source.hub is None:
        return source
    name = _name(source)
    facts = (known or {}).get(name) or (local_facts(name) if name.is_pinned else None)
    facts = facts or dataset_facts(settings, name, emit=emit, token=token)
    if known is not None:
        known[name] = facts
    paths = [file.path for file in facts.split(source.config, str(source.split)).files]
    if source.rows is None:
        fetch_paths(settings, facts.name, paths, emit=emit, token=token)
    else:
        left = source.rows[1]
        for path in paths:
            found = fetch_paths(settings, facts.name, [path], emit=emit, token=token)
            left -= _row_count(found[path], token)
            if left <= 0:
                break
    return source.model_copy(update={"hub": f"{facts.name.repo}@{facts.name.revision}"})


def local_files(source: Source) -> Iterator[Path]:
    """The files of a source's split in the Hub's cache, in the order of their rows.

    Raises:
        AbilityDataError: They are not there, or there is no such split.
    """
    name = _name(source)
    facts = local_facts(name)
    if facts is None:
        raise _absent(source)
    try:
        files = facts.split(source.config, str(source.split)).files
    except HubError as error:
        raise AbilityDataError(error.reason, remedy=error.remedy) from error
    for file in files:
        found = cached_paths(facts.name, [file.path])
        if found is None:
            raise _absent(source)
        yield found[file.path]


def _name(source: Source) -> HubName:
    return required_name(str(source.hub), "dataset")


def _row_count(path: Path, token: CancelToken) -> int:
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet

        return int(pyarrow.parquet.read_metadata(path).num_rows)
    count = 0
    for _ in rows_of(path):
        token.raise_if_cancelled()
        count += 1
    return count


def _absent(source: Source) -> AbilityDataError:
    return AbilityDataError(
        f"The split {source.split} of {source.hub} is not on this computer.",
        remedy="Fetch it on the page Abilities; a run fetches it by itself where the network is "
        "switched on.",
    )

"""What a data set on the Hub holds, and where the files of a split lie on this computer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from act_core.cancel import CancelToken
from act_core.errors import HubError, HubNotFoundError
from act_core.events import EventSink, discard
from act_core.hub.connection import connect
from act_core.hub.dataset_layout import READABLE, DataConfig, DataSplit, configs_of
from act_core.hub.download import fetch_paths, listing_of
from act_core.hub.faults import hub_faults
from act_core.hub.layout import cached_name, cached_paths, read_listing
from act_core.hub.listing import HubFile, Listing, list_files
from act_core.hub.names import HubName
from act_core.hub.waiting import asked
from act_core.models.describe import CARD_NAME, MOST_CARD_BYTES, front_matter
from act_core.settings import HubSettings

_CONVERTED = "refs/convert/parquet"


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """A data set at a commit.

    Attributes:
        name: Pinned; to a commit of the branch of converted files, where there are no others.
        configs: The data sets in it, each with its splits.
        licence: The Hub's short name; empty where its card names none.
        gated: Its files are open only to people who were let in.
        is_converted: The files are those that the Hub has converted to Parquet.
    """

    name: HubName
    configs: tuple[DataConfig, ...]
    licence: str = ""
    gated: bool = False
    is_converted: bool = False

    def split(self, config: str | None, split: str) -> DataSplit:
        """A split by its name; the configuration may be None where there is one.

        Raises:
            HubNotFoundError: There is none of that name.
        """
        names = [one.name for one in self.configs]
        found = [one for one in self.configs if config in (None, one.name)]
        if len(found) != 1:
            raise HubNotFoundError(
                f"{self.name.repo} has {'several configurations' if found else f'no {config}'}.",
                remedy=f"Choose one of {', '.join(names[:20])}.",
            )
        for one in found[0].splits:
            if one.name == split:
                return one
        raise HubNotFoundError(
            f"{self.name.repo} has no split {split}.",
            remedy=f"Choose one of {', '.join(one.name for one in found[0].splits)}.",
        )


def dataset_facts(
    settings: HubSettings,
    name: HubName,
    *,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> DatasetFacts:
    """Configurations and splits of a data set, from its card and the names of its files.

    Args:
        settings: How the Hub is reached.
        name: Of kind `dataset`.
        emit: Notes about waits.
        token: Polled.

    Raises:
        HubError: It has no files that can be read; or another kind.
        CancelledByPersonError: Cancelled.
    """
    token = token or CancelToken()
    listing = listing_of(settings, name, emit, token)
    card = _fetched_card(settings, listing, emit, token)
    licence = str(card.get("license") or "")
    configs = configs_of(listing.files, card)
    if configs:
        return DatasetFacts(listing.name, configs, licence, listing.gated)
    if commit := _converted_commit(settings, name, emit, token):
        converted = list_files(settings, name.pinned(commit), emit=emit, token=token)
        if configs := configs_of(converted.files, {}):
            return DatasetFacts(converted.name, configs, licence, listing.gated, True)
    built = any(file.path.endswith(".py") for file in listing.files)
    raise HubError(
        f"{name.repo} has no files of a kind that can be read ({', '.join(READABLE)})"
        f"{'; it is built by a script, which is never run' if built else ''}.",
        remedy="Choose another data set, or fetch it elsewhere and use its files.",
        title="Data set cannot be read",
    )


def local_facts(name: HubName) -> DatasetFacts | None:
    """As `dataset_facts`, from what the Hub's cache knows; None where that does not suffice."""
    here = cached_name(name)
    listing = read_listing(here) if here is not None else None
    if listing is None:
        return None
    has_card = _card_of(listing) is not None
    found = cached_paths(listing.name, [CARD_NAME]) if has_card else {}
    if found is None:
        return None
    card = front_matter(found[CARD_NAME]) if found else {}
    return DatasetFacts(listing.name, configs_of(listing.files, card))


def _fetched_card(
    settings: HubSettings, listing: Listing, emit: EventSink, token: CancelToken
) -> Mapping[str, Any]:
    """Front matter of the card; empty where there is none."""
    file = _card_of(listing)
    if file is None:
        return {}
    found = fetch_paths(settings, listing.name, [file.path], token=token)
    return front_matter(found[file.path])


def _card_of(listing: Listing) -> HubFile | None:
    return next(
        (f for f in listing.files if f.path == CARD_NAME and f.size_bytes <= MOST_CARD_BYTES), None
    )


def _converted_commit(
    settings: HubSettings, name: HubName, emit: EventSink, token: CancelToken
) -> str:
    """Commit of the branch on which the Hub keeps Parquet files; empty where it has none."""

    def found() -> str:
        with hub_faults(name.repo):
            refs = connect(settings).list_repo_refs(name.repo, repo_type="dataset")
            commits = [ref.target_commit for ref in refs.converts if ref.ref == _CONVERTED]
            return commits[0] if commits else ""

    return asked(found, emit, token)

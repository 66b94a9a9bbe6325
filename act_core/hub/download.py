"""Downloads: files of one commit into the Hub's cache or a folder, resumed wherever they ended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import CorruptCheckpointError, HubNotFoundError
from act_core.events import EventSink, Note, discard
from act_core.files import free_bytes
from act_core.hub.batch import Batch
from act_core.hub.connection import connect
from act_core.hub.files import FileChoice
from act_core.hub.inspect import exact_choice
from act_core.hub.layout import cached_paths, read_listing
from act_core.hub.listing import HubFile, Listing, list_files
from act_core.hub.names import HubName
from act_core.hub.needed import known_choice
from act_core.hub.part import part_bytes
from act_core.hub.place import CachePlace, FolderPlace, Place, locked
from act_core.models.file_names import unsafe_name
from act_core.settings import HubSettings

_ETAG = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DownloadPlan:
    """What a download would do.

    Attributes:
        name: Pinned.
        files: What is needed.
        missing: Those that are not in their place yet.
        total_bytes: Of all files.
        missing_bytes: Still to come over the network; parts that are there are taken off.
        free_bytes: Free where they will lie.
    """

    name: HubName
    files: tuple[HubFile, ...]
    missing: tuple[HubFile, ...]
    total_bytes: int
    missing_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What a download has left.

    Attributes:
        name: Pinned.
        folder: Where the model lies, subfolder included; of a GGUF name the file itself.
        fetched_bytes: Came over the network this time.
    """

    name: HubName
    folder: Path
    fetched_bytes: int


def plan_download(
    settings: HubSettings,
    name: HubName,
    *,
    to: Path | None = None,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> DownloadPlan:
    """What `download` would fetch; nothing is written.

    Raises:
        ActError: Everything that `list_files` and `exact_choice` raise.
    """
    token = token or CancelToken()
    listing = listing_of(settings, name, emit, token)
    files, place = _choice(settings, listing, emit, token).files, _place(listing.name, to)
    missing = tuple(file for file in files if not place.has(file))
    return DownloadPlan(
        name=listing.name,
        files=files,
        missing=missing,
        total_bytes=_sum(files),
        missing_bytes=_sum(missing) - sum(part_bytes(place.part(one), one) for one in missing),
        free_bytes=free_bytes(place.folder),
    )


def download(
    settings: HubSettings,
    name: HubName,
    *,
    to: Path | None = None,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Downloaded:
    """Fetch what lacks of a model.

    Args:
        settings: The way to the Hub.
        name: Repository, revision and subfolder. A branch is taken as it is now, and the cache
            remembers that.
        to: A folder to fetch into, in place of the Hub's cache.
        emit: Progress in bytes; notes about waits.
        token: After a cancel, what has come is kept for the next time.

    Raises:
        ActError: Everything that `list_files`, `exact_choice` and `download_files` raise.
    """
    token = token or CancelToken()
    listing = listing_of(settings, name, emit, token)
    files = _choice(settings, listing, emit, token).files
    branch = "" if name.is_pinned else name.revision
    return download_files(settings, listing, files, branch=branch, to=to, emit=emit, token=token)


def fetch_paths(
    settings: HubSettings,
    name: HubName,
    paths: Sequence[str],
    *,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Mapping[str, Path]:
    """Fetch some files of a repository into the cache, and say where they lie.

    Nothing is asked of the Hub where the name is pinned and all files are there.

    Raises:
        HubNotFoundError: A file is not in the repository.
        ActError: Everything that `list_files` and `download_files` raise.
    """
    if name.is_pinned and (found := cached_paths(name, paths)) is not None:
        return found
    token = token or CancelToken()
    listing = listing_of(settings, name, emit, token)
    by_path = {file.path: file for file in listing.files}
    if unknown := [path for path in paths if path not in by_path]:
        raise HubNotFoundError(
            f"{name} has no file {unknown[0]}.", remedy="Choose another file or revision."
        )
    files = [by_path[path] for path in dict.fromkeys(paths)]
    branch = "" if name.is_pinned else name.revision
    download_files(settings, listing, files, branch=branch, emit=emit, token=token)
    return {path: CachePlace(listing.name).folder / path for path in paths}


def listing_of(
    settings: HubSettings, name: HubName, emit: EventSink, token: CancelToken
) -> Listing:
    """What a repository holds: a commit as the cache knows it, anything else as the Hub says.

    Raises:
        HubError: One of its kinds.
        CancelledByPersonError: Cancelled.
    """
    known = read_listing(name) if name.is_pinned else None
    return known or list_files(settings, name, emit=emit, token=token)


def download_files(
    settings: HubSettings,
    listing: Listing,
    files: Sequence[HubFile],
    *,
    branch: str = "",
    to: Path | None = None,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Downloaded:
    """Fetch what lacks of some files of a repository. A network that is lost is waited for.

    Args:
        settings: The way to the Hub.
        listing: What the repository holds.
        files: Those that are wanted.
        branch: Which the listing's commit was asked for as; the cache remembers that.
        to: A folder to fetch into, in place of the Hub's cache.
        emit: Progress in bytes; notes about waits. Nothing where nothing lacks.
        token: After a cancel, what has come is kept for the next time.

    Raises:
        CorruptCheckpointError: A file has a name or a hash that may not be used.
        DiskFullError: The disk is too small; what has come is kept.
        DownloadError: What arrives is not what the Hub announced, twice.
        HubError: Its kinds.
        OutputError: The place cannot be written.
        CancelledByPersonError: Cancelled.
    """
    _check(listing, files)
    token = token or CancelToken()
    place = _place(listing.name, to)
    fetched_bytes = 0
    if not all(place.has(file) for file in files):
        connect(settings)
        note = Note(f"Another download of {listing.name.repo} is under way; this one waits.")
        with locked(place.lock, token, lambda: emit(note)):
            missing = [file for file in files if not place.has(file)]
            place.begin(listing, missing)
            fetched_bytes = Batch(settings, listing.name, place, missing, emit).run(token)
    place.finish(listing, branch)
    return Downloaded(listing.name, place.folder / listing.name.subfolder, fetched_bytes)


def _choice(
    settings: HubSettings, listing: Listing, emit: EventSink, token: CancelToken
) -> FileChoice:
    return known_choice(listing) or exact_choice(settings, listing, emit=emit, token=token)


def _place(name: HubName, to: Path | None) -> Place:
    return CachePlace(name) if to is None else FolderPlace(name, to)


def _sum(files: Sequence[HubFile]) -> int:
    return sum(file.size_bytes for file in files)


def _check(listing: Listing, files: Sequence[HubFile]) -> None:
    """Both become names of files here."""
    for file in files:
        why = unsafe_name(file.path)
        if why is None and _ETAG.fullmatch(file.etag) is None:
            why = "its hash is none"
        if why is not None:
            raise CorruptCheckpointError(
                f"{listing.name.repo} names the file {file.path!r}: {why}.",
                title="Unsafe name of a file",
                remedy="Do not use this repository; tell its publisher or the Hub.",
            )

"""What the Hub's cache holds, whole or not; no network here."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from act_core.errors import ActError, OutputError
from act_core.hub.layout import cache_folder, kind_and_repo, locks_folder, read_listing
from act_core.hub.listing import Listing
from act_core.hub.names import HubName, Kind
from act_core.hub.needed import missing_files
from act_core.hub.part import PART_SUFFIX
from act_core.hub.place import is_held
from act_core.models import adapter

if TYPE_CHECKING:
    from huggingface_hub import CachedRepoInfo

_OTHERS_SUFFIX = ".incomplete"  # parts of huggingface_hub, which it never takes up again


@dataclass(frozen=True, slots=True)
class Partial:
    """The rest of a download that has not ended.

    Attributes:
        path: The file.
        size_bytes: Its size.
        repo, kind: The repository.
        running: A program is at it now.
    """

    path: Path
    size_bytes: int
    repo: str
    kind: Kind
    running: bool


@dataclass(frozen=True, slots=True)
class CachedRevision:
    """A commit of which something lies in the cache.

    Attributes:
        name: Pinned.
        refs: Branches and tags that stand for it.
        folder: Where its files lie.
        size_bytes: Of its files; commits share those that are equal.
        missing: Paths of what a model needs beside them; empty where it is whole, None where the
            cache cannot tell.
    """

    name: HubName
    refs: tuple[str, ...]
    folder: Path
    size_bytes: int
    missing: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class CachedRepo:
    """A repository of which something lies in the cache.

    Attributes:
        repo, kind: Its name.
        folder: Where it lies.
        size_bytes: All that it takes, rests of downloads included.
        used_at_s: When one of its files was last read, in seconds since 1970; where the disk keeps
            that.
        revisions: Its commits, the largest first.
        partials: Rests of downloads.
        damaged: Why nobody can use it; empty where one can.
    """

    repo: str
    kind: Kind
    folder: Path
    size_bytes: int
    used_at_s: float | None
    revisions: tuple[CachedRevision, ...]
    partials: tuple[Partial, ...]
    damaged: str = ""


@dataclass(frozen=True, slots=True)
class Cache:
    """Models and data sets in the cache.

    Attributes:
        folder: Where it is.
        repos: By name.
    """

    folder: Path
    repos: tuple[CachedRepo, ...]

    @property
    def size_bytes(self) -> int:
        """All that they take."""
        return sum(repo.size_bytes for repo in self.repos)

    @property
    def partials(self) -> tuple[Partial, ...]:
        """Rests of downloads."""
        return tuple(partial for repo in self.repos for partial in repo.partials)


def read_cache() -> Cache:
    """Look through the cache.

    Raises:
        OutputError: It cannot be read.
    """
    from huggingface_hub import scan_cache_dir

    folder = cache_folder()
    if not folder.exists():
        return Cache(folder, ())
    try:
        known = {one.repo_path: one for one in scan_cache_dir(folder).repos}
        found = [
            _repo(path, *named, known.get(path))
            for path in sorted(folder.iterdir())
            if (named := kind_and_repo(path)) and path.is_dir()
        ]
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{folder} cannot be read as the Hub's cache.",
            remedy="Check HF_HOME, HF_HUB_CACHE and the permissions.",
            detail=repr(error),
        ) from error
    return Cache(folder, tuple(found))


def _repo(path: Path, kind: Kind, repo: str, info: CachedRepoInfo | None) -> CachedRepo:
    name = HubName(repo, kind=kind)
    partials = tuple(_partials(path, name))
    rest_bytes = sum(partial.size_bytes for partial in partials)
    if info is None:
        begun = not any((path / "snapshots").glob("*/*"))
        damaged = "" if begun else "some of its files are links that lead nowhere"
        return CachedRepo(repo, kind, path, size_of(path), None, (), partials, damaged)
    revisions = [
        CachedRevision(
            name.pinned(one.commit_hash),
            tuple(sorted(one.refs)),
            one.snapshot_path,
            one.size_on_disk,
            _missing(
                name.pinned(one.commit_hash),
                [file.file_path.relative_to(one.snapshot_path).as_posix() for file in one.files],
            ),
        )
        for one in info.revisions
    ]
    revisions.sort(key=lambda one: (-one.size_bytes, one.name.revision))
    size_bytes = info.size_on_disk + rest_bytes
    used_at_s = info.last_accessed if info.nb_files else None
    return CachedRepo(repo, kind, path, size_bytes, used_at_s, tuple(revisions), partials)


def _missing(name: HubName, there: Sequence[str]) -> tuple[str, ...] | None:
    """What lacks of the models of which something is there: in the root or in its folders."""
    listing = read_listing(name) if name.kind == "model" else None
    if listing is None:
        return None
    marks = ("config.json", adapter.CONFIG_NAME)
    paths = [PurePosixPath(path) for path in there]
    below = {path.parent.as_posix() for path in paths if path.name in marks}
    below |= {str(path) for path in paths if path.suffix == ".gguf"}
    lacks: set[str] = set()
    try:
        for one in below or {"."}:
            inside = replace(name, subfolder="" if one == "." else one)
            lacks.update(missing_files(Listing(inside, listing.files)))
    except ActError:
        return None
    return tuple(sorted(lacks))


def _partials(folder: Path, name: HubName) -> Iterator[Partial]:
    for path in sorted((folder / "blobs").glob("*")):
        if path.name.endswith((PART_SUFFIX, _OTHERS_SUFFIX)):
            with contextlib.suppress(OSError):
                size_bytes, running = path.lstat().st_size, is_held(lock_of(path, name))
                yield Partial(path, size_bytes, name.repo, name.kind, running)


def lock_of(path: Path, name: HubName) -> Path:
    """The lock of a file in the making, whose name begins with its etag."""
    return locks_folder(name) / f"{path.name.partition('.')[0]}.lock"


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder; links count as nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                path = Path(place) / name
                total += 0 if path.is_symlink() else path.stat().st_size
    return total

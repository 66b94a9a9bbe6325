"""Where the Hub's own cache keeps things, as huggingface_hub 2.4 lays it out; no network here.

`models--OWNER--NAME/` holds `blobs/ETAG`, `snapshots/COMMIT/PATH` (links to blobs, or the files
themselves where links cannot be made), `refs/BRANCH` with a commit, and `trees/COMMIT.json` with a
commit's files. Locks lie in `.locks/models--OWNER--NAME/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from act_core.hub.listing import HubFile, Listing
from act_core.hub.names import HubName, Kind, hub_name, is_commit

_MOST_REF_BYTES = 256


def cache_folder() -> Path:
    """The cache; the Hub's own variables say where (HF_HUB_CACHE, HF_HOME)."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE).expanduser().resolve()


def repo_folder(name: HubName) -> Path:
    """Folder of a repository in the cache, there or not."""
    from huggingface_hub.file_download import repo_folder_name

    return cache_folder() / repo_folder_name(repo_id=name.repo, repo_type=name.kind)


def locks_folder(name: HubName) -> Path:
    """Where the locks of a repository lie."""
    return cache_folder() / ".locks" / repo_folder(name).name


def commit_folder(name: HubName) -> Path:
    """Folder of a pinned repository's files in the cache, there or not."""
    return repo_folder(name) / "snapshots" / name.revision


def cached_commit(name: HubName) -> str | None:
    """The commit of a branch or tag as it was last fetched; of a pinned name its own."""
    if name.is_pinned:
        return name.revision
    try:
        with (repo_folder(name) / "refs" / name.revision).open("rb") as stream:
            text = stream.read(_MOST_REF_BYTES).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if is_commit(text) else None


def cached_name(name: HubName) -> HubName | None:
    """A name pinned to the commit of which something lies in the cache; None where nothing does."""
    commit = cached_commit(name)
    if commit is None or not commit_folder(name.pinned(commit)).is_dir():
        return None
    return name.pinned(commit)


def cached_files(name: HubName, files: Iterable[HubFile]) -> frozenset[str]:
    """Paths of those files of a pinned repository that lie in the cache, whole."""
    return frozenset(file.path for file in files if find_cached(name, file) is not None)


def find_cached(name: HubName, file: HubFile) -> Path | None:
    """A file in the cache: in its commit, or as the blob of another one.

    Both bear their names only since they are whole; a length that differs is that of a file that
    something has damaged since.
    """
    for path in (commit_folder(name) / file.path, repo_folder(name) / "blobs" / file.etag):
        if _size_bytes(path) == file.size_bytes:
            return path
    return None


def is_in_place(name: HubName, file: HubFile) -> bool:
    """Whether a file lies whole in the folder of its commit."""
    return find_cached(name, file) == commit_folder(name) / file.path


def cached_paths(name: HubName, paths: Sequence[str]) -> Mapping[str, Path] | None:
    """Where files of a pinned repository lie in the cache; None unless all do."""
    found = {path: commit_folder(name) / path for path in paths}
    return found if all(path.is_file() for path in found.values()) else None


def read_listing(name: HubName) -> Listing | None:
    """What a pinned repository holds, as far as the cache knows.

    Whether it is gated or private is not kept there.
    """
    from huggingface_hub._tree_cache import read_tree_cache

    entries = read_tree_cache(str(repo_folder(name)), name.revision)
    if entries is None:
        return None
    files = tuple(
        HubFile(path, entry.size, entry.blob_id, entry.lfs_sha256 or "")
        for path, entry in entries.items()
    )
    known = all(type(file.size_bytes) is int and isinstance(file.etag, str) for file in files)
    return Listing(name, files) if known else None


def keep_listing(listing: Listing, folder: Path | None = None) -> None:
    """Remember a repository's files, where huggingface_hub looks for them; best effort.

    Args:
        listing: Of a pinned repository.
        folder: Of a download outside the cache.
    """
    from huggingface_hub._tree_cache import (
        TreeCacheEntry,
        tree_cache_folder_for_local_dir,
        write_tree_cache,
    )

    entries = {
        file.path: TreeCacheEntry(
            size=file.size_bytes,
            blob_id=file.oid,
            lfs_sha256=file.sha256 or None,
            lfs_size=file.size_bytes if file.sha256 else None,
        )
        for file in listing.files
    }
    place = str(repo_folder(listing.name))
    if folder is not None:
        place = tree_cache_folder_for_local_dir(str(folder))
    write_tree_cache(place, listing.name.revision, entries)


def name_of(folder: Path) -> HubName | None:
    """Of which repository and commit a folder in any such cache is; None where it is in none.

    Args:
        folder: That of a commit, or one in it.
    """
    for commit in (folder, *folder.parents):
        if commit.parent.name == "snapshots" and is_commit(commit.name):
            repo = repo_of(commit.parent.parent)
            below = folder.relative_to(commit).as_posix()
            return repo and replace(
                repo, revision=commit.name, subfolder="" if below == "." else below
            )
    return None


def repo_of(folder: Path) -> HubName | None:
    """Which repository a folder directly in a cache is of; None where it is of none."""
    named = kind_and_repo(folder)
    return named and hub_name(named[1], named[0])


def kind_and_repo(folder: Path) -> tuple[Kind, str] | None:
    """The same for old names too, which have no owner."""
    kinds, _, repo = folder.name.partition("--")
    found: dict[str, Kind] = {f"{kind}s": kind for kind in get_args(Kind)}
    return (found[kinds], repo.replace("--", "/", 1)) if kinds in found and repo else None


def _size_bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None

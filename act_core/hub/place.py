"""Where fetched files go: into the Hub's cache, so that every client finds them, or a folder."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from act_core.cancel import CancelToken
from act_core.errors import OutputError, output_error
from act_core.hub.layout import (
    cache_folder,
    commit_folder,
    find_cached,
    is_in_place,
    keep_listing,
    locks_folder,
    read_listing,
    repo_folder,
)
from act_core.hub.listing import HubFile, Listing
from act_core.hub.names import HubName
from act_core.hub.part import PART_SUFFIX

LOCK_NAME = "act-download.lock"
_POLL_S = 0.2
_AT_ONCE_S = 0.05


class Place(Protocol):
    """What a download needs to know of where it goes; every method may raise OutputError."""

    @property
    def folder(self) -> Path:
        """The folder with the repository's files."""

    @property
    def lock(self) -> Path:
        """Held while anything is fetched."""

    def begin(self, listing: Listing, files: Sequence[HubFile]) -> None:
        """Get ready for files of a repository."""

    def has(self, file: HubFile) -> bool:
        """Whether a file is in its place, whole."""

    def take(self, file: HubFile) -> bool:
        """Put a file in its place that lies elsewhere on this computer; whether one did."""

    def part(self, file: HubFile) -> Path:
        """Where a file's bytes lie until it is whole."""

    def claim(self, file: HubFile, token: CancelToken) -> AbstractContextManager[None]:
        """Keep others from fetching a file at the same time."""

    def put(self, file: HubFile) -> None:
        """Put a part in its place that is whole and right."""

    def finish(self, listing: Listing, branch: str) -> None:
        """All files are in their places; remember which commit the branch stands for."""


class CachePlace:
    """The Hub's cache (`hub.layout`).

    Args:
        name: Pinned.
    """

    def __init__(self, name: HubName) -> None:
        self._name = name
        self._blobs = repo_folder(name) / "blobs"
        self.folder = commit_folder(name)
        self.lock = locks_folder(name) / LOCK_NAME

    def begin(self, listing: Listing, _files: Sequence[HubFile]) -> None:
        """Tag the cache as one, and keep the listing."""
        from huggingface_hub._local_folder import _create_cachedir_tag

        with _output_errors(self._blobs):
            self._blobs.mkdir(parents=True, exist_ok=True)
            _create_cachedir_tag(cache_folder())
        keep_listing(listing)

    def has(self, file: HubFile) -> bool:
        """Whether it lies in the folder of its commit."""
        return is_in_place(self._name, file)

    def take(self, file: HubFile) -> bool:
        """Link to the blob that another commit, or another file, brought."""
        if self.has(file):
            return True
        if find_cached(self._name, file) is None:
            return False
        self._link(file, fresh=False)
        return True

    def part(self, file: HubFile) -> Path:
        """Beside its blob."""
        return self._blobs / f"{file.etag}{PART_SUFFIX}"

    def claim(self, file: HubFile, token: CancelToken) -> AbstractContextManager[None]:
        """Hold the lock that huggingface_hub takes."""
        return locked(self.lock.with_name(f"{file.etag}.lock"), token)

    def put(self, file: HubFile) -> None:
        """Make the part a blob, with a link to it."""
        with _output_errors(self._blobs):
            os.replace(self.part(file), self._blobs / file.etag)
        self._link(file, fresh=True)

    def finish(self, listing: Listing, branch: str) -> None:
        """Only now: a branch never points to a commit whose files are not there yet.

        A cache that may only be read serves all the same, so failures stay silent here.
        """
        from huggingface_hub.file_download import _cache_commit_hash_for_specific_revision

        repo = repo_folder(self._name)
        if read_listing(self._name) is None and os.access(repo, os.W_OK):
            keep_listing(listing)
        if branch:
            with contextlib.suppress(OSError):
                _cache_commit_hash_for_specific_revision(str(repo), branch, self._name.revision)

    def _link(self, file: HubFile, *, fresh: bool) -> None:
        """A relative link; where there are none, the file itself."""
        from huggingface_hub.file_download import _create_symlink

        goal = self.folder / file.path
        with _output_errors(goal):
            goal.parent.mkdir(parents=True, exist_ok=True)
            _create_symlink(str(self._blobs / file.etag), str(goal), new_blob=fresh)


class FolderPlace:
    """An ordinary folder, with what huggingface_hub notes about it in `.cache/huggingface`.

    Args:
        name: Pinned.
        folder: There or not.
    """

    def __init__(self, name: HubName, folder: Path) -> None:
        self._name = name
        self.folder = folder.expanduser().absolute()
        self._notes = self.folder / ".cache" / "huggingface"
        self.lock = self._notes / LOCK_NAME

    def begin(self, listing: Listing, files: Sequence[HubFile]) -> None:
        """Refuse to replace files that were not fetched, and keep the listing.

        Raises:
            OutputError: There is one.
        """
        from huggingface_hub._local_folder import read_download_metadata

        for file in files:
            path = self.folder / file.path
            with _output_errors(path):
                if os.path.lexists(path) and not read_download_metadata(self.folder, file.path):
                    raise OutputError(
                        f"{path} exists and was not fetched from the Hub, or has changed since.",
                        remedy="Choose another folder, or move that file away.",
                    )
        keep_listing(listing, self.folder)

    def has(self, file: HubFile) -> bool:
        """Whether it lies there, and was fetched as what it is to be."""
        from huggingface_hub._local_folder import read_download_metadata

        path = self.folder / file.path
        with _output_errors(path):
            if not path.is_file() or path.stat().st_size != file.size_bytes:
                return False
            noted = read_download_metadata(self.folder, file.path)
        return noted is not None and str(noted.etag) == file.etag

    def take(self, file: HubFile) -> bool:
        """Copy it from the cache."""
        if self.has(file):
            return True
        cached = find_cached(self._name, file)
        if cached is None:
            return False
        part = self.part(file)
        with _output_errors(part):
            part.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(cached, part)
        self.put(file)
        return True

    def part(self, file: HubFile) -> Path:
        """Among the notes."""
        return self._notes / "download" / f"{file.path}.{file.etag}{PART_SUFFIX}"

    def claim(self, _file: HubFile, _token: CancelToken) -> AbstractContextManager[None]:
        """Nothing: each file has a part of its own, and the folder's lock is held."""
        return contextlib.nullcontext()

    def put(self, file: HubFile) -> None:
        """Give it its name."""
        from huggingface_hub._local_folder import write_download_metadata

        goal = self.folder / file.path
        with _output_errors(goal):
            goal.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self.part(file), goal)
            write_download_metadata(self.folder, file.path, self._name.revision, file.etag)

    def finish(self, _listing: Listing, _branch: str) -> None:
        """Nothing: a folder has no branches."""


@contextmanager
def locked(
    path: Path, token: CancelToken, waiting: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Hold a lock file that other threads and processes honour too.

    Args:
        path: The lock; its folder is made.
        token: Polled while somebody else has it.
        waiting: Called once where somebody else has it.

    Raises:
        OutputError: It cannot be written.
        CancelledByPersonError: Cancelled.
    """
    from huggingface_hub.utils._fixes import WeakFileLock

    with _output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    told = False
    with contextlib.ExitStack() as stack:
        while True:
            token.raise_if_cancelled()
            try:
                stack.enter_context(WeakFileLock(path, timeout=_POLL_S))
                break
            except TimeoutError:
                if not told:
                    waiting()
                told = True
            except OSError as error:
                raise output_error(error, path) from error
        yield


def is_held(lock: Path) -> bool:
    """Whether somebody holds a lock now."""
    from huggingface_hub.utils._fixes import WeakFileLock

    if not lock.is_file():
        return False
    try:
        with WeakFileLock(lock, timeout=_AT_ONCE_S):
            return False
    except TimeoutError:
        return True
    except OSError:
        return False


@contextmanager
def _output_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise output_error(error, path) from error

"""Clearing the Hub's cache: a repository, one commit of it, or the rests of downloads."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from act_core.errors import HubError, OutputError, output_error
from act_core.hub.cache import Partial, lock_of, size_of
from act_core.hub.layout import (
    cache_folder,
    cached_commit,
    commit_folder,
    locks_folder,
    repo_folder,
)
from act_core.hub.names import HubName, Kind
from act_core.hub.place import LOCK_NAME, is_held

_AT_ONCE_S = 0.05


def delete_repo(repo: str, kind: Kind = "model") -> int:
    """Remove a repository from the cache with all its commits; freed bytes.

    Raises:
        HubError: It is not there, or is being downloaded.
        OutputError: It cannot be removed.
    """
    folder = repo_folder(HubName(repo, kind=kind))
    with _alone(HubName(repo, kind=kind)):
        before_bytes = size_of(folder)
        _delete(_commits(folder))
        if folder.exists():  # it was damaged, or nothing of it whole
            try:
                shutil.rmtree(folder)
            except OSError as error:
                raise output_error(error, folder) from error
    return before_bytes


def delete_revision(name: HubName) -> int:
    """Remove one commit, and the files that no other commit has; freed bytes.

    Args:
        name: A commit, or a branch as the cache knows it.

    Raises:
        HubError: It is not there, or its repository is being downloaded.
        OutputError: It cannot be removed.
    """
    folder, commit = repo_folder(name), cached_commit(name)
    with _alone(name):
        if commit is None or commit not in _commits(folder):
            raise _absent(str(name))
        before_bytes = size_of(folder)
        _delete([commit])
        with contextlib.suppress(OSError):
            (folder / "trees" / f"{commit}.json").unlink()
        gone = commit_folder(name.pinned(commit))
        if gone.exists():
            raise OutputError(
                f"{gone} could not be removed.",
                remedy="Check that no other program uses it, and the permissions.",
            )
        return before_bytes - size_of(folder)


def delete_partials(partials: Iterable[Partial]) -> int:
    """Remove rests of downloads, but those that a program is at; freed bytes.

    Raises:
        OutputError: One cannot be removed.
    """
    freed_bytes = 0
    for partial in partials:
        if is_held(lock_of(partial.path, HubName(partial.repo, kind=partial.kind))):
            continue
        try:
            partial.path.unlink(missing_ok=True)
        except OSError as error:
            raise output_error(error, partial.path) from error
        freed_bytes += partial.size_bytes
    return freed_bytes


@contextmanager
def _alone(name: HubName) -> Iterator[None]:
    """Keep downloads of a repository from beginning; refuse where one is under way."""
    from huggingface_hub.utils._fixes import WeakFileLock

    locks = locks_folder(name)
    busy = HubError(
        f"{name.repo} is being downloaded.",
        remedy="Wait for the download or pause it, then try again.",
        title="A download is under way",
    )
    if not repo_folder(name).is_dir():
        raise _absent(name.repo)
    with contextlib.ExitStack() as stack:
        try:
            locks.mkdir(parents=True, exist_ok=True)
            stack.enter_context(WeakFileLock(locks / LOCK_NAME, timeout=_AT_ONCE_S))
        except TimeoutError:
            raise busy from None
        except OSError as error:
            raise output_error(error, locks) from error
        if any(is_held(lock) for lock in locks.glob("*.lock") if lock.name != LOCK_NAME):
            raise busy
        yield


def _commits(folder: Path) -> list[str]:
    """Those that huggingface_hub finds; none where the repository is damaged."""
    from huggingface_hub import scan_cache_dir

    repos = scan_cache_dir(cache_folder()).repos
    return [rev.commit_hash for one in repos if one.repo_path == folder for rev in one.revisions]


def _delete(commits: Sequence[str]) -> None:
    from huggingface_hub import scan_cache_dir

    if commits:
        scan_cache_dir(cache_folder()).delete_revisions(*commits).execute()


def _absent(name: str) -> HubError:
    return HubError(
        f"{name} is not in the Hub's cache.",
        remedy="See what is there with act cache.",
        title="Not in the cache",
    )

"""A folder put onto the Hub: what is there already is not sent again, and all of it is compared.

Large files go one by one to the Hub's store, then a single commit makes them appear together: the
repository is as before or whole, and whatever was sent before a cancel or a crash stays sent. Files
are given to huggingface_hub as streams, which it sends by the LFS protocol, for only so can bytes
be counted and a cancel be heard; the Hub takes that protocol for every repository.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from act_core.cancel import CancelToken
from act_core.errors import HubError, LogInNeededError, output_error
from act_core.events import EventSink
from act_core.hub.access import page_of, token_source
from act_core.hub.connection import connect
from act_core.hub.listing import Listing
from act_core.hub.names import HubName
from act_core.hub.streams import quiet
from act_core.hub.upload import Upload, by_path, same_content
from act_core.models.describe import CARD_NAME
from act_core.settings import HubSettings

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

# What a loader would take beside, or instead of, the files that are sent.
_WEIGHTS = (".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json")


@dataclass(frozen=True, slots=True)
class Published:
    """What lies on the Hub now.

    Attributes:
        name: The repository at the commit.
        page: Address of its page.
        files: Files that were compared.
        sent_bytes: Bytes of files that had to be sent; 0 where all was there already.
    """

    name: HubName
    page: str
    files: int
    sent_bytes: int


def files_to_send(folder: Path) -> tuple[Path, ...]:
    """The files below a folder, relative to it; hidden ones and links stay behind.

    Raises:
        OutputError: The folder cannot be read.
    """
    found: list[Path] = []

    def give_up(error: OSError) -> None:
        raise output_error(error, folder) from error

    for place, folders, names in os.walk(folder, onerror=give_up):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = [Path(place) / name for name in sorted(names) if not name.startswith(".")]
        found += [path.relative_to(folder) for path in paths if not path.is_symlink()]
    return tuple(found)


def require_login(settings: HubSettings) -> None:
    """Refuse what would end in a refusal anyway; nothing is sent.

    Raises:
        HubOfflineError: The program is offline.
        LogInNeededError: Nobody is logged in.
    """
    connect(settings)
    if token_source() is None:
        raise LogInNeededError(
            "Nothing can be published before you have logged in.",
            remedy="Log in with a token that may write, in the settings of the Hub or with act "
            "login.",
        )


def publish_folder(
    settings: HubSettings,
    folder: Path,
    name: HubName,
    *,
    public: bool,
    replaced: Mapping[str, bytes],
    mark: str,
    message: str,
    emit: EventSink,
    token: CancelToken,
) -> Published:
    """Make a repository equal to a folder; may be called again after any failure.

    Args:
        settings: The way to the Hub.
        folder: What to publish.
        name: Where to; the repository is made if absent.
        public: Whether everybody may see it.
        replaced: Content by path, sent in place of what lies in the folder.
        mark: A repository that is there already has to hold this file, or none at all.
        message: Title of the commit.
        emit: Stages `hash` and `upload`, in bytes.
        token: Ends the work within a fraction of a second.

    Raises:
        PublishError: The repository holds something else, or is seen by others than asked for.
        HubChangedError: Somebody else has changed it meanwhile.
        HubError: No right to write, out of reach, or another kind.
        CancelledByPersonError: After a cancel.
    """
    require_login(settings)
    work = Upload(settings, name, emit, token)
    sent = [path.as_posix() for path in files_to_send(folder)]
    before = work.prepare(public=public, mark=mark)
    with quiet():
        work.check_card(replaced.get(CARD_NAME) or _read(folder / CARD_NAME))
        additions, streams = work.hashed(folder, sent, replaced)
        work.send(additions, streams)
        stale = [f.path for f in before.files if f.path not in sent and _is_weights(f.path)]
        commit = work.commit(additions, stale, before.name.revision, message)
    after = work.listing(commit)
    _compare(additions, after)
    known, now = by_path(before), by_path(after)
    small = [
        one.upload_info.size
        for one in additions
        if not now[one.path_in_repo].sha256 and not same_content(one, known.get(one.path_in_repo))
    ]
    return Published(
        name=after.name,
        page=page_of(settings, name),
        files=len(additions),
        sent_bytes=sum(small) + sum(stream.seen for stream in streams),
    )


def _compare(additions: list[CommitOperationAdd], found: Listing) -> None:
    """Every file on the Hub is the one here, by its hash."""
    files = by_path(found)
    wrong = [
        one.path_in_repo for one in additions if not same_content(one, files.get(one.path_in_repo))
    ]
    if wrong:
        raise HubError(
            f"On the Hub, {wrong[0]} of {found.name.repo} is not what was sent"
            f"{f', nor are {len(wrong) - 1} other files' if wrong[1:] else ''}.",
            remedy="Publish again; if it stays so, the Hub or something on the way changes files.",
            title="The published files differ",
        )


def _is_weights(path: str) -> bool:
    return "/" not in path and path.endswith(_WEIGHTS)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise output_error(error, path) from error

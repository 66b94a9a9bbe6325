"""A folder put onto the Hub: what is there already is not sent again, and all of it is compared.

Large files go one by one to the Hub's store, then a single commit makes them appear together: the
repository is as before or whole, and whatever was sent before a cancel or a crash stays sent. Files
are given to huggingface_hub as streams, which it sends by the LFS protocol, for only so can bytes
be counted and a cancel be heard; the Hub takes that protocol for every repository.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from act_core.errors import (
    HubChangedError,
    HubError,
    HubUnreachableError,
    LogInNeededError,
    PublishError,
    output_error,
)
from act_core.events import CancelToken, EventSink
from act_core.hub.access import page_of, token_source
from act_core.hub.connection import connect
from act_core.hub.faults import hub_faults
from act_core.hub.listing import HubFile, Listing, list_files
from act_core.hub.names import HubName
from act_core.hub.streams import Stream, bare, quiet
from act_core.hub.waiting import attended, patiently
from act_core.meters import SharedMeter
from act_core.settings import HubSettings

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

T = TypeVar("T")
HASH, UPLOAD = "hash", "upload"
_CARD = "README.md"
_ATTRIBUTES = ".gitattributes"
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
    work = _Work(settings, name, emit, token)
    sent = [path.as_posix() for path in files_to_send(folder)]
    before = work.prepare(public=public, mark=mark)
    with quiet():
        work.check_card(replaced.get(_CARD) or _read(folder / _CARD))
        additions, streams = work.hashed(folder, sent, replaced)
        work.send(additions, streams)
        stale = [f.path for f in before.files if f.path not in sent and _is_weights(f.path)]
        commit = work.commit(additions, stale, before.name.revision, message)
    after = work.listing(commit)
    _compare(additions, after)
    known, now = _by_path(before), _by_path(after)
    small = [
        one.upload_info.size
        for one in additions
        if not now[one.path_in_repo].sha256 and not _same(one, known.get(one.path_in_repo))
    ]
    return Published(
        name=after.name,
        page=page_of(settings, name),
        files=len(additions),
        sent_bytes=sum(small) + sum(stream.seen for stream in streams),
    )


class _Work:
    """The steps of one publication.

    Args:
        settings: The way to the Hub.
        name: Where to.
        emit: Where events go.
        token: Polled.
    """

    def __init__(
        self, settings: HubSettings, name: HubName, emit: EventSink, token: CancelToken
    ) -> None:
        self._settings, self._name = settings, name
        self._emit, self._token = emit, token

    def _call(self, call: Callable[[HfApi], T]) -> T:
        """Ask the Hub, patiently; the call has to be safe to repeat."""

        def once() -> T:
            with hub_faults(self._name.repo), bare():
                return call(connect(self._settings))

        return patiently(lambda: attended(once, self._token), self._emit, self._token)

    def _watch(self, meter: SharedMeter) -> Callable[[int], None]:
        """Counts bytes, and hears a cancel between them."""

        def step(size_bytes: int) -> None:
            self._token.raise_if_cancelled()
            meter.step(size_bytes)

        return step

    def prepare(self, *, public: bool, mark: str) -> Listing:
        """Make the repository, or see that it may be written over."""
        repo = self._name.repo
        if token_source() is None:
            raise LogInNeededError(
                "Nothing can be published before you have logged in.",
                remedy="Log in with a token that may write, in the settings of the Hub or with act "
                "login.",
            )
        self._call(lambda api: api.create_repo(repo, private=not public, exist_ok=True))
        there = self.listing("main")
        if there.private == public:
            now, wanted = ("private", "public") if public else ("public", "private")
            raise PublishError(
                f"{repo} exists already and is {now}, not {wanted}.",
                remedy="Change that on its page, publish as it is, or choose another name.",
            )
        paths = {file.path for file in there.files}
        if paths - {_ATTRIBUTES} and mark not in paths:
            raise PublishError(
                f"{repo} exists already and holds something that ACT Studio did not publish.",
                remedy="Choose another name.",
            )
        return there

    def listing(self, revision: str) -> Listing:
        """What the repository holds."""
        name = HubName(self._name.repo, revision)
        return attended(
            lambda: list_files(self._settings, name, emit=self._emit, token=self._token),
            self._token,
        )

    def check_card(self, card: bytes) -> None:
        """Let the Hub look at the card's front matter before gigabytes are sent."""
        from huggingface_hub import get_session

        def check(api: HfApi) -> dict[str, object]:
            content = {"content": card.decode("utf-8", "replace"), "repoType": "model"}
            said = get_session().post(f"{api.endpoint}/api/validate-yaml", json=content).json()
            return said if isinstance(said, dict) else {}

        errors = self._call(check).get("errors")
        if isinstance(errors, list) and errors:
            said = " ".join(str(one.get("message", one)) for one in errors if isinstance(one, dict))
            raise PublishError(
                f"The Hub does not take the front matter of the model card: {said}",
                remedy="Mend the lines between the two --- at the top of README.md.",
            )

    def hashed(
        self, folder: Path, paths: list[str], replaced: Mapping[str, bytes]
    ) -> tuple[list[CommitOperationAdd], list[Stream]]:
        """What is to be added, with its hashes, and the streams that large files are read by."""
        from huggingface_hub import CommitOperationAdd

        try:
            sizes = {path: (folder / path).stat().st_size for path in paths}
        except OSError as error:
            raise output_error(error, folder) from error
        meter = SharedMeter(self._emit, HASH, sum(sizes.values()))
        additions, streams = [], []
        for path in paths:
            if path in replaced:
                additions.append(CommitOperationAdd(path, replaced[path]))
                meter.step(sizes[path])
                continue
            stream = Stream(folder / path, self._watch(meter))
            try:
                additions.append(CommitOperationAdd(path, cast("BinaryIO", stream)))
            except OSError as error:
                raise output_error(error, folder / path) from error
            streams.append(stream)
        meter.finish()
        return additions, streams

    def send(self, additions: list[CommitOperationAdd], streams: list[Stream]) -> None:
        """Bring the large files into the Hub's store, but for those that it has."""
        total_bytes = sum(addition.upload_info.size for addition in additions)
        meter = SharedMeter(self._emit, UPLOAD, total_bytes)
        for stream in streams:
            stream.begin(self._watch(meter))

        def upload(api: HfApi) -> None:
            for stream in streams:
                stream.seek(0)
            api.preupload_lfs_files(self._name.repo, additions, free_memory=False)

        self._call(upload)
        for stream in streams:
            stream.watch = None
        meter.step(total_bytes - sum(stream.seen for stream in streams))
        meter.finish()

    def commit(
        self, additions: list[CommitOperationAdd], stale: list[str], parent: str, message: str
    ) -> str:
        """Let everything appear at once; the commit.

        An answer may be lost after the commit was made: then what is there is looked at.
        """
        from huggingface_hub import CommitOperationDelete

        deletions: list[CommitOperationDelete] = [CommitOperationDelete(path) for path in stale]

        def once() -> str:
            with hub_faults(self._name.repo), bare():
                made = connect(self._settings).create_commit(
                    self._name.repo,
                    [*additions, *deletions],
                    commit_message=message,
                    parent_commit=parent,
                )
                return made.oid

        def settle() -> str:
            try:
                return attended(once, self._token)
            except (HubUnreachableError, HubChangedError):
                there = self.listing("main")
                files = _by_path(there)
                gone = not any(path in files for path in stale)
                if gone and all(_same(one, files.get(one.path_in_repo)) for one in additions):
                    return there.name.revision
                raise

        return patiently(settle, self._emit, self._token)


def _compare(additions: list[CommitOperationAdd], found: Listing) -> None:
    """Every file on the Hub is the one here, by its hash."""
    files = _by_path(found)
    wrong = [one.path_in_repo for one in additions if not _same(one, files.get(one.path_in_repo))]
    if wrong:
        raise HubError(
            f"On the Hub, {wrong[0]} of {found.name.repo} is not what was sent"
            f"{f', nor are {len(wrong) - 1} other files' if wrong[1:] else ''}.",
            remedy="Publish again; if it stays so, the Hub or something on the way changes files.",
            title="The published files differ",
        )


def _by_path(listing: Listing) -> dict[str, HubFile]:
    return {file.path: file for file in listing.files}


def _same(addition: CommitOperationAdd, file: HubFile | None) -> bool:
    """Whether a file on the Hub has the content of one here, by sha256 or git's sha1."""
    if file is None or file.size_bytes != addition.upload_info.size:
        return False
    if file.sha256:
        return file.sha256 == addition.upload_info.sha256.hex()
    with addition.as_file() as stream:
        stream.seek(0)
        content = stream.read()
    digest = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return file.oid == digest.hexdigest()


def _is_weights(path: str) -> bool:
    return "/" not in path and path.endswith(_WEIGHTS)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise output_error(error, path) from error

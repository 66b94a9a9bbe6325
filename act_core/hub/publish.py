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
from act_core.hub.names import HubName
from act_core.hub.streams import ByteMeter, Stream, bare, quiet
from act_core.hub.waiting import attended, patiently
from act_core.settings import HubSettings

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
    from huggingface_hub.hf_api import RepoFile

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
    paths = files_to_send(folder)
    sent = [path.as_posix() for path in paths]
    before = work.prepare(public=public, mark=mark)
    with quiet():
        work.check_card(replaced.get(_CARD) or _read(folder / _CARD))
        additions, streams = work.hashed(folder, sent, replaced)
        work.send(additions, streams)
        stale = [path for path in before.files if path not in sent and _is_weights(path)]
        commit = work.commit(additions, stale, before.commit, message)
    after = work.tree(commit)
    _compare(name, additions, after)
    small = [
        one.upload_info.size
        for one in additions
        if after[one.path_in_repo].lfs is None
        and not _same(one, before.files.get(one.path_in_repo))
    ]
    return Published(
        name=name.pinned(commit),
        page=page_of(settings, name),
        files=len(additions),
        sent_bytes=sum(small) + sum(stream.seen for stream in streams),
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """The repository as it was: its commit, and its files by path."""

    commit: str
    files: Mapping[str, RepoFile]


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

    def prepare(self, *, public: bool, mark: str) -> _Before:
        """Make the repository, or see that it may be written over."""
        repo = self._name.repo
        if token_source() is None:
            raise LogInNeededError(
                "Nothing can be published before you have logged in.",
                remedy="Log in with a token that may write, in the settings of the Hub or with act "
                "login.",
            )
        self._call(lambda api: api.create_repo(repo, private=not public, exist_ok=True))
        facts = self._call(lambda api: api.repo_info(repo))
        if bool(facts.private) == public:
            now, wanted = ("public", "private") if public is False else ("private", "public")
            raise PublishError(
                f"{repo} exists already and is {now}, not {wanted}.",
                remedy="Change that on its page, publish as it is, or choose another name.",
            )
        files = self.tree(facts.sha or "")
        if set(files) - {_ATTRIBUTES} and mark not in files:
            raise PublishError(
                f"{repo} exists already and holds something that ACT Studio did not publish.",
                remedy="Choose another name.",
            )
        return _Before(facts.sha or "", files)

    def tree(self, commit: str) -> dict[str, RepoFile]:
        """All files of a commit by path."""
        from huggingface_hub.hf_api import RepoFile

        def files(api: HfApi) -> list[RepoFile]:
            rows = api.list_repo_tree(self._name.repo, recursive=True, revision=commit)
            return [row for row in rows if isinstance(row, RepoFile)]

        return {file.path: file for file in self._call(files)}

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
        meter = ByteMeter(self._emit, HASH, sum(sizes.values()), self._token)
        additions, streams = [], []
        for path in paths:
            if path in replaced:
                additions.append(CommitOperationAdd(path, replaced[path]))
                meter.step(sizes[path])
                continue
            stream = Stream(folder / path, meter.step)
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
        meter = ByteMeter(self._emit, UPLOAD, total_bytes, self._token)
        for stream in streams:
            stream.begin(meter.step)

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
                    parent_commit=parent or None,
                )
                return made.oid

        def settle() -> str:
            try:
                return attended(once, self._token)
            except (HubUnreachableError, HubChangedError):
                found = self._call(lambda api: api.repo_info(self._name.repo)).sha or ""
                files = self.tree(found)
                gone = not any(path in files for path in stale)
                if gone and all(_same(one, files.get(one.path_in_repo)) for one in additions):
                    return found
                raise

        return patiently(settle, self._emit, self._token)


def _compare(
    name: HubName, additions: list[CommitOperationAdd], found: Mapping[str, RepoFile]
) -> None:
    """Every file on the Hub is the one here, by its hash."""
    wrong = [one.path_in_repo for one in additions if not _same(one, found.get(one.path_in_repo))]
    if wrong:
        raise HubError(
            f"On the Hub, {wrong[0]} of {name.repo} is not what was sent"
            f"{f', nor are {len(wrong) - 1} other files' if wrong[1:] else ''}.",
            remedy="Publish again; if it stays so, the Hub or something on the way changes files.",
            title="The published files differ",
        )


def _same(addition: CommitOperationAdd, file: RepoFile | None) -> bool:
    """Whether a file on the Hub has the content of one here: by sha256, or git's sha1."""
    if file is None or file.size != addition.upload_info.size:
        return False
    if file.lfs is not None:
        return bool(file.lfs.sha256 == addition.upload_info.sha256.hex())
    with addition.as_file() as stream:
        stream.seek(0)
        content = stream.read()
    digest = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return bool(file.blob_id == digest.hexdigest())


def _is_weights(path: str) -> bool:
    return "/" not in path and path.endswith(_WEIGHTS)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise output_error(error, path) from error

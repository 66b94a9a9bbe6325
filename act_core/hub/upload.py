"""The steps of a publication: the place, the card, the hashes, the large files, the commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from act_core.cancel import CancelToken
from act_core.errors import HubChangedError, HubUnreachableError, PublishError, output_error
from act_core.events import EventSink
from act_core.hub.connection import connect
from act_core.hub.faults import hub_faults
from act_core.hub.listing import HubFile, Listing, list_files
from act_core.hub.names import HubName
from act_core.hub.streams import Stream, bare
from act_core.hub.waiting import asked, attended, patiently
from act_core.meters import SharedMeter
from act_core.settings import HubSettings

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

T = TypeVar("T")
HASH, UPLOAD = "hash", "upload"
_ATTRIBUTES = ".gitattributes"


class Upload:
    """The steps that make a repository equal to a folder.

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

        return asked(once, self._emit, self._token)

    def _watch(self, meter: SharedMeter) -> Callable[[int], None]:
        """Counts bytes, and hears a cancel between them."""

        def step(size_bytes: int) -> None:
            self._token.raise_if_cancelled()
            meter.step(size_bytes)

        return step

    def prepare(self, *, public: bool, mark: str) -> Listing:
        """Make the repository, or see that it may be written over."""
        repo = self._name.repo
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
        return list_files(self._settings, name, emit=self._emit, token=self._token)

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
                files = by_path(there)
                gone = not any(path in files for path in stale)
                if gone and all(
                    same_content(one, files.get(one.path_in_repo)) for one in additions
                ):
                    return there.name.revision
                raise

        return patiently(settle, self._emit, self._token)


def by_path(listing: Listing) -> dict[str, HubFile]:
    """The files of a repository by their paths."""
    return {file.path: file for file in listing.files}


def same_content(addition: CommitOperationAdd, file: HubFile | None) -> bool:
    """Whether a file on the Hub has the content of one here, by sha256 or git's sha1."""
    if file is None or file.size_bytes != addition.upload_info.size:
        return False
    if file.sha256:
        return file.sha256 == addition.upload_info.sha256.hex()
    with addition.as_file() as stream:
        stream.seek(0)
        return bool(file.oid) and file.is_content(stream.read())

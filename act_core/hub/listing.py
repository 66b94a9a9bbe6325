"""What a repository holds at one commit: names, sizes and hashes of its files, in one request."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from act_core.cancel import CancelToken
from act_core.errors import HubChangedError, HubError
from act_core.events import EventSink, discard
from act_core.hub.connection import connect
from act_core.hub.faults import hub_faults
from act_core.hub.names import HubName
from act_core.hub.waiting import asked
from act_core.settings import HubSettings

if TYPE_CHECKING:
    from huggingface_hub import DatasetInfo, HfApi, ModelInfo
    from huggingface_hub.hf_api import RepoSibling

Role = Literal["weights", "index", "config", "tokenizer", "card", "other"]


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository.

    Attributes:
        path: In the repository, with `/`.
        size_bytes: Its size.
        oid: git's sha1 of what git holds of it: the file, or the pointer to a large one.
        sha256: Of a large file's content; else empty.
        role: What a model needs it for.
    """

    path: str
    size_bytes: int
    oid: str
    sha256: str = ""
    role: Role = "other"

    @property
    def etag(self) -> str:
        """Its name among the blobs of the Hub's cache."""
        return self.sha256 or self.oid

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    def digest(self) -> hashlib._Hash:
        """Takes the file's bytes; its hexdigest is `etag` where they are right.

        sha256 of a large file; of any other git's hash, which has its size before it.
        """
        if self.sha256:
            return hashlib.sha256()
        return hashlib.sha1(b"blob %d\0" % self.size_bytes, usedforsecurity=False)

    def is_content(self, content: bytes) -> bool:
        """Whether a content has the file's hash; any has where the Hub tells none."""
        digest = self.digest()
        digest.update(content)
        return self.etag in ("", digest.hexdigest())


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository at a commit.

    Attributes:
        name: Pinned to the commit.
        files: All of them, as the Hub names them: not checked.
        gated: Its files are open only to people who were let in.
        private: It is.
    """

    name: HubName
    files: tuple[HubFile, ...]
    gated: bool = False
    private: bool = False


def list_files(
    settings: HubSettings,
    name: HubName,
    *,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Listing:
    """The files of a repository. The commit is taken once: use `Listing.name` from there on.

    Raises:
        HubError: One of its kinds.
        CancelledByPersonError: Cancelled.
    """
    api = connect(settings)
    info = asked(lambda: _info(api, name), emit, token or CancelToken())
    pinned = name.pinned(info.sha or "")
    if not pinned.is_pinned:
        raise HubError(
            f"The Hub does not tell the commit of {name}.",
            remedy="Check the endpoint in the settings of the Hub.",
        )
    if name.is_pinned and name != pinned:
        raise HubChangedError(
            f"The Hub answers for {name} with another commit.", remedy="Try again later."
        )
    files = tuple(_file(one, name) for one in info.siblings or ())
    return Listing(pinned, files, bool(info.gated), bool(info.private))


def _info(api: HfApi, name: HubName) -> ModelInfo | DatasetInfo:
    with hub_faults(str(name)):
        if name.kind == "dataset":
            return api.dataset_info(name.repo, revision=name.revision, files_metadata=True)
        return api.model_info(name.repo, revision=name.revision, files_metadata=True)


def _file(one: RepoSibling, name: HubName) -> HubFile:
    size_bytes = one.lfs.size if one.lfs is not None else one.size
    if type(size_bytes) is not int or size_bytes < 0 or not isinstance(one.rfilename, str):
        raise HubError(
            f"The Hub does not tell the size of {one.rfilename} in {name}.",
            remedy="Check the endpoint in the settings of the Hub.",
        )
    sha256 = one.lfs.sha256 if one.lfs is not None else ""
    return HubFile(one.rfilename, size_bytes, str(one.blob_id or ""), sha256)

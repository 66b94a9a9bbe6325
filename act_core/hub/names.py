"""How a repository of the Hub is written: `owner/name[@revision][:subfolder]`, or its address."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from act_core.errors import HubNotFoundError

Kind = Literal["model", "dataset"]
DEFAULT_REVISION = "main"

# What the Hub allows in names of owners and repositories.
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_NAME = re.compile(
    rf"(?P<repo>{_PART}/{_PART})(?:@(?P<revision>[A-Za-z0-9._/-]+))?(?::(?P<subfolder>[^:@\\]+))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHORT_COMMIT = 12
_BELOW = ("tree", "blob", "resolve", "commit")


@dataclass(frozen=True, slots=True)
class HubName:
    """A repository at a revision, and what of it is meant.

    Attributes:
        repo: `owner/name`.
        revision: Branch, tag or commit.
        subfolder: Folder in the repository with the model; empty for its root.
        kind: What is in it.
    """

    repo: str
    revision: str = DEFAULT_REVISION
    subfolder: str = ""
    kind: Kind = "model"

    def __str__(self) -> str:
        at = "" if self.revision == DEFAULT_REVISION else f"@{self.revision}"
        return f"{self.repo}{at}{f':{self.subfolder}' if self.subfolder else ''}"

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, which never changes."""
        return is_commit(self.revision)

    @property
    def short_revision(self) -> str:
        """The revision for people: the beginning of a commit, a branch or tag whole."""
        return self.revision[:_SHORT_COMMIT] if self.is_pinned else self.revision

    @property
    def page_path(self) -> str:
        """Path of its page below the Hub's address."""
        return f"datasets/{self.repo}" if self.kind == "dataset" else self.repo

    def pinned(self, commit: str) -> HubName:
        """The same at a commit."""
        return replace(self, revision=commit)


def is_commit(text: str) -> bool:
    """Whether a text is the name of a commit."""
    return _COMMIT.fullmatch(text) is not None


def hub_name(text: str, kind: Kind = "model") -> HubName | None:
    """What a text names on the Hub; None where it is no such name.

    Something that exists as a local path is that path: see `name_unless_local`.
    """
    text = text.strip()
    if "://" in text:
        return _of_address(text, kind)
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    revision, subfolder = found["revision"] or DEFAULT_REVISION, found["subfolder"] or ""
    return _checked(HubName(found["repo"], revision, subfolder.strip("/"), kind))


def required_name(text: str, kind: Kind = "model") -> HubName:
    """As `hub_name`.

    Raises:
        HubNotFoundError: It is no such name.
    """
    name = hub_name(text, kind)
    if name is None:
        raise HubNotFoundError(
            f"{text!r} is not the name of a repository on the Hub.",
            remedy="Write it as owner/name, owner/name@revision or owner/name:subfolder, or paste "
            "the address of its page.",
        )
    return name


def name_unless_local(text: str) -> HubName | None:
    """Which model of the Hub a person means by a text; None where it is a path, or no such name."""
    return None if is_local(text) else hub_name(text)


def is_local(text: str) -> bool:
    """Whether a text names something that is on this computer, or could only be there."""
    path = Path(text).expanduser()
    return path.is_absolute() or text.startswith(("./", "../", "~")) or path.exists()


def _of_address(text: str, kind: Kind) -> HubName | None:
    """Of `https://HOST/[datasets/]OWNER/NAME[/tree/REVISION[/SUBFOLDER]]`; any host is taken."""
    address = urlsplit(text)
    if address.scheme not in ("http", "https", "hf"):
        return None
    path = f"{address.netloc}/{address.path}" if address.scheme == "hf" else address.path
    parts = [unquote(part) for part in path.split("/") if part]
    if parts[:1] in (["datasets"], ["models"]):
        kind = "dataset" if parts.pop(0) == "datasets" else "model"
    if len(parts) < 2 or not _NAME.fullmatch("/".join(parts[:2])):
        return None
    name = hub_name("/".join(parts[:2]), kind)
    if name is None or len(parts) < 4 or parts[2] not in _BELOW:
        return name
    folders = parts[4:-1] if parts[2] in ("blob", "resolve") else parts[4:]
    return _checked(replace(name, revision=parts[3], subfolder="/".join(folders)))


def _checked(name: HubName) -> HubName | None:
    parts = [*name.subfolder.split("/"), *name.revision.split("/")]
    return None if any(part in (".", "..") for part in parts) or "\\" in str(name) else name

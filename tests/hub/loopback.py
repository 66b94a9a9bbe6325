"""A Hub on this computer for the real huggingface_hub client: what it holds, and how it misbehaves.

Two servers listen on 127.0.0.1: the Hub, and a "CDN" on another port to which large files are
redirected, so that redirects, ranges and the withholding of tokens are real.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

LFS_SUFFIXES = (
    ".safetensors", ".bin", ".gguf", ".pt", ".onnx", ".parquet", ".arrow", ".model", ".zip", ".gz",
)  # fmt: skip
Kind = Literal["model", "dataset"]


@dataclass(frozen=True)
class Blob:
    """A file's content: bytes, or a file on disk that is read as it is asked for."""

    data: bytes | None = None
    path: Path | None = None
    lfs: bool = False

    @property
    def size(self) -> int:
        return len(self.data) if self.path is None else self.path.stat().st_size

    def read(self, start: int, stop: int) -> bytes:
        if self.path is None:
            return self.data[start:stop]
        with self.path.open("rb") as stream:
            stream.seek(start)
            return stream.read(stop - start)

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for start in range(0, self.size, 1 << 22):
            digest.update(self.read(start, start + (1 << 22)))
        return digest.hexdigest()

    @cached_property
    def oid(self) -> str:
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\n"
        git = f"{pointer}size {self.size}\n".encode() if self.lfs else self.read(0, self.size)
        return hashlib.sha1(b"blob %d\0" % len(git) + git).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.oid

    def lfs_info(self, key: str) -> dict[str, Any]:
        """What the Hub says of a large file; its hash stands under `sha256` or `oid`."""
        facts = {key: self.sha256, "size": self.size, "pointerSize": 134}
        return {"lfs": facts} if self.lfs else {}


@dataclass
class Repo:
    """A repository with its commits.

    Attributes:
        gated: False, `auto` or `manual`.
        allowed: Users who were let in.
        requests: What became of the requests of others: `awaiting` or `rejected`, by user.
        meta: What listings show beside: tags, downloads, likes, lastModified, cardData, ...
        commits: Files by path, by commit.
        history: Commits with their titles, the newest last.
        refs: Commits of branches and tags.
    """

    id: str
    kind: Kind = "model"
    private: bool = False
    gated: Literal[False, "auto", "manual"] = False
    allowed: set[str] = field(default_factory=set)
    requests: dict[str, str] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    history: list[tuple[str, str]] = field(default_factory=list)
    refs: dict[str, str] = field(default_factory=dict)

    def commit(self, files: Mapping[str, Blob], title: str = "commit", ref: str = "main") -> str:
        sha = hashlib.sha1(uuid.uuid4().bytes).hexdigest()
        self.commits[sha], self.refs[ref] = dict(files), sha
        self.history.append((sha, title))
        return sha

    def write(self, **files: bytes) -> str:
        """A new commit on main that adds files; `name__ext` stands for `name.ext`."""
        named = {name.replace("__", "."): _blob(name, data) for name, data in files.items()}
        return self.commit(self.files | named)

    def resolve(self, revision: str) -> str | None:
        return revision if revision in self.commits else self.refs.get(revision)

    @property
    def files(self) -> dict[str, Blob]:
        return self.commits[self.refs["main"]]


@dataclass
class Fault:
    """One way to misbehave.

    Attributes:
        match: Regular expression, searched in `METHOD /path`.
        times: How often.
        status: Answer with this instead.
        code, message: `X-Error-Code` and `X-Error-Message` beside it.
        headers: Beside it, or added to the ordinary answer.
        cut: Break the connection after so many bytes of the body.
        take: Break it after so many bytes of the request's body, without an answer.
        flip: Change the byte at this place of the body.
        delay_s: Before the answer.
        bytes_per_s: Speed of the body.
        then: Called first, e.g. to commit something between two requests.
    """

    match: str
    times: int = 1
    status: int | None = None
    code: str = ""
    message: str = "injected fault"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    take: int | None = None
    flip: int | None = None
    delay_s: float = 0.0
    bytes_per_s: float | None = None
    then: Callable[[], object] | None = None


@dataclass(frozen=True)
class Logged:
    """One request. `line` is `METHOD /path`; header names are in small letters."""

    line: str
    query: str
    headers: Mapping[str, str]
    to_cdn: bool


class Hub:
    """The Hub: `with Hub() as hub`. Everything that a test steers is a plain attribute.

    Attributes:
        repos: By kind and id.
        tokens: Users by token.
        faults: Looked through in order for each request.
        log: All requests.
        page: Most rows of a listing.
        refused: Texts that no model card may hold.
    """

    def __init__(self) -> None:
        from tests.hub.handler import Handler

        self.repos: dict[tuple[Kind, str], Repo] = {}
        self.lfs: dict[str, Blob] = {}
        self.log: list[Logged] = []
        self.tokens: dict[str, dict[str, Any]] = {
            "hf_reader": {"name": "reader", "role": "read", "orgs": []},
            "hf_writer": {"name": "writer", "role": "write", "orgs": ["lab"]},
        }
        self.faults: list[Fault] = []
        self.page = 1000
        self.ranges = True
        self.refused: list[str] = []
        self._servers = []
        for to_cdn in (False, True):
            handler = type("BoundHandler", (Handler,), {"hub": self, "to_cdn": to_cdn})
            self._servers.append(_Server(("127.0.0.1", 0), handler))
        self.url, self.cdn_url = (
            f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers
        )

    def __enter__(self) -> Hub:
        for server in self._servers:
            threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
            ).start()
        return self

    def __exit__(self, *_raised: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def add(
        self,
        repo_id: str,
        folder: Path | None = None,
        files: Mapping[str, bytes] | None = None,
        kind: Kind = "model",
        **more: Any,
    ) -> Repo:
        """A repository with the files of a folder and further ones, as its first commit."""
        blobs = {name: _blob(name, data) for name, data in (files or {}).items()}
        for path in sorted(folder.rglob("*")) if folder else ():
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                blobs[name] = Blob(path=path, lfs=name.endswith(LFS_SUFFIXES))
        repo = self.repos[kind, repo_id] = Repo(repo_id, kind, **more)
        repo.commit(blobs, "initial commit")
        return repo

    def fault(self, match: str, **how: Any) -> Fault:
        """Misbehave once, or as often as `times` says."""
        self.faults.append(Fault(match, **how))
        return self.faults[-1]

    def requests(self, start: str = "") -> list[Logged]:
        """Those whose line begins so, e.g. `GET /api/models`."""
        return [one for one in self.log if one.line.startswith(start)]

    def downloads(self) -> list[Logged]:
        """Requests for the content of files."""
        return [
            one
            for one in self.log
            if one.line.startswith("GET ") and ("/resolve/" in one.line or "/cdn/" in one.line)
        ]

    def pause(self, fault: Fault) -> None:
        time.sleep(fault.delay_s)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_about: object) -> None:
        """Clients that hang up are no news."""


def _blob(name: str, data: bytes) -> Blob:
    return Blob(data=data, lfs=name.replace("__", ".").endswith(LFS_SUFFIXES))

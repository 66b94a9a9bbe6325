"""What the loopback Hub answers: faults, access, metadata and files; uploads by a mixin."""

from __future__ import annotations

import json
import re
import time
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub import listing
from tests.hub.loopback import Blob, Fault, Hub, Kind, Logged, Repo
from tests.hub.uploads import Uploads

_KIND = r"/api/(?P<kinds>models|datasets)"
_ID = r"(?P<repo_id>[\w.-]+(?:/[\w.-]+)?)"
_REV = r"(?P<revision>[^/]+)"
_PRE = r"/(?P<prefix>(?:datasets|spaces)/)?"


class Handler(Uploads, BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    hub: ClassVar[Hub]
    to_cdn: ClassVar[bool]

    def log_message(self, *_about: object) -> None:
        """The log is the Hub's."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        self.route, self.query = unquote(url.path), parse_qs(url.query)
        line = f"{self.command} {self.route}"
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.log.append(Logged(line, url.query, headers, self.to_cdn))
        self.fault = self._fault(line)
        if self.fault.take is not None:
            self.rfile.read(self.fault.take)
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.body = self._read_body()
        self.user = self.hub.tokens.get((self.headers.get("Authorization") or "")[7:])
        if self.fault.then is not None:
            self.fault.then()
        time.sleep(self.fault.delay_s)
        if self.fault.status is not None:
            self.error(self.fault.status, self.fault.code, self.fault.message)
            return
        for methods, pattern, name in _ROUTES:
            found = re.fullmatch(pattern, self.route)
            if self.command in methods.split() and found:
                try:
                    getattr(self, name)(**found.groupdict())
                except OSError:  # the client went away
                    self.close_connection = True
                except Exception as error:  # noqa: BLE001
                    # A status from 500 on would be taken for a busy server.
                    self.error(400, "", f"bug in the test hub: {error!r}")
                return
        self.error(404, "NotFound", "no such endpoint")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def _fault(self, line: str) -> Fault:
        for fault in self.hub.faults:
            if fault.times > 0 and re.search(fault.match, line):
                fault.times -= 1
                return fault
        return Fault("")

    def _read_body(self) -> bytes:
        if "chunked" not in (self.headers.get("Transfer-Encoding") or ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    # ------------------------------------------------------------------------ sending

    def send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        named = {"Content-Length": str(len(body)), **(headers or {}), **self.fault.headers}
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        fault = self.fault
        if fault.flip is not None and fault.flip < len(body):
            changed = bytes([body[fault.flip] ^ 1])
            body = body[: fault.flip] + changed + body[fault.flip + 1 :]
        self._write(body if fault.cut is None else body[: fault.cut])
        if fault.cut is not None and fault.cut < len(body):
            self.close_connection = True
            self.connection.shutdown(2)

    def _write(self, body: bytes) -> None:
        speed = self.fault.bytes_per_s
        piece = len(body) or 1 if speed is None else max(1, int(speed / 20))
        for start in range(0, len(body), piece):
            self.wfile.write(body[start : start + piece])
            self.wfile.flush()
            if speed is not None:
                time.sleep(piece / speed)

    def json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        kind = {"Content-Type": "application/json"}
        self.send(status, json.dumps(value).encode(), kind | (headers or {}))

    def error(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        said = {"X-Error-Code": code, "X-Error-Message": message}
        self.json({"error": message}, status, said | (headers or {}))

    # ------------------------------------------------------------------------- access

    def repo(
        self, kind: Kind, repo_id: str, write: bool = False, content: bool = False
    ) -> Repo | None:
        """The repository; None after the error that the real Hub gives."""
        if self.headers.get("Authorization") and self.user is None:
            self.error(401, "", "Invalid credentials in Authorization header")
            return None
        repo, name = self.hub.repos.get((kind, repo_id)), self._user_name()
        mine = repo_id.split("/")[0] in self._spaces()
        if repo is None or (repo.private and not (mine or name in repo.allowed)):
            self.error(404 if self.user else 401, "RepoNotFound", "Repository not found")
        elif write and self.user is None:
            self.error(401, "", "Invalid username or password.")
        elif write and not (mine and self.user["role"] == "write"):
            self.error(403, "", "You don't have the rights to write to this repository")
        elif content and repo.gated and not (mine or name in repo.allowed):
            self._refuse(repo, name)
        else:
            return repo
        return None

    def _refuse(self, repo: Repo, name: str | None) -> None:
        said = {
            "awaiting": f"Your request to access model {repo.id} is awaiting a review from the "
            "repo authors.",
            "rejected": f"Your request to access model {repo.id} has been rejected by the repo's "
            "authors.",
        }.get(
            repo.requests.get(name or "", ""),
            f"Access to model {repo.id} is restricted and you are not in the authorized list. "
            f"Visit {self.hub.url}/{repo.id} to ask for access.",
        )
        self.error(403 if self.user else 401, "GatedRepo", said)

    def _user_name(self) -> str | None:
        return self.user["name"] if self.user else None

    def _spaces(self) -> list[str]:
        """Owners for whom the user may write."""
        return [self.user["name"], *self.user["orgs"]] if self.user else []

    def _files(
        self, kind: Kind, repo_id: str, revision: str, content: bool = False
    ) -> tuple[Repo, str, dict[str, Blob]] | None:
        repo = self.repo(kind, repo_id, content=content)
        if repo is None:
            return None
        sha = repo.resolve(unquote(revision))
        if sha is None:
            self.error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return repo, sha, repo.commits[sha]

    # ----------------------------------------------------------------------- metadata

    def list_repos(self, kinds: str) -> None:
        if self.headers.get("Authorization") and self.user is None:
            self.error(401, "", "Invalid credentials in Authorization header")
            return
        rows = listing.chosen(self.hub, _kind(kinds), self._spaces(), self.query)
        start = int(self.query.get("cursor", ["0"])[0])
        size = min(int(self.query.get("limit", [self.hub.page])[0]), self.hub.page)
        head = {}
        if start + size < len(rows):
            again = listing.query_text(self.query, start + size)
            head["Link"] = f'<{self.hub.url}{self.route}?{again}>; rel="next"'
        full = any(key in self.query for key in ("full", "config", "expand"))
        page = [listing.info(repo, full=full) for repo in rows[start : start + size]]
        self.json(page, headers=head)

    def repo_info(self, kinds: str, repo_id: str, revision: str = "main") -> None:
        if found := self._files(_kind(kinds), repo_id, revision):
            repo, sha, _files = found
            self.json(listing.info(repo, sha, blobs="blobs" in self.query))

    def tree(self, kinds: str, repo_id: str, revision: str, path: str | None = None) -> None:
        if found := self._files(_kind(kinds), repo_id, revision):
            _repo, sha, files = found
            deep = self.query.get("recursive", [""])[0].lower() in ("true", "1")
            below = (path or "").strip("/")
            rows = listing.tree(files, below, deep)
            if below and not rows:
                head = {"X-Repo-Commit": sha}
                self.error(404, "EntryNotFound", f"{below} does not exist", head)
                return
            self.json(rows)

    def paths_info(self, kinds: str, repo_id: str, revision: str) -> None:
        if found := self._files(_kind(kinds), repo_id, revision):
            _repo, _sha, files = found
            is_json = self.body[:1] == b"{"
            asked = json.loads(self.body) if is_json else parse_qs(self.body.decode())
            paths = [path for path in asked.get("paths", []) if path in files]
            self.json([listing.file_info(path, files[path]) for path in paths])

    def refs(self, kinds: str, repo_id: str) -> None:
        if repo := self.repo(_kind(kinds), repo_id):
            heads, converts = [], []
            for name, sha in repo.refs.items():
                is_branch = not name.startswith("refs/")
                ref = f"refs/heads/{name}" if is_branch else name
                row = {"name": name, "ref": ref, "targetCommit": sha}
                (heads if is_branch else converts).append(row)
            self.json({"branches": heads, "tags": [], "converts": converts})

    def auth_check(self, kinds: str, repo_id: str, write: str | None = None) -> None:
        if self.repo(_kind(kinds), repo_id, write=bool(write), content=True):
            self.send(200)

    def whoami(self) -> None:
        if self.user is None:
            self.error(401, "", "Invalid user token.")
            return
        name, role = self.user["name"], self.user["role"]
        orgs = [{"type": "org", "name": org} for org in self.user["orgs"]]
        token = {"displayName": "test", "role": role}
        self.json(
            {
                "type": "user", "id": "1", "name": name, "fullname": name, "orgs": orgs,
                "auth": {"type": "access_token", "accessToken": token},
            }
        )  # fmt: skip

    # ------------------------------------------------------------------------- files

    def resolve(self, repo_id: str, revision: str, path: str, prefix: str | None = None) -> None:
        kind: Kind = "dataset" if prefix == "datasets/" else "model"
        found = self._files(kind, repo_id, revision, content=True)
        if found is None:
            return
        _repo, sha, files = found
        blob = files.get(path)
        head = {"X-Repo-Commit": sha}
        if blob is None:
            self.error(404, "EntryNotFound", "Entry not found", head)
        elif blob.lfs:
            self.hub.lfs[blob.sha256] = blob
            head |= {
                "Location": f"{self.hub.cdn_url}/cdn/{blob.sha256}?signature=secret",
                "X-Linked-Size": str(blob.size),
                "X-Linked-Etag": f'"{blob.sha256}"',
                "ETag": f'"{blob.oid}"',
                "Accept-Ranges": "bytes",
            }
            self.send(302, headers=head)
        else:
            self._content(blob, {**head, "ETag": f'"{blob.oid}"'})

    def cdn(self, sha: str) -> None:
        blob = self.hub.lfs.get(sha)
        if blob is None:
            self.error(404, "", "no such object")
        else:
            self._content(blob, {"ETag": f'"{sha}"'})

    def _content(self, blob: Blob, headers: dict[str, str]) -> None:
        kind = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        headers = kind | headers
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if self.command == "HEAD":
            self.send(200, headers={**headers, "Content-Length": str(blob.size)})
        elif not asked or not self.hub.ranges:
            self.send(200, blob.read(0, blob.size), headers)
        elif int(asked[1]) >= blob.size:
            self.send(416, headers={"Content-Range": f"bytes */{blob.size}"})
        else:
            start, last = int(asked[1]), min(int(asked[2] or blob.size), blob.size - 1)
            headers["Content-Range"] = f"bytes {start}-{last}/{blob.size}"
            self.send(206, blob.read(start, last + 1), headers)


def _kind(kinds: str) -> Kind:
    return "dataset" if kinds == "datasets" else "model"


_ROUTES = [
    ("GET", _KIND, "list_repos"),
    ("GET", rf"{_KIND}/{_ID}/revision/(?P<revision>.+)", "repo_info"),
    ("GET", rf"{_KIND}/{_ID}/tree/{_REV}(?P<path>/.*)?", "tree"),
    ("POST", rf"{_KIND}/{_ID}/paths-info/{_REV}", "paths_info"),
    ("GET", rf"{_KIND}/{_ID}/refs", "refs"),
    ("GET", rf"{_KIND}/{_ID}/auth-check(?P<write>/write)?", "auth_check"),
    ("POST", rf"{_KIND}/{_ID}/preupload/{_REV}", "preupload"),
    ("POST", rf"{_KIND}/{_ID}/commit/{_REV}", "commit"),
    ("GET", rf"{_KIND}/{_ID}", "repo_info"),
    ("GET", r"/api/whoami-v2", "whoami"),
    ("POST", r"/api/repos/create", "create"),
    ("POST", r"/api/validate-yaml", "validate_yaml"),
    ("POST", r"/lfs-verify", "lfs_verify"),
    ("POST", rf"{_PRE}{_ID}\.git/info/lfs/objects/batch", "lfs_batch"),
    ("PUT", r"/lfs/(?P<sha>\w{64})", "lfs_put"),
    ("GET HEAD", r"/cdn/(?P<sha>\w{64})", "cdn"),
    ("GET HEAD", rf"{_PRE}{_ID}/resolve/{_REV}/(?P<path>.+)", "resolve"),
]

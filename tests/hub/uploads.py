"""How the loopback Hub takes new repositories and commits, the classic way with LFS."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.hub.loopback import LFS_SUFFIXES, Blob, Kind, Repo

if TYPE_CHECKING:
    from tests.hub.handler import Handler

_LARGE_BYTES = 10_000_000


class Uploads:
    """The part of a handler that writes."""

    def create(self: Handler) -> None:
        asked = json.loads(self.body)
        kind: Kind = asked.get("type") or "model"
        if self.user is None:
            self.error(401, "", "Invalid username or password.")
            return
        space = asked.get("organization") or self.user["name"]
        repo_id = f"{space}/{asked['name']}"
        if self.user["role"] != "write" or space not in self._spaces():
            self.error(403, "", "You don't have the rights to create a model under this namespace")
            return
        url = f"{self.hub.url}/{'' if kind == 'model' else f'{kind}s/'}{repo_id}"
        if (kind, repo_id) in self.hub.repos:
            self.json({"error": "You already created this repo", "url": url}, 409)
            return
        private = asked.get("visibility") == "private" or bool(asked.get("private"))
        repo = self.hub.repos[kind, repo_id] = Repo(repo_id, kind, private=private)
        attributes = Blob(data=b"*.safetensors filter=lfs\n")
        repo.commit({".gitattributes": attributes}, "initial commit")
        self.json({"url": url, "name": repo_id, "id": "1"})

    def validate_yaml(self: Handler) -> None:
        content = json.loads(self.body)["content"]
        errors = [{"message": f"{said} is wrong"} for said in self.hub.refused if said in content]
        self.json({"errors": errors, "warnings": []}, 400 if errors else 200)

    def preupload(self: Handler, kinds: str, repo_id: str, revision: str) -> None:
        kind: Kind = "dataset" if kinds == "datasets" else "model"
        repo = self.repo(kind, repo_id, write=True)
        if repo is None:
            return
        files = repo.commits[repo.resolve(unquote(revision)) or repo.refs["main"]]
        answers = []
        for asked in json.loads(self.body)["files"]:
            path = asked["path"]
            large = path.endswith(LFS_SUFFIXES) or asked["size"] > _LARGE_BYTES
            answers.append(
                {
                    "path": path,
                    "uploadMode": "lfs" if large else "regular",
                    "shouldIgnore": False,
                    "oid": files[path].etag if path in files else None,
                }
            )
        self.json({"files": answers})

    def lfs_batch(self: Handler, repo_id: str, prefix: str | None = None) -> None:
        kind: Kind = "dataset" if prefix == "datasets/" else "model"
        if self.repo(kind, repo_id, write=True) is None:
            return
        objects = []
        for one in json.loads(self.body)["objects"]:
            oid = one["oid"]
            places = {
                "upload": {"href": f"{self.hub.cdn_url}/lfs/{oid}"},
                "verify": {"href": f"{self.hub.url}/lfs-verify"},
            }
            actions = {} if oid in self.hub.lfs else {"actions": places}
            objects.append({"oid": oid, "size": one["size"], **actions})
        self.json({"transfer": "basic", "objects": objects})

    def lfs_put(self: Handler, sha: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != sha:
            self.error(400, "", "content does not match its oid")
            return
        self.hub.lfs[sha] = Blob(data=self.body, lfs=True)
        self.send(200, headers={"ETag": f'"{sha}"'})

    def lfs_verify(self: Handler) -> None:
        self.json({})

    def commit(self: Handler, kinds: str, repo_id: str, revision: str) -> None:
        kind: Kind = "dataset" if kinds == "datasets" else "model"
        repo = self.repo(kind, repo_id, write=True)
        if repo is None:
            return
        revision = unquote(revision)
        before = repo.resolve(revision) or repo.refs["main"]
        files, title = dict(repo.commits[before]), ""
        for line in self.body.split(b"\n"):
            if not line:
                continue
            operation = json.loads(line)
            key, value = operation["key"], operation["value"]
            if key == "header":
                title = value["summary"]
                if value.get("parentCommit") not in (None, before):
                    self.error(412, "", "A commit has happened since")
                    return
            elif key == "file":
                files[value["path"]] = Blob(data=base64.b64decode(value["content"]))
            elif key == "lfsFile":
                if value["oid"] not in self.hub.lfs:
                    self.error(400, "", f"LFS object {value['oid']} was not uploaded")
                    return
                files[value["path"]] = self.hub.lfs[value["oid"]]
            elif key == "deletedFile":
                files.pop(value["path"], None)
            elif key == "deletedFolder":
                below = value["path"].rstrip("/") + "/"
                files = {path: blob for path, blob in files.items() if not path.startswith(below)}
        sha = repo.commit(files, title, revision)
        url = f"{self.hub.url}/{repo_id}/commit/{sha}"
        self.json({"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": ""})

"""What the loopback Hub says of its repositories."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.hub.loopback import Blob, Hub, Kind, Repo

_NOW = "2026-01-01T00:00:00.000Z"
_UNITS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
Query = Mapping[str, list[str]]


def chosen(hub: Hub, kind: Kind, spaces: list[str], query: Query) -> list[Repo]:
    """The repositories that a listing shows, in its order."""

    def one(key: str) -> str | None:
        return query.get(key, [None])[0]

    rows = [repo for (of, _id), repo in hub.repos.items() if of == kind]
    rows = [repo for repo in rows if not repo.private or repo.id.split("/")[0] in spaces]
    if words := (one("search") or "").lower().split():
        rows = [repo for repo in rows if all(word in repo.id.lower() for word in words)]
    if author := one("author"):
        rows = [repo for repo in rows if repo.id.split("/")[0] == author]
    if gated := one("gated"):
        rows = [repo for repo in rows if bool(repo.gated) == (gated.lower() == "true")]
    if span := one("num_parameters"):
        rows = [repo for repo in rows if _within(span, _parameters(repo))]
    for tag in query.get("filter", []) + query.get("pipeline_tag", []):
        rows = [repo for repo in rows if tag in _tags(repo)]
    key = one("sort") or "trendingScore"
    return sorted(rows, key=lambda repo: info(repo, full=False).get(key, 0), reverse=True)


def query_text(query: Query, cursor: int) -> str:
    """The query of a listing's next page."""
    pairs = [(key, value) for key, values in query.items() for value in values if key != "cursor"]
    return "&".join(f"{key}={quote(value)}" for key, value in [*pairs, ("cursor", str(cursor))])


def info(
    repo: Repo, sha: str | None = None, blobs: bool = False, full: bool = True
) -> dict[str, Any]:
    """One repository."""
    sha = sha or repo.refs["main"]
    files = repo.commits[sha]
    said: dict[str, Any] = {
        "_id": "0" * 24, "id": repo.id, "modelId": repo.id, "author": repo.id.split("/")[0],
        "sha": sha, "private": repo.private, "gated": repo.gated, "disabled": False,
        "downloads": 0, "likes": 0, "createdAt": _NOW, "lastModified": _NOW, **repo.meta,
        "tags": sorted(_tags(repo)),
    }  # fmt: skip
    if not full:
        return said
    said["siblings"] = [
        {
            "rfilename": path,
            **({"size": b.size, "blobId": b.oid, **b.lfs_info("sha256")} if blobs else {}),
        }
        for path, b in sorted(files.items())
    ]
    if config := _config(files):
        keys = ("architectures", "model_type", "quantization_config")
        said["config"] = {key: config[key] for key in keys if key in config}
    if counts := _dtypes(files):
        said["safetensors"] = {"parameters": counts, "total": sum(counts.values())}
    return said


def tree(files: Mapping[str, Blob], below: str, deep: bool) -> list[dict[str, Any]]:
    """Files and folders of a folder."""
    prefix = f"{below}/" if below else ""
    rows, folders = [], set()
    for path, blob in sorted(files.items()):
        if not path.startswith(prefix):
            continue
        parts = path[len(prefix) :].split("/")
        for count in range(1, len(parts)):
            if deep or count == 1:
                folders.add(prefix + "/".join(parts[:count]))
        if deep or len(parts) == 1:
            rows.append(file_info(path, blob))
    oids = {folder: hashlib.sha1(folder.encode()).hexdigest() for folder in sorted(folders)}
    heads = [{"type": "directory", "oid": oid, "size": 0, "path": f} for f, oid in oids.items()]
    return heads + rows


def file_info(path: str, blob: Blob) -> dict[str, Any]:
    """One file, as trees have it."""
    return {
        "type": "file", "oid": blob.oid, "size": blob.size, "path": path, **blob.lfs_info("oid"),
    }  # fmt: skip


def _tags(repo: Repo) -> set[str]:
    named = (repo.meta.get("pipeline_tag"), repo.meta.get("library_name"))
    tags = {*repo.meta.get("tags", ()), *(name for name in named if name)}
    if any(path.endswith(".safetensors") for path in repo.files):
        tags.add("safetensors")
    if model_type := _config(repo.files).get("model_type"):
        tags.add(model_type)
    if repo.gated:
        tags.add("gated")
    return tags


def _config(files: Mapping[str, Blob]) -> dict[str, Any]:
    blob = files.get("config.json")
    return _object(blob.read(0, blob.size)) if blob else {}


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object; an empty one where a text is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _dtypes(files: Mapping[str, Blob]) -> dict[str, int]:
    """Parameters by dtype, from the safetensors headers."""
    counts: dict[str, int] = {}
    for path, blob in files.items():
        if not path.endswith(".safetensors"):
            continue
        size = int.from_bytes(blob.read(0, 8), "little")
        for name, tensor in _object(blob.read(8, 8 + size)).items():
            if name != "__metadata__":
                dtype = tensor["dtype"]
                counts[dtype] = counts.get(dtype, 0) + math.prod(tensor["shape"])
    return counts


def _parameters(repo: Repo) -> int:
    return sum(_dtypes(repo.files).values())


def _within(span: str, count: int) -> bool:
    """Whether a count lies in `min:1M,max:2B`."""
    for piece in span.split(","):
        side, _, text = piece.partition(":")
        value = float(text[:-1]) * _UNITS[text[-1]] if text[-1] in _UNITS else float(text)
        if (side == "min" and count < value) or (side == "max" and count > value):
            return False
    return True

"""Content hashes: a result is found again by the hash of all its inputs (design.md, section 4)."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

from act_core.errors import ReferenceNotFoundError
from act_core.remembered import Remembered

_PIECE_BYTES = 8 << 20
_known = Remembered("file_hashes.json", most=20_000)


def content_hash(value: Any) -> str:
    """sha256 (hex) of a value made of dicts, lists, strings, numbers, booleans and None.

    Keys are sorted, so equal content has equal hashes.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def file_sha256(path: Path) -> str:
    """sha256 (hex) of a file, remembered by path, size, modification time and inode.

    Raises:
        ReferenceNotFoundError: The file cannot be read.
    """
    try:
        facts = path.stat()
        return _digest(path.resolve(), facts.st_size, facts.st_mtime_ns, facts.st_ino)
    except OSError as error:
        raise ReferenceNotFoundError(
            f"{path} cannot be read: {error.strerror}.",
            remedy="Check the path and the permissions.",
            detail=repr(error),
        ) from error


@functools.lru_cache(maxsize=4096)
def _digest(path: Path, size_bytes: int, changed_ns: int, inode: int) -> str:
    """The facts beside the path make a changed file another key."""
    key = f"{path}|{size_bytes}|{changed_ns}|{inode}"
    known = _known.get(key)
    if known is not None:
        return known
    digest = read_sha256(path)
    _known.keep(key, digest)
    return digest


def read_sha256(path: Path) -> str:
    """sha256 (hex) of a file, read now: a disk that loses bits leaves size and time as they were.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()

"""Small files, written so that they appear whole or not at all, and the room there is for large."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from act_core.errors import output_error

_OWNER_ALONE = 0o600


def write_whole(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Write a file beside its goal and rename it; text becomes UTF-8 with plain newlines.

    The folder is made if absent. A crash leaves the old content or the new one.

    Args:
        path: The file.
        content: All of it.
        private: Only its owner may read it, from its first byte on; where the system knows that.

    Raises:
        OutputError: It cannot be written.
    """
    write_parts(path, (content,), private=private)


def write_parts(path: Path, parts: Iterable[str | bytes], *, private: bool = False) -> None:
    """`write_whole` for what is too large to hold: each part is written as it comes.

    Raises:
        OutputError: It cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if private:
            partial.unlink(missing_ok=True)  # a rest of other times keeps its permissions
        opener = _open_private if private else None
        with open(partial, "wb", opener=opener) as file:
            for part in parts:
                if isinstance(part, str):
                    # Names of files may hold bytes that are no text (PEP 383).
                    part = part.encode(errors="backslashreplace")
                file.write(part)
        partial.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            raise output_error(error, path) from error
        raise


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, _OWNER_ALONE)


def read_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file of what is known; empty where it is absent, damaged or another.

    For files that only save work: whoever finds nothing computes it again.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def nearest_place(path: Path) -> Path:
    """What is there already of a path and the folders around it."""
    while not path.exists():
        path = path.parent
    return path


def free_bytes(path: Path) -> int:
    """Free bytes of the disk on which a path lies, or would lie.

    Raises:
        OutputError: The disk does not tell.
    """
    place = nearest_place(path)
    try:
        return shutil.disk_usage(place).free
    except OSError as error:
        raise output_error(error, place) from error

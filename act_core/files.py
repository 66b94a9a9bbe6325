"""Writing small files so that they appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from act_core.errors import output_error


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its goal and rename it; text becomes UTF-8 with plain newlines.

    The folder is made if absent. A crash leaves the old content or the new one.

    Raises:
        OutputError: It cannot be written.
    """
    write_parts(path, (content,))


def write_parts(path: Path, parts: Iterable[str | bytes]) -> None:
    """`write_whole` for what is too large to hold: each part is written as it comes.

    Raises:
        OutputError: It cannot be written.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            for part in parts:
                file.write(part.encode() if isinstance(part, str) else part)
        partial.replace(path)
    except OSError as error:
        raise output_error(error, path) from error

"""Writing small files so that they appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

from act_core.errors import output_error


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside its goal and rename it; text becomes UTF-8 with plain newlines.

    The folder is made if absent. A crash leaves the old content or the new one.

    Raises:
        OutputError: It cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise output_error(error, path) from error

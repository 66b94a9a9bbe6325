"""Rows of a file of data; every complaint names the file and the line."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from act_core.abilities.items import Row
from act_core.errors import AbilityDataError

_PAGE_BYTES = 256 << 10


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a file, in their order.

    `.jsonl`, `.csv` and `.tsv` (comma, semicolon or tab), `.parquet`, and `.txt` (one `text` per
    paragraph; blank lines stand between) are read.

    Raises:
        AbilityDataError: No such file, a format that is not known, not UTF-8, or a line that is not
            valid (its number is named).
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise AbilityDataError(
            f"{path} is of a kind that cannot be read.",
            remedy=f"Use one of {', '.join(_READERS)}.",
        )
    try:
        yield from reader(path)
    except OSError as error:
        raise AbilityDataError(
            f"{path} cannot be read: {error.strerror or error}.",
            remedy="Check the path and the permissions.",
            detail=repr(error),
        ) from error


def _jsonl(path: Path) -> Iterator[Row]:
    """Lines end at "\\n" only: text may hold U+2028 and other characters that look like ends."""
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            line = _decoded(raw, path, f"line {number}").removeprefix("\ufeff").strip()
            if not line:
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise _bad_line(path, number, f"is not valid JSON ({error})") from error
            if not isinstance(row, dict):
                raise _bad_line(path, number, "is not a JSON object")
            yield row


def _csv(path: Path) -> Iterator[Row]:
    text = _decoded(path.read_bytes(), path, "the file").removeprefix("\ufeff")
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                raise _bad_line(path, reader.line_num, "has not as many fields as the first line")
            yield row
    except csv.Error as error:
        raise _bad_line(path, reader.line_num, f"is not valid CSV ({error})") from error


def _parquet(path: Path) -> Iterator[Row]:
    yield from parquet_rows(path, path)


def parquet_rows(source: Any, path: Path, batch_rows: int = 4096) -> Iterator[Row]:
    """The rows of a Parquet file, read page by page.

    Args:
        source: What pyarrow opens: a path, or an open file that can seek.
        path: Name of the file, for complaints.
        batch_rows: So many are read at once.

    Raises:
        AbilityDataError: It is no such file.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        # Otherwise all rows of a group, or of the file, would be read before the first one comes.
        with pyarrow.parquet.ParquetFile(source, buffer_size=_PAGE_BYTES, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=batch_rows, use_threads=False):
                yield from batch.to_pylist()
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        raise AbilityDataError(
            f"{path} is not a valid Parquet file.",
            remedy="Fetch or write the file again.",
            detail=repr(error),
        ) from error


def _paragraphs(path: Path) -> Iterator[Row]:
    text = _decoded(path.read_bytes(), path, "the file").removeprefix("\ufeff")
    for paragraph in re.split(r"\r?\n[ \t]*(?:\r?\n[ \t]*)+", text):
        if paragraph.strip():
            yield {"text": paragraph.strip("\r\n")}


def _decoded(raw: bytes, path: Path, where: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise AbilityDataError(
            f"{path} is not UTF-8 text ({where}, byte {error.start}).",
            remedy="Save the file as UTF-8.",
        ) from error


def _bad_line(path: Path, number: int, what: str) -> AbilityDataError:
    return AbilityDataError(f"Line {number} of {path} {what}.", remedy="Correct or remove it.")


_READERS = {
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
    ".txt": _paragraphs,
}

"""Rows of data from files and built-in sets; every complaint names the file and the line."""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from act_core.abilities.items import Row
from act_core.abilities.templates import unknown_field
from act_core.errors import AbilityDataError
from act_core.recipe import Source
from act_core.resources import resource_path

SplitName = Literal["calibration", "heldout"]


def read_rows(source: Source, split: SplitName) -> list[Row]:
    """The rows of a source that its filter lets through, in their order.

    A row without `id` gets one from its file and number. `.jsonl`, `.csv` (comma, semicolon or
    tab), `.parquet`, and `.txt` (one `text` per paragraph; blank lines stand between) are read.

    Args:
        source: File or built-in set, and the filter.
        split: Which file of a built-in set.

    Raises:
        AbilityDataError: No such file or set, a format that is not known, empty, not UTF-8, a line
            that is not valid (its number is named), a filter on a field that no row has, or no
            row left after the filter.
    """
    path = source.file if source.file is not None else _builtin(str(source.builtin), split)
    kept: list[Row] = []
    fields: set[str] = set()
    for number, row in enumerate(_rows(path), 1):
        fields.update(row)
        if all(name in row and _same(row[name], value) for name, value in source.where.items()):
            kept.append(row if "id" in row else {"id": f"{path.stem}-{number}", **row})
    if not fields:
        raise AbilityDataError(f"{path} has no rows.", remedy="Choose a file with data in it.")
    for name in source.where:
        if name not in fields:
            raise unknown_field(name, fields, where=f"The filter on {path.name}")
    if not kept:
        wanted = ", ".join(f"{name} = {value}" for name, value in source.where.items())
        raise AbilityDataError(
            f"No row of {path} has {wanted}.", remedy="Change or remove the filter."
        )
    return kept


def builtin_names() -> tuple[str, ...]:
    """Names of the built-in sets."""
    folder = resource_path("abilities")
    return tuple(sorted(p.name for p in folder.iterdir() if (p / "heldout.jsonl").is_file()))


def _builtin(name: str, split: SplitName) -> Path:
    names = builtin_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}."
        raise AbilityDataError(f"There is no built-in set {name}.", remedy=hint)
    return resource_path("abilities", name, f"{split}.jsonl")


def _same(value: Any, wanted: str | int | bool) -> bool:
    """Equal, or written the same where a file knows text only; true and 1 are not the same."""
    if isinstance(value, str) and not isinstance(wanted, str):
        return value.strip().casefold() == str(wanted).casefold()
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _rows(path: Path) -> Iterator[Row]:
    readers = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet, ".txt": _paragraphs}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise AbilityDataError(
            f"{path} is of a kind that cannot be read.",
            remedy=f"Use one of {', '.join(readers)}.",
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
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=4096):
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

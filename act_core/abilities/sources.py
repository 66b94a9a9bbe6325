"""Rows of data from files, built-in sets and data sets of the Hub."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from act_core.abilities.hub_source import local_files
from act_core.abilities.items import Row
from act_core.abilities.rows import rows_of
from act_core.abilities.templates import unknown_field
from act_core.errors import AbilityDataError
from act_core.recipe import Source
from act_core.resources import resource_path

SplitName = Literal["calibration", "heldout"]


def read_rows(source: Source, split: SplitName) -> list[Row]:
    """The rows of a source that its filter lets through, in their order.

    A row without `id` gets one from its file, or its data set, and number.

    Args:
        source: File, built-in set or split of a data set, and the filter.
        split: Which file of a built-in set.

    Raises:
        AbilityDataError: As `rows_of`; no such set, or a data set that is not on this computer;
            empty, a filter on a field that no row has, or no row left after the filter.
    """
    title = str(source.file or source.builtin or source.hub)
    first, last = source.rows or (0, None)
    kept: list[Row] = []
    fields: set[str] = set()
    for number, row in enumerate(itertools.islice(_rows(source, split), first, last), first + 1):
        fields.update(row)
        if all(name in row and _same(row[name], value) for name, value in source.where.items()):
            kept.append(row if "id" in row else {"id": f"{_stem(source, split)}-{number}", **row})
    if not fields and source.rows is not None:
        raise AbilityDataError(
            f"{title} has no rows from number {first + 1} on.", remedy="Choose earlier rows."
        )
    if not fields:
        raise AbilityDataError(f"{title} has no rows.", remedy="Choose a file with data in it.")
    for name in source.where:
        if name not in fields:
            raise unknown_field(name, fields, where=f"The filter on {Path(title).name}")
    if not kept:
        wanted = ", ".join(f"{name} = {value}" for name, value in source.where.items())
        raise AbilityDataError(
            f"No row of {title} has {wanted}.", remedy="Change or remove the filter."
        )
    return kept


def builtin_names() -> tuple[str, ...]:
    """Names of the built-in sets."""
    folder = resource_path("abilities")
    return tuple(sorted(p.name for p in folder.iterdir() if (p / "heldout.jsonl").is_file()))


def _rows(source: Source, split: SplitName) -> Iterator[Row]:
    if source.hub is not None:
        for path in local_files(source):
            yield from rows_of(path)
    else:
        yield from rows_of(source.file or _builtin(str(source.builtin), split))


def _stem(source: Source, split: SplitName) -> str:
    if source.hub is not None:
        return f"{source.hub.partition('@')[0].rpartition('/')[2]}-{source.split}"
    return source.file.stem if source.file is not None else split


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

"""One file, or pasted text, as the two splits of an ability: seeded halves, each a file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from act_core.abilities.items import Row, items_of
from act_core.abilities.sources import read_rows
from act_core.abilities.split import normalised
from act_core.errors import AbilityDataError
from act_core.files import write_whole
from act_core.recipe import Source


@dataclass(frozen=True, slots=True)
class Division:
    """Two files that share no item.

    Attributes:
        calibration, heldout: The files.
        calibration_rows, heldout_rows: How many rows each holds.
        repeated_rows: Rows that say what another row of the same file says.
    """

    calibration: Path
    heldout: Path
    calibration_rows: int
    heldout_rows: int
    repeated_rows: int


def divide_file(path: Path, folder: Path, name: str, seed: int) -> Division:
    """Deal the rows of a file into two new files; rows that say the same stay together.

    Args:
        path: What `read_rows` reads.
        folder: Where the files go.
        name: What their names begin with; a file that exists is not written over.
        seed: Of the deal.

    Raises:
        AbilityDataError: It cannot be read, or holds fewer than two different items.
        OutputError: The files cannot be written.
    """
    return _divided(read_rows(Source(file=path), "calibration"), folder, name, seed)


def divide_text(text: str, folder: Path, name: str, seed: int) -> Division:
    """Deal pasted text, as JSON lines or as paragraphs, into two files; as `divide_file`."""
    return _divided(rows_of_text(text), folder, name, seed)


def rows_of_text(text: str) -> list[Row]:
    """Rows of pasted text: JSON lines where the first line is an object, else one a paragraph.

    Raises:
        AbilityDataError: Nothing is there, or a line is not a JSON object.
    """
    if text.lstrip().startswith("{"):
        lines = enumerate(text.split("\n"), 1)
        return [_json_row(line, number) for number, line in lines if line.strip()]
    rows: list[Row] = [
        {"text": part.strip("\r\n")}
        for part in re.split(r"\r?\n[ \t]*(?:\r?\n[ \t]*)+", text)
        if part.strip()
    ]
    if not rows:
        raise AbilityDataError("Nothing was pasted.", remedy="Paste paragraphs or JSON lines.")
    return rows


def _json_row(line: str, number: int) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise AbilityDataError(
            f"Line {number} of the text is not valid JSON ({error}).",
            remedy="Correct or remove it.",
        ) from error
    if not isinstance(row, dict):
        raise AbilityDataError(
            f"Line {number} of the text is not a JSON object.", remedy="Correct or remove it."
        )
    return row


def _divided(rows: Sequence[Row], folder: Path, name: str, seed: int) -> Division:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_said(row), []).append(row)
    if len(groups) < 2:
        raise AbilityDataError(
            f"There {'is' if len(groups) == 1 else 'are'} {len(groups)} different "
            f"{'item' if len(groups) == 1 else 'items'}; two splits need at least two.",
            remedy="Give more items: some to localize with, others to measure on.",
        )
    keys = list(groups)
    order = np.random.default_rng(seed).permutation(len(keys))
    half = (len(keys) + 1) // 2
    sides = [
        [row for index in sorted(chosen.tolist()) for row in groups[keys[index]]]
        for chosen in (order[:half], order[half:])
    ]
    paths = _free_paths(folder, name)
    for path, side in zip(paths, sides, strict=True):
        lines = (json.dumps(dict(row), ensure_ascii=False, default=str) for row in side)
        # A lone surrogate, which JSON can escape, is no text.
        write_whole(path, "".join(line + "\n" for line in lines).encode("utf-8", "replace"))
    return Division(*paths, len(sides[0]), len(sides[1]), len(rows) - len(groups))


def _said(row: Row) -> str:
    """What decides whether two rows say the same, before there is a template."""
    try:
        (item,) = items_of([row], None)
    except AbilityDataError:
        fields = {key: value for key, value in row.items() if key != "id"}
        return normalised(json.dumps(fields, ensure_ascii=False, sort_keys=True, default=str))
    return normalised(item.text)


def _free_paths(folder: Path, name: str) -> tuple[Path, Path]:
    """`NAME_calib.jsonl` and `NAME_heldout.jsonl`, with a number where one exists."""
    number = 1
    while True:
        stem = name if number == 1 else f"{name}-{number}"
        paths = folder / f"{stem}_calib.jsonl", folder / f"{stem}_heldout.jsonl"
        if not any(path.exists() for path in paths):
            return paths
        number += 1

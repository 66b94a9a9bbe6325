"""The mask library: a folder of mask files with names that people gave."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from act_core.errors import ErrorRecord, MaskError, output_error
from act_core.localize.masks import Mask, load_mask, save_mask
from act_core.models.channels import ChannelLayout

SUFFIX = ".safetensors"
_NAME = re.compile(r"[\w][\w .+-]{0,62}", re.UNICODE)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One file of a library.

    Attributes:
        path: The file.
        mask: What it holds, or None where it cannot be used.
        error: Why it cannot be used.
    """

    path: Path
    mask: Mask | None = field(default=None, repr=False)
    error: ErrorRecord | None = None

    @property
    def name(self) -> str:
        """The name that it goes by."""
        return self.path.stem

    @property
    def note(self) -> str:
        """What a person wrote about it."""
        return self.mask.facts.get("note", "") if self.mask else ""


def read_library(folder: Path, layout: ChannelLayout) -> tuple[Entry, ...]:
    """All masks of a folder, by name. A damaged file is told and left alone."""
    return tuple(
        _entry(path, layout)
        for path in sorted(folder.glob(f"*{SUFFIX}"), key=lambda p: p.stem.casefold())
    )


def path_of(folder: Path, name: str) -> Path:
    """Where a mask of this name lies.

    Raises:
        MaskError: The name cannot be the name of a file everywhere.
    """
    if not _NAME.fullmatch(name) or name != name.strip() or name.endswith("."):
        raise MaskError(
            f'"{name}" cannot be the name of a mask.',
            remedy="Use letters, digits, spaces, and . _ + - (at most 63).",
        )
    return folder / f"{name}{SUFFIX}"


def free_name(folder: Path, wish: str) -> str:
    """`wish`, or with the first number behind it that no file has yet."""
    taken = {path.stem.casefold() for path in folder.glob(f"*{SUFFIX}")}
    name, number = wish, 1
    while name.casefold() in taken:
        number += 1
        name = f"{wish} {number}"
    return name


def keep(mask: Mask, folder: Path, name: str, facts: Mapping[str, str]) -> Path:
    """Write a mask under a new name, with these facts added to its own.

    Raises:
        MaskError: The name is not allowed or taken.
        OutputError: It cannot be written.
    """
    path = _free(folder, name)
    save_mask(replace(mask, facts={**mask.facts, **facts}), path)
    return path


def rename(path: Path, name: str) -> Path:
    """Give a mask file another name, damaged or not.

    Raises:
        MaskError: The name is not allowed or taken.
        OutputError: It cannot be renamed.
    """
    goal = path_of(path.parent, name)
    if goal == path:
        return path
    if path.stem.casefold() != name.casefold():
        _free(path.parent, name)
    try:
        return path.rename(goal)
    except OSError as error:
        raise output_error(error, goal) from error


def set_note(path: Path, layout: ChannelLayout, note: str) -> None:
    """Write a person's note into a mask's facts.

    Raises:
        MaskError: The file cannot be used.
        OutputError: It cannot be written.
    """
    mask = load_mask(path, layout)
    facts = {key: value for key, value in mask.facts.items() if key != "note"}
    save_mask(replace(mask, facts={**facts, "note": note} if note else facts), path)


def remove(path: Path) -> None:
    """Delete a mask file.

    Raises:
        OutputError: It cannot be deleted.
    """
    try:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
    except OSError as error:
        raise output_error(error, path) from error


def copy_in(source: Path, folder: Path, layout: ChannelLayout) -> Path:
    """Bring a mask file from elsewhere into the library, under its name or the next free one.

    Raises:
        MaskError: It cannot be used with this model.
        OutputError: It cannot be written.
    """
    mask = load_mask(source, layout)
    wish = re.sub(r"[^\w .+-]", "-", source.stem).strip(" .-")[:56] or "mask"
    return keep(mask, folder, free_name(folder, wish), {})


def _entry(path: Path, layout: ChannelLayout) -> Entry:
    try:
        return Entry(path, load_mask(path, layout))
    except MaskError as error:
        return Entry(path, error=error.record())


def _free(folder: Path, name: str) -> Path:
    path = path_of(folder, name)
    if name.casefold() in {there.stem.casefold() for there in folder.glob(f"*{SUFFIX}")}:
        raise MaskError(
            f"There is a mask named {name} already.",
            remedy="Choose another name, or delete the other mask first.",
        )
    return path

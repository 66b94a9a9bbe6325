"""Where an export lies: refused before anything is written, made beside, put in place at once.

`NAME.partial` is the export in the making, `NAME.replaced` the old one for the moment of the
exchange, and `NAME.partial.lock` marks both as ours: whoever finds it unlocked has found the rest
of a crash. At any moment `NAME` is absent or whole.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from act_core.cancel import CancelToken
from act_core.errors import DiskFullError, OutputError, output_error
from act_core.files import free_bytes, nearest_place
from act_core.models.reference import Model
from act_core.transfer.files import RECIPE_NAME
from act_core.transfer.jobs import run_jobs

# For the card, the recipe, the mask and the file system's own tables.
_SPARE_BYTES = 16 << 20


def partial_path(out: Path) -> Path:
    """Where an export is made until it is whole."""
    return out.with_name(f"{out.name}.partial")


def replaced_path(out: Path) -> Path:
    """Where the old export waits while the new one takes its place."""
    return out.with_name(f"{out.name}.replaced")


def check_apart(out: Path, models: Sequence[Model]) -> None:
    """Refuse an output in, at or around a model that is read.

    Raises:
        OutputError: It is.
    """
    goal = out.resolve()
    for model in models:
        # Of a GGUF file's folder nothing else is read: projects and downloads lie beside it.
        alone = model.source == "gguf"
        files = {path if alone else path.parent for path in model.weights.files}
        places = files if alone else {model.folder, *files}
        for folder in sorted(path.resolve() for path in places):
            if goal == folder or goal in folder.parents or folder in goal.parents:
                raise OutputError(
                    f"{out} and the model {folder} lie in each other.",
                    remedy="Choose an output outside the folders of target and specialists.",
                )


def check_name(out: Path, *, overwrite: bool) -> None:
    """Refuse a name that is taken; an empty folder is as good as none.

    Raises:
        OutputError: It is taken, and not by an export that may be replaced.
    """
    old = out
    if not os.path.lexists(out) and replaced_path(out).exists():
        old = replaced_path(out)  # an exchange was cut short
    if not os.path.lexists(old):
        return
    if old.is_symlink() or not old.is_dir():
        raise OutputError(f"{old} exists and is no folder.", remedy="Choose another output.")
    if not any(old.iterdir()):
        return
    if not overwrite:
        raise OutputError(
            f"{old} exists already.",
            remedy="Choose another output, or allow overwriting (--overwrite); the old one stays "
            "until the new one is whole.",
        )
    if not holds_export(old):
        raise OutputError(
            f"{old} is no model folder that was exported, so it is not overwritten.",
            remedy="Choose another output.",
        )


def holds_export(folder: Path) -> bool:
    """Whether a folder is an export, which another one may replace; other models are not ours."""
    return (folder / "config.json").is_file() and (folder / RECIPE_NAME).is_file()


def check_room(out: Path, size_bytes: int) -> int:
    """Free bytes where the output will lie.

    Raises:
        OutputError: The place cannot be written.
        DiskFullError: It is too small, even where the file system might share blocks.
    """
    place = nearest_place(out.parent)
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise OutputError(
            f"{place} is not a folder that can be written.",
            remedy="Choose another output, or get the right to write there.",
        )
    room_bytes = free_bytes(place)
    if lock_path(out).exists():
        room_bytes += _size_of(partial_path(out))  # the rest of a crash, to be removed
    if room_bytes < size_bytes + _SPARE_BYTES:
        raise DiskFullError(
            f"{out} needs {size_bytes + _SPARE_BYTES:,} bytes, {room_bytes:,} are free.",
            remedy="Free some space or choose another disk.",
        )
    return room_bytes


def lock_path(out: Path) -> Path:
    """The file that is locked while an export is made."""
    return out.with_name(f"{out.name}.partial.lock")


@contextmanager
def claimed(out: Path) -> Iterator[Path]:
    """An empty `NAME.partial` for this process alone; gone again unless it was put in place.

    Raises:
        OutputError: It cannot be made, another process is at it, or a folder of that name is not
            the rest of a crash.
    """
    partial, lock = partial_path(out), lock_path(out)
    try:
        if not lock.exists():
            _refuse_strangers(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("a", encoding="utf-8") as stream:
            _lock(stream, out)
            try:
                _recover(out)
                yield from _made(partial)
            finally:
                if not os.path.lexists(partial) and not replaced_path(out).exists():
                    lock.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(error, out) from error


def _made(partial: Path) -> Iterator[Path]:
    partial.mkdir()
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def put_in_place(out: Path) -> None:
    """Give the whole export its name; an old one goes only after that.

    Raises:
        OutputError: It cannot be renamed; then the old one is back.
    """
    replaced = replaced_path(out)
    try:
        if out.is_dir() and not any(out.iterdir()):
            out.rmdir()
        if out.exists():
            out.rename(replaced)
        try:
            partial_path(out).rename(out)
        except OSError:
            if replaced.exists():
                replaced.rename(out)
            raise
        _flush_folder(out.parent)
    except OSError as error:
        raise output_error(error, out) from error
    shutil.rmtree(replaced, ignore_errors=True)


def flush(folder: Path, cancel: CancelToken) -> None:
    """Wait until everything in a folder is on the disk.

    Raises:
        OutputError: The disk reports an error.
        CancelledByPersonError: After a cancel.
    """

    def flush_file(path: Path, _stop: CancelToken) -> None:
        with path.open("r+b") as stream:
            os.fsync(stream.fileno())

    jobs: list[Callable[[CancelToken], None]] = []
    folders = []
    for place, _, names in os.walk(folder):
        folders.append(Path(place))
        jobs += [functools.partial(flush_file, Path(place) / name) for name in names]
    try:
        run_jobs(jobs, cancel, leave=True)
        for each in reversed(folders):
            _flush_folder(each)
    except OSError as error:
        raise output_error(error, folder) from error


def _refuse_strangers(out: Path) -> None:
    """Without a lock, what bears our names is not ours to remove."""
    for path in (partial_path(out), replaced_path(out)):
        if os.path.lexists(path):
            raise OutputError(
                f"{path} exists and was not left by a transfer.",
                remedy="Rename it or choose another output.",
            )


def _recover(out: Path) -> None:
    """Clear up after a crash: put a half-exchanged old export back, remove what is not whole."""
    partial, replaced = partial_path(out), replaced_path(out)
    if partial.is_symlink() or (partial.exists() and not partial.is_dir()):
        raise OutputError(f"{partial} is no folder.", remedy="Remove it or choose another output.")
    if partial.exists():
        shutil.rmtree(partial)
    if replaced.exists():
        if out.exists():
            shutil.rmtree(replaced)
        else:
            replaced.rename(out)


def _lock(stream: TextIO, out: Path) -> None:
    """Windows refuses to delete open files, so there a second process fails by itself."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"Another process is writing {out}.", remedy="Wait for it or choose another output."
        ) from error


def _flush_folder(folder: Path) -> None:
    if sys.platform == "win32":  # folders cannot be flushed there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _size_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*")) if folder.is_dir() else 0

"""Copying one file as cheaply as the file system can: share, copy in the kernel, or in pieces."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import CorruptCheckpointError, output_error

# Small enough that a slow disk still answers a cancel in time.
_STEP_BYTES = 16 << 20
_FICLONE = 0x40049409  # linux/fs.h
_CANNOT = frozenset(
    {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY, errno.EPERM}
)


def copy_file(source: Path, goal: Path, cancel: CancelToken, step: Callable[[int], None]) -> None:
    """Copy a file's content; a link is followed, times and permissions are not taken over.

    Args:
        source: What is read.
        goal: What is written; its folder exists.
        cancel: Polled between pieces.
        step: Told the bytes done since its last call.

    Raises:
        OutputError: `goal` cannot be written.
        CorruptCheckpointError: `source` cannot be read or changes meanwhile.
        CancelledByPersonError: After a cancel.
    """
    try:
        reader = source.open("rb", buffering=0)
    except OSError as error:
        raise CorruptCheckpointError(
            f"{source} cannot be read: {error.strerror}.",
            remedy="Check the permissions, or fetch the model again.",
        ) from error
    with reader:
        size_bytes = os.fstat(reader.fileno()).st_size
        try:
            with goal.open("wb", buffering=0) as writer:
                if _shared(reader, writer):
                    step(size_bytes)
                    return
                done = _copy_in_kernel(reader, writer, size_bytes, cancel, step)
                done += _copy_in_pieces(reader, writer, done, cancel, step)
        except OSError as error:
            raise output_error(error, goal) from error
    if done != size_bytes:
        raise CorruptCheckpointError(
            f"{source} changed while it was copied.",
            remedy="Wait until nothing writes to the target any more, then run again.",
        )


def write_at(stream: FileIO, piece: memoryview, at_bytes: int) -> None:
    """Write every byte of a piece at a place, in one call where there is one."""
    done = 0
    while done < len(piece):
        if sys.platform == "win32":
            stream.seek(at_bytes + done)
            done += stream.write(piece[done:])
        else:
            done += os.pwrite(stream.fileno(), piece[done:], at_bytes + done)


def _shared(reader: FileIO, writer: FileIO) -> bool:
    """Let both files share their blocks until one changes (btrfs, XFS and the like)."""
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
    except OSError as error:
        if error.errno in _CANNOT:
            return False
        raise
    return True


def _copy_in_kernel(
    reader: FileIO,
    writer: FileIO,
    size_bytes: int,
    cancel: CancelToken,
    step: Callable[[int], None],
) -> int:
    """Bytes that the kernel copied without a detour through this process; maybe none."""
    if sys.platform != "linux":
        return 0
    done = 0
    while done < size_bytes:
        cancel.raise_if_cancelled()
        try:
            count = os.copy_file_range(reader.fileno(), writer.fileno(), _STEP_BYTES)
        except OSError as error:
            if error.errno in _CANNOT:
                break
            raise
        if not count:
            break
        done += count
        step(count)
    return done


def _copy_in_pieces(
    reader: FileIO, writer: FileIO, begin: int, cancel: CancelToken, step: Callable[[int], None]
) -> int:
    """Copy the rest through a buffer."""
    buffer = memoryview(bytearray(_STEP_BYTES >> 2))
    reader.seek(begin)
    done = 0
    while count := reader.readinto(buffer):
        cancel.raise_if_cancelled()
        write_at(writer, buffer[:count], begin + done)
        done += count
        step(count)
    return done

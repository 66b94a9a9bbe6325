"""Headers without their files: what is known of weights that are not on this computer.

At the place of `NAME.safetensors` lies `NAME.safetensors.header` instead: 8 bytes with the size
that the file is said to have (little-endian), then the file's own first bytes up to the end of its
header. Whatever reads headers finds and checks them there; whoever reads a weight is told that it
is not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from act_core.errors import WeightsNotHereError
from act_core.files import write_whole

_SIZE_BYTES = 8


def keep_header(file: Path, start: bytes, size_bytes: int) -> None:
    """Keep what a file begins with, up to the end of its header, in place of the file.

    Args:
        file: Where the file itself would lie.
        start: Its first bytes.
        size_bytes: The size that it is said to have.

    Raises:
        OutputError: It cannot be written.
    """
    write_whole(_header_of(file), size_bytes.to_bytes(_SIZE_BYTES, "little") + start)


def is_known(file: Path) -> bool:
    """Whether a file or at least its header is here."""
    return file.is_file() or _header_of(file).is_file()


def known_bytes(file: Path) -> int:
    """The size of a file, or what it is said to be where only its header is here.

    Raises:
        OSError: Neither is here.
    """
    if file.is_file():
        return file.stat().st_size
    with _header_of(file).open("rb") as stream:
        return int.from_bytes(stream.read(_SIZE_BYTES), "little")


@contextmanager
def open_start(file: Path) -> Iterator[tuple[int, BufferedReader]]:
    """The size of a file, and a stream at its first byte; only its header may follow there.

    Raises:
        OSError: Neither the file nor its header can be opened.
    """
    if file.is_file() or not is_known(file):
        with file.open("rb") as stream:
            yield file.stat().st_size, stream
        return
    with _header_of(file).open("rb") as stream:
        yield int.from_bytes(stream.read(_SIZE_BYTES), "little"), stream


def require_weights(file: Path) -> None:
    """Refuse to read from a file of which only the header is here.

    Raises:
        WeightsNotHereError: That is so.
    """
    if not file.is_file() and is_known(file):
        raise WeightsNotHereError(
            f"Of {file.name} only the header is on this computer.",
            remedy="Download the model first.",
        )


def _header_of(file: Path) -> Path:
    return file.with_name(file.name + ".header")

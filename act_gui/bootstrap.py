"""The first steps of `act-gui`, before Qt is imported: what cannot work is explained here.

A start that fails for want of a display, of a system library or of a sound pair of Python and
PySide6 ends with a text on the terminal and the exit code 1, never with Qt's abort.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import act_core
from act_core.environment import prepare_environment

_BROKEN_FROM = (6, 12)
_SOUND_PYTHON = (3, 12)
# Of Qt's plug-in for X11; the last part of each line is Debian's package.
_XCB_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_QT_PACKAGES = "libglib2.0-0 libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3"


class StartError(Exception):
    """The window cannot open; the text says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window.

    Args:
        arguments: Of the command line, without the program's name.

    Returns:
        The exit code.
    """
    given = sys.argv[1:] if arguments is None else arguments
    wanted = parse(given) if given else Wanted()
    if wanted.version:
        sys.stdout.write(f"ACT Studio {act_core.__version__}\n")
        return 0
    prepare_environment()
    try:
        check_pair(sys.version_info[:2], _pyside_version())
        check_display(sys.platform, os.environ)
        run = _import_app()
    except StartError as error:
        sys.stderr.write(f"ACT Studio cannot open its window.\n{error}\n")
        return 1
    return run(wanted.project, wanted.theme, wanted.fresh)


class Wanted(NamedTuple):
    """What the command line says.

    Attributes:
        project: Folder to open.
        theme: For this start only.
        fresh: Settings and layouts are left aside.
        version: Say the version and end.
    """

    project: Path | None = None
    theme: str | None = None
    fresh: bool = False
    version: bool = False


def parse(arguments: Sequence[str]) -> Wanted:
    """Read the command line."""
    import argparse  # most starts have none, and must not wait for it

    parser = argparse.ArgumentParser(prog="act-gui", description="The window of ACT Studio.")
    parser.add_argument("project", nargs="?", type=Path, help="project folder to open")
    parser.add_argument("--theme", choices=("light", "dark", "system"), help="only for this start")
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="start as if for the first time: settings and window layout are left aside",
    )
    parser.add_argument("--version", action="store_true", help="say the version and end")
    return Wanted(**vars(parser.parse_args(arguments)))


def check_pair(python: tuple[int, ...], pyside: str) -> None:
    """Refuse PySide6 6.12 and newer on Python below 3.12.

    There every void call takes one reference from None, until the interpreter aborts. Remove this
    when PySide6 says that it is cured.

    Raises:
        StartError: It is such a pair, or PySide6 is not installed.
    """
    if not pyside:
        raise StartError(
            "PySide6 is not installed.\nInstall it:\n"
            f"    {sys.executable} -m pip install 'PySide6-Essentials>=6.11.2,<6.12'"
        )
    numbers = tuple(int(part) for part in pyside.split(".")[:2] if part.isdigit())
    if python < _SOUND_PYTHON and numbers >= _BROKEN_FROM:
        raise StartError(
            f"PySide6 {pyside} crashes on Python {python[0]}.{python[1]}: it miscounts references "
            "until the program aborts.\nInstall the version before it, or use Python 3.12:\n"
            f"    {sys.executable} -m pip install 'PySide6-Essentials>=6.11.2,<6.12'"
        )


def check_display(system: str, environment: Mapping[str, str]) -> None:
    """See that Qt will find a screen; without one it aborts.

    Raises:
        StartError: There is no screen, or a library that Qt needs for it is missing.
    """
    if system != "linux" or environment.get("QT_QPA_PLATFORM", "xcb").split(":")[0] != "xcb":
        return
    if environment.get("WAYLAND_DISPLAY") and "QT_QPA_PLATFORM" not in environment:
        return
    if not environment.get("DISPLAY"):
        raise StartError(
            "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set.\n"
            "Start it on a desktop, over ssh with -X, or on a virtual screen:\n"
            "    xvfb-run act-gui\n"
            "Everything it does is also on the command line: act --help"
        )
    missing = [name for name in _XCB_LIBRARIES if not _loads(name)]
    if missing:
        packages = " ".join(_XCB_LIBRARIES[name] for name in missing)
        raise StartError(
            f"System libraries for the screen are missing: {', '.join(missing)}.\n"
            f"On Debian and Ubuntu:\n    sudo apt-get install {packages}"
        )


def _import_app() -> Callable[[Path | None, Any, bool], int]:
    try:
        from act_gui.app import run
    except ImportError as error:
        if ".so" not in str(error):
            raise
        raise StartError(
            f"A system library that Qt needs is missing: {error}.\n"
            f"On Debian and Ubuntu:\n    sudo apt-get install {_QT_PACKAGES}"
        ) from error
    return run


def _pyside_version() -> str:
    """Empty where PySide6 is not installed. Its package can be imported without Qt's libraries."""
    try:
        import PySide6
    except ModuleNotFoundError:
        return ""
    return PySide6.__version__


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True

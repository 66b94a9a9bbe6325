"""Where the files shipped with the program lie: demo models, sample abilities, templates."""

from __future__ import annotations

from pathlib import Path

from act_core.errors import ActError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


def resource_path(*parts: str) -> Path:
    """Returns the path of a shipped file or folder.

    Args:
        *parts: Path below the resources folder, e.g. ``"demo", "base"``. No parts: the folder.

    Returns:
        The existing path: in the checkout's ``resources/``, else in ``act_core/_resources``, where
        a wheel carries the same files.

    Raises:
        ActError: Neither place has it, so the installation is incomplete.
    """
    places = [root.joinpath(*parts) for root in _roots()]
    for path in places:
        if path.exists():
            return path
    raise ActError(
        f"Looked for {' and '.join(map(str, places))}.",
        remedy="Install ACT Studio again.",
        title="A file of the program is missing",
    )


def _roots() -> list[Path]:
    """The places to look in, first things first."""
    packaged = _PACKAGE / "_resources"
    # Beside an installed act_core, a folder "resources" would be somebody else's.
    if (_CHECKOUT / "pyproject.toml").is_file():
        return [_CHECKOUT / "resources", packaged]
    return [packaged]

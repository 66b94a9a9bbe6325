"""ACT Studio's core: profile, localize, transfer, verify and evaluate abilities of models."""

from __future__ import annotations

__version__: str

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """The version is looked up when it is asked for: the window must not wait for it."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("act-studio")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0.0.0"

"""Versions of what takes part, for a bug report; nothing is imported to find them out."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = (
    "act-studio",
    "torch",
    "transformers",
    "safetensors",
    "huggingface_hub",
    "tokenizers",
    "numpy",
    "pyarrow",
    "peft",
    "PySide6-Essentials",
    "pyqtgraph",
)


def versions() -> dict[str, str]:
    """Name and version of the system, of Python and of the packages."""
    found = {
        "System": platform.platform(),
        "Machine": platform.machine(),
        "Python": platform.python_version(),
    }
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found

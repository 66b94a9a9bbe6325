"""How the window stood, as one text for the project's file; on any doubt it is as at first."""

from __future__ import annotations

import base64
import binascii

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

_VERSION = 1  # raise it when docks are added or renamed


def layout_text(window: QMainWindow) -> str:
    """Size and place of the window and of its docks."""
    parts = (window.saveGeometry(), window.saveState(_VERSION))
    return ".".join(base64.b64encode(bytes(part.data())).decode("ascii") for part in parts)


def restore_layout(window: QMainWindow, text: str) -> bool:
    """Put window and docks where a text says; False: it says nothing usable."""
    try:
        geometry, state = (
            QByteArray(base64.b64decode(part, validate=True)) for part in text.split(".")
        )
    except (ValueError, binascii.Error):
        return False
    return window.restoreState(state, _VERSION) and window.restoreGeometry(geometry)

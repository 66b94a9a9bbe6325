"""Small facts about this computer that programs find again: texts by keys, in the user's cache."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

_lock = threading.Lock()


class Remembered:
    """A JSON file of texts; one that cannot be read or written only costs time or comfort.

    Args:
        name: Of the file.
        most: How many texts are kept, the newest.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most

    def get(self, key: str) -> str | None:
        """The text of a key; None where nobody knows it."""
        found = self._all().get(key)
        return found if isinstance(found, str) else None

    def keep(self, key: str, text: str) -> None:
        """Remember a text; failures stay silent."""
        path = self._path()
        with _lock:
            known = self._all()
            known.pop(key, None)
            known[key] = text
            kept = dict(list(known.items())[-self._most :])
            partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                partial.write_text(json.dumps(kept), "utf-8")
                partial.replace(path)
            except OSError:
                return

    def _all(self) -> dict[str, object]:
        try:
            known = json.loads(self._path().read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return known if isinstance(known, dict) else {}

    def _path(self) -> Path:
        from platformdirs import user_cache_path  # the window starts without it

        return user_cache_path("act-studio") / self._name

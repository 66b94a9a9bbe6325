"""Names of files from strangers: which ones may be used, on whatever computer."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
# Windows takes these for devices, whatever follows a dot.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)")
_MOST_BYTES = 255


def unsafe_name(name: str) -> str | None:
    """Why a relative path with `/` may not be used; None where it may.

    It must stay inside its folder and mean the same file on Linux, macOS and Windows.
    """
    if name.startswith("/") or ":" in name:
        return "it is absolute"
    if _FORBIDDEN.search(name):
        return "it holds characters that names of files must not have"
    for part in name.split("/"):
        if part in ("", ".", ".."):
            return "it leads outside"
        if _DEVICES.match(part):
            return "it is a device on Windows"
        if part[-1] in ". ":
            return "it ends in a dot or a space"
        if len(part.encode("utf-8", "replace")) > _MOST_BYTES:
            return "it is too long"
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "it holds characters that names of files must not have"
    return None

"""Foreign text made safe for Markdown, HTML and terminals.

Names, paths and error texts come from files of other people: none of their characters may act.
"""

from __future__ import annotations

import html
import re

# Control characters but tab and newline, direction overrides, and surrogates, which UTF-8 refuses.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_MARKDOWN_SPECIAL = re.compile(r"[\\`*\[\]<>|~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_MARKDOWN_START = re.compile(r"^(\d*)([-+#=.)])(?=[-+#=\s]|$)")


def printable(text: str) -> str:
    """The text without characters that steer a terminal or that no file can hold."""
    return _UNPRINTABLE.sub(_REPLACEMENT, text.replace("\r\n", "\n"))


def html_text(text: str) -> str:
    """The text for use between tags and inside quoted attributes."""
    return html.escape(printable(text))


def markdown_text(text: str) -> str:
    """The text on one line, for use in a paragraph, list item or table cell."""
    line = " ".join(printable(text).split())
    escaped = _MARKDOWN_SPECIAL.sub(lambda found: "\\" + found.group(), line)
    return _MARKDOWN_START.sub(r"\1\\\2", escaped)


def markdown_code(text: str, language: str) -> str:
    """The text as a fenced block, with a fence longer than any inside."""
    inner = printable(text).rstrip("\n")
    longest = max((len(run) for run in re.findall("`+", inner)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{inner}\n{fence}"

"""Names with commas between, as people write them."""

from __future__ import annotations


def parts_of(text: str) -> tuple[str, ...]:
    """The names, each once, without the spaces around them."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))

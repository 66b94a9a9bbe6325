"""What of a checkpoint's folder would give away more than its owner means to: secrets and paths."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from act_core.cancel import CancelToken
from act_core.errors import output_error
from act_core.hub.layout import name_of
from act_core.hub.publish import files_to_send
from act_core.strict_yaml import load_yaml

_MOST_BYTES = 64 << 20
_SECRET = re.compile(
    rb"\b(?:hf|api_org)_[A-Za-z0-9]{16,}|\bgh[pousr]_[A-Za-z0-9]{36}|\bAKIA[0-9A-Z]{16}\b"
    rb"|-----BEGIN [A-Z ]*PRIVATE KEY-----|://[^/\s:@\"']+:[^/\s@\"']+@"
)
# Folders that belong to a person or a machine; /usr and the like are the same everywhere.
_PATH = re.compile(
    rb"(?<![\w.:/~-])(?:/(?:home|Users|root|tmp|mnt|media|data|scratch|workspace|srv|opt|var"
    rb"|Volumes|private|run)/[\w.@+-]|file://|[A-Za-z]:\\\\?[\w.@+-])"
)
# Words of a tokenizer look like anything.
_VOCABULARY = ("tokenizer.json", "vocab.json", "vocab.txt", "merges.txt", "tokenizer.model")


@dataclass(frozen=True, slots=True)
class Leak:
    """A place that should not be published.

    Attributes:
        kind: What stands there.
        path: The file, relative to the folder.
        line: Its line, from 1 on; 0 in a header.
    """

    kind: Literal["secret", "path"]
    path: str
    line: int

    @property
    def place(self) -> str:
        """For people."""
        return f"{self.path}, line {self.line}" if self.line else f"the header of {self.path}"


def find_leaks(folder: Path, replaced: Mapping[str, bytes], token: CancelToken) -> list[Leak]:
    """Look through every file, of weights through their headers; the first of each kind a file.

    Args:
        folder: The checkpoint.
        replaced: Content by path that goes in place of what lies there.
        token: Polled.

    Raises:
        OutputError: A file cannot be read.
        CancelledByPersonError: After a cancel.
    """
    found: list[Leak] = []
    for path in files_to_send(folder):
        token.raise_if_cancelled()
        name = path.as_posix()
        in_header = name.endswith(".safetensors")
        content = replaced[name] if name in replaced else _beginning(folder / path, in_header)
        found += _leaks(name, content, in_header)
    return found


def shareable_recipe(text: str, folder: Path, repo: str) -> str:
    """act_recipe.yaml with names in place of paths that exist on one computer only.

    Args:
        text: The file.
        folder: The checkpoint's folder.
        repo: Its name on the Hub.
    """
    names = {os.path.abspath(folder): repo}
    value = _without_paths(load_yaml(text), lambda path: names.get(path) or _name(path))
    made: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return made


def _beginning(path: Path, in_header: bool) -> bytes:
    try:
        with path.open("rb") as stream:
            size_bytes = int.from_bytes(stream.read(8), "little") if in_header else _MOST_BYTES
            return stream.read(min(size_bytes, _MOST_BYTES))
    except OSError as error:
        raise output_error(error, path) from error


def _leaks(name: str, content: bytes, in_header: bool) -> Iterator[Leak]:
    kinds: tuple[tuple[Literal["secret", "path"], re.Pattern[bytes]], ...]
    kinds = (("secret", _SECRET), ("path", _PATH))
    for kind, pattern in kinds:
        if kind == "path" and name.rpartition("/")[2] in _VOCABULARY:
            continue
        if match := pattern.search(content):
            line = 0 if in_header else content.count(b"\n", 0, match.start()) + 1
            yield Leak(kind, name, line)


def _without_paths(value: Any, named: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _without_paths(item, named) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_paths(item, named) for item in value]
    if not isinstance(value, str):
        return value
    parts = value.split("+")
    if not any(_is_absolute(part) for part in parts):
        return value
    return "+".join(named(part) if _is_absolute(part) else part for part in parts)


def _is_absolute(text: str) -> bool:
    return text.startswith(("/", "~", "\\\\")) or re.match(r"[A-Za-z]:[\\/]", text) is not None


def _name(path: str) -> str:
    """A place in the Hub's cache by its name there, any other by its last part."""
    cached = name_of(Path(path))
    return str(cached) if cached else re.split(r"[\\/]", path.rstrip("\\/"))[-1]

"""Files about a model's channels: what all their headers say, and how a wrong one is refused.

Profiles, masks, gates and tuned rows are safetensors files of one layout of channels. The header's
metadata hold `format` (which of them it is), `layout` (fingerprint), `facts` (JSON: how it came
about) and what else its kind needs. Everything read here is untrusted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from act_core.errors import ActError
from act_core.models.channels import ChannelLayout


@dataclass(frozen=True, slots=True)
class ChannelFile:
    """One kind of these files.

    Attributes:
        format: Its name and version, e.g. `act-mask-1`.
        content: What a person calls what it holds, e.g. `mask`.
        making: What a person does to get one, e.g. `localize`.
        error: What is raised where a file cannot be used.
    """

    format: str
    content: str
    making: str
    error: type[ActError]

    def header(self, layout: ChannelLayout, facts: Mapping[str, str]) -> dict[str, str]:
        """The metadata that every kind has."""
        return {
            "format": self.format,
            "layout": layout.fingerprint(),
            "facts": json.dumps(dict(facts)),
        }

    @contextmanager
    def opened(self, path: Path, layout: ChannelLayout) -> Iterator[tuple[Any, dict[str, str]]]:
        """An open file of this kind that belongs to a model of this layout, and its metadata.

        Raises:
            ActError: Of the class `error`: it is missing, damaged, of another kind or model.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                self.check(path, metadata, layout)
                yield file, metadata
        except FileNotFoundError as error:
            raise self.missing(path) from error
        except (OSError, SafetensorError) as error:
            raise self.damaged(path, "cannot be read", repr(error)) from error

    def check(self, path: Path, metadata: Mapping[str, str], layout: ChannelLayout) -> None:
        """Refuse a file of another kind or model.

        Raises:
            ActError: Of the class `error`.
        """
        if metadata.get("format") != self.format:
            raise self.damaged(path, f"holds no {self.content} of ACT Studio")
        if metadata.get("layout") != layout.fingerprint():
            raise self.error(
                f"{path} was made for a model of another form.",
                remedy=f"{self.making.capitalize()} again with this target.",
            )

    def facts(self, path: Path, metadata: Mapping[str, str]) -> dict[str, str]:
        """How it came about, as text.

        Raises:
            ActError: Of the class `error`: the facts are damaged.
        """
        try:
            facts = json.loads(metadata.get("facts", "{}"))
        except (ValueError, RecursionError) as error:
            raise self.damaged(path, "has unreadable facts", repr(error)) from error
        if not isinstance(facts, dict) or not all(isinstance(v, str) for v in facts.values()):
            raise self.damaged(path, "has facts that are no mapping of texts")
        return facts

    def missing(self, path: Path) -> ActError:
        """What to raise where there is no such file."""
        return self.error(
            f"{path} does not exist.", remedy=f"Check the path, or {self.making} first."
        )

    def damaged(self, path: Path, fault: str, detail: str = "") -> ActError:
        """What to raise where a file is not what it should be; `fault` goes on from its path."""
        return self.error(
            f"{path} {fault}.", remedy=f"Delete it and {self.making} again.", detail=detail
        )

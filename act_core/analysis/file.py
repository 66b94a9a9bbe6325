"""analysis.json: what analyses have found, so that nothing is computed twice.

    {"act": 1, "key": HASH OF ALL INPUTS, "findings": [{"analysis", "key", "finding"}, ...]}

`finding` is a dataclass of `act_core.analysis.findings` as JSON; its type follows from `type`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from act_core.analysis.findings import ANALYSES, AnalysisName, Finding
from act_core.files import read_object
from act_core.runs import RunFolder

_FORMAT = 1
_TYPES: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Finding)}


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """One finding as kept.

    Attributes:
        analysis: Which analysis found it.
        key: Hash of what this finding depends on besides the inputs of all.
        finding: What was found.
    """

    analysis: AnalysisName
    key: str
    finding: Finding


class AnalysisFile:
    """The findings of a run folder.

    Args:
        folder: The run folder.
        key: Hash of everything that decides findings; those of other inputs are dropped.
    """

    def __init__(self, folder: RunFolder, key: str) -> None:
        self._folder = folder
        self._key = key
        self._found = {one.key: one for one in known_analysis(folder, key)}
        self._entries = as_json(tuple(self._found.values()))

    def known(self, key: str) -> Finding | None:
        """What was found under this key, or None."""
        one = self._found.get(key)
        return None if one is None else one.finding

    def keep(self, one: Found) -> None:
        """Remember a finding and write the file.

        Raises:
            OutputError: It cannot be written.
        """
        self._found[one.key] = one
        self._entries += as_json((one,))
        data = {"act": _FORMAT, "key": self._key, "findings": self._entries}
        self._folder.write_json(analysis_path(self._folder), data)


def analysis_path(folder: RunFolder) -> Path:
    """Where a run's findings lie."""
    return folder.path / "analysis.json"


def as_json(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Findings as in analysis.json and in metrics.json."""
    return [
        {
            "analysis": one.analysis,
            "key": one.key,
            "type": type(one.finding).__name__,
            "finding": dataclasses.asdict(one.finding),
        }
        for one in found
    ]


def known_analysis(folder: RunFolder, key: str | None = None) -> tuple[Found, ...]:
    """A run's findings in the order in which they were made; damaged ones are left out.

    Args:
        folder: The run folder.
        key: Only findings from inputs of this hash; None takes them as they are.
    """
    data = read_object(analysis_path(folder))
    if data.get("act") != _FORMAT:
        return ()
    if key is not None and data.get("key") != key:
        return ()
    entries = data.get("findings")
    return from_json(entries) if isinstance(entries, list) else ()


def from_json(entries: Sequence[Any]) -> tuple[Found, ...]:
    """What `as_json` has written; damaged entries are left out."""
    from pydantic import TypeAdapter, ValidationError  # the command line starts without it

    found = []
    for entry in entries:
        try:
            kind = _TYPES[entry["type"]]
            finding: Finding = TypeAdapter(kind).validate_python(entry["finding"])
            name = ANALYSES[ANALYSES.index(entry["analysis"])]
            found.append(Found(name, str(entry["key"]), finding))
        except (KeyError, ValueError, TypeError, ValidationError):
            continue
    return tuple(found)

"""What sweeps have found: sweep.json for people, sweep/figures.json so that nothing is done twice.

The first is small, for a window reads it often; the second holds what was measured, item by item.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from act_core.evaluate.candidates import Candidate
from act_core.evaluate.evaluator import HeldOut, Results
from act_core.evaluate.stored import plain_results, results_of
from act_core.events import EventSink, Measured, Note
from act_core.hashing import content_hash
from act_core.pipeline.figures_file import base_of, candidate_key
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.plane import plane_table
from act_core.pipeline.recommend import Recommendation, recommendation_table
from act_core.runs import RunFolder

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Split = Literal["validation", "heldout"]
_FORMAT = 2


class SweepFile:
    """The sweeps of a run.

    Args:
        folder: The run folder.
        inputs: Which model is measured, and in what it computes; results of others are left out.
        emit: Is told why a file that is there is not used.
    """

    def __init__(self, folder: RunFolder, inputs: Inputs, emit: EventSink) -> None:
        self._folder = folder
        self._base = base_of(inputs)
        self._inputs = _inputs_of(inputs)
        self._items: dict[Split, str] = {}
        for path in (_figures_path(folder), sweep_path(folder)):
            if reason := _read(path)[1]:
                emit(Note(f"{path.name} is not used, and written anew: {reason}."))
        figures = _read(_figures_path(folder))[0]
        results = figures.get("results") if figures.get("base") == self._base else None
        self._results: dict[str, Any] = results if isinstance(results, dict) else {}

    def set_items(self, split: Split, abilities: Mapping[str, HeldOut]) -> None:
        """Say what a split's items are; results on others are not found."""
        self._items[split] = content_hash({n: held.fingerprint() for n, held in abilities.items()})

    def key(self, candidate: Candidate) -> str:
        """Hash of everything that decides a candidate's figures beside the items."""
        return candidate_key(self._base, candidate)

    def known(self, key: str, split: Split) -> tuple[Results, int]:
        """What was measured under this key, and how many portions of the items that is."""
        try:
            entry = self._results[self._place(key, split)]
            return results_of(entry["figures"]), int(entry["portions"])
        except (KeyError, TypeError, ValueError):
            return {}, 0

    def keep(self, key: str, split: Split, results: Results, portions: int) -> None:
        """Remember what was measured; `save` writes it. Answers to held-out items are kept too."""
        self._results[self._place(key, split)] = {
            "portions": portions,
            "figures": plain_results(results, said=split == "heldout"),
        }

    def save(self) -> None:
        """Write what was measured.

        Raises:
            OutputError: It cannot be written.
        """
        data = {"act": _FORMAT, "base": self._base, "results": self._results}
        self._folder.write_json(_figures_path(self._folder), data)

    def sum_up(
        self,
        measured: Sequence[Measured],
        recommendation: Recommendation | None,
        facts: Mapping[str, Any],
    ) -> None:
        """Write what this sweep has found.

        Args:
            measured: Its candidates.
            recommendation: What it recommends, once that is known.
            facts: What else is to be known of it.

        Raises:
            OutputError: It cannot be written.
        """
        data = {
            "act": _FORMAT,
            "inputs": self._inputs,
            **facts,
            "recommendation": recommendation and dataclasses.asdict(recommendation),
            "candidates": [dataclasses.asdict(one) for one in measured],
        }
        self._folder.write_json(sweep_path(self._folder), data)

    def _place(self, key: str, split: Split) -> str:
        return content_hash([key, self._items[split]])


@dataclass(frozen=True, slots=True)
class KnownSweep:
    """A run's last sweep.

    Attributes:
        measured: Its candidates.
        recommendation: What it recommended; None where it has not come to that.
        limits: Most that might be lost, by ability to keep.
        candidate_s: Seconds that measuring a candidate on all items took; None where not known.
        command: What repeats it; empty where nobody has said.
    """

    measured: tuple[Measured, ...] = ()
    recommendation: Recommendation | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    candidate_s: float | None = None
    command: str = ""


def sweep_path(folder: RunFolder) -> Path:
    """Where a run's last sweep is summed up."""
    return folder.path / "sweep.json"


def known_sweep(folder: RunFolder) -> KnownSweep:
    """A run's last sweep; an empty one where there is none, or a damaged or older file."""
    from pydantic import ValidationError  # the command line starts without it

    data, _ = _read(sweep_path(folder))
    try:
        return KnownSweep(
            _reader(tuple[Measured, ...]).validate_python(data.get("candidates", ())),
            _reader(Recommendation | None).validate_python(data.get("recommendation")),
            _reader(dict[str, float]).validate_python(data.get("limits", {})),
            _reader(float | None).validate_python(data.get("candidate_s")),
            _reader(str).validate_python(data.get("command", "")),
        )
    except ValidationError:
        return KnownSweep()


@functools.cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    """Made once: the page that shows a sweep reads it again and again."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def sweep_facts(inputs: Inputs, folder: RunFolder) -> dict[str, Any]:
    """A run's last sweep for metrics.json; nothing where there is none of these inputs."""
    known = known_sweep(folder)
    found = known.recommendation
    if found is None or _read(sweep_path(folder))[0].get("inputs") != _inputs_of(inputs):
        return {}
    tables = {"validation": plane_table(known.measured), "heldout": recommendation_table(found)}
    return {
        "sweep": {
            "limits": dict(known.limits),
            "sentences": list(found.sentences),
            "command": known.command,
            **{
                name: {"header": list(table.header), "rows": [list(row) for row in table.rows]}
                for name, table in tables.items()
            },
        }
    }


def _inputs_of(inputs: Inputs) -> str:
    """Hash of what a sweep is about: models, and the held-out items that it reports on."""
    heldout = {name: held.encoded.fingerprint for name, held in inputs.heldout.items()}
    specialists = {name: model.fingerprint() for name, model in inputs.specialists.items()}
    return content_hash([base_of(inputs), specialists, heldout])


def _figures_path(folder: RunFolder) -> Path:
    return folder.sweep.path / "figures.json"


def _read(path: Path) -> tuple[Mapping[str, Any], str]:
    """The file's data, or nothing and why; a file that is absent needs no reason."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError):
        return {}, "it cannot be read"
    if not isinstance(data, dict):
        return {}, "it is damaged"
    if data.get("act") != _FORMAT:
        return {}, "another version of the program wrote it, from other items"
    return data, ""

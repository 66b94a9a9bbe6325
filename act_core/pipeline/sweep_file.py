"""sweep.json: what sweeps have measured, item by item, so that nothing is measured twice."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from act_core.evaluate.candidates import Candidate
from act_core.evaluate.evaluator import Measured as ItemFigures
from act_core.evaluate.evaluator import Results
from act_core.events import Measured
from act_core.hashing import content_hash
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.plane import plane_point
from act_core.report.plane import PlanePoint
from act_core.runs import RunFolder

_FORMAT = 1


class SweepFile:
    """The sweeps of a run.

    Args:
        folder: The run folder.
        inputs: What they measure; results of other models or items are left out.
    """

    def __init__(self, folder: RunFolder, inputs: Inputs) -> None:
        self._folder = folder
        self._base = content_hash(
            {
                "target": inputs.target.fingerprint(),
                "abilities": {name: held.fingerprint() for name, held in inputs.heldout.items()},
                "dtype": inputs.recipe.profile.dtype,
            }
        )
        data = _read(sweep_path(folder))
        self._results: dict[str, Any] = data["results"] if data.get("base") == self._base else {}

    def key(self, candidate: Candidate) -> str:
        """Hash of everything that decides a candidate's figures."""
        moves = [
            [
                move.specialist.fingerprint(),
                [
                    [
                        edit.tensor,
                        edit.strength,
                        _digest(edit.rows),
                        _digest(edit.columns),
                        *([] if edit.strengths is None else [_digest(edit.strengths)]),
                    ]
                    for edit in move.edits
                ],
            ]
            for move in candidate.moves
        ]
        return content_hash([self._base, moves])

    def known(self, key: str) -> Results | None:
        """What was measured under this key, or None."""
        try:
            return {
                (entry["ability"], entry["measure"]): ItemFigures(
                    np.array(entry["sums"], dtype=np.float64),
                    np.array(entry["weights"], dtype=np.float64),
                )
                for entry in self._results[key]
            }
        except (KeyError, TypeError, ValueError):
            return None

    def keep(self, key: str, results: Results) -> None:
        """Remember what was measured; `save` writes it."""
        self._results[key] = [
            {
                "ability": ability,
                "measure": measure,
                "sums": found.sums.tolist(),
                "weights": found.weights.tolist(),
            }
            for (ability, measure), found in results.items()
        ]

    def save(self, measured: Sequence[Measured]) -> None:
        """Write everything, with the candidates of this sweep summed up.

        Raises:
            OutputError: It cannot be written.
        """
        data = {
            "act": _FORMAT,
            "candidates": [dataclasses.asdict(one) for one in measured],
            "base": self._base,
            "results": self._results,
        }
        self._folder.write_json(sweep_path(self._folder), data)


def sweep_path(folder: RunFolder) -> Path:
    """Where a run's sweeps lie."""
    return folder.path / "sweep.json"


def known_sweep(folder: RunFolder) -> tuple[Measured, ...]:
    """The candidates of a run's last sweep; none where there is no sweep, or a damaged one."""
    from pydantic import TypeAdapter, ValidationError  # the command line starts without it

    try:
        adapter = TypeAdapter(tuple[Measured, ...])
        return adapter.validate_python(_read(sweep_path(folder)).get("candidates", ()))
    except ValidationError:
        return ()


def known_points(folder: RunFolder) -> tuple[PlanePoint, ...]:
    """The candidates of a run's last sweep as points of the plane."""
    return tuple(plane_point(measured) for measured in known_sweep(folder))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    sound = isinstance(data, dict) and data.get("act") == _FORMAT
    return data if sound and isinstance(data.get("results"), dict) else {}


def _digest(values: NDArray[np.generic] | None) -> str | None:
    return None if values is None else hashlib.sha256(values.tobytes()).hexdigest()

"""figures/: what candidates of a run have shown, item by item, so that none is measured twice.

A file for each candidate and ability, named by the hash of everything that decides its figures:
the target and what it computes in, what moves, and the items with how they are judged. So a change
of the recipe measures what it changes and nothing else; a candidate's name is no part of it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from act_core.evaluate.candidates import Candidate
from act_core.evaluate.evaluator import HeldOut, Results
from act_core.evaluate.portions import number_of_figures
from act_core.evaluate.stored import plain_results, results_of
from act_core.files import read_object
from act_core.hashing import content_hash, file_sha256
from act_core.pipeline.inputs import Inputs
from act_core.runs import RunFolder

_FORMAT = 1
# What decides answers beside weights and config; prompts are known as token ids.
_SIDE_FILES = ("generation_config.json", "tokenizer.json", "tokenizer_config.json")


class FiguresFile:
    """The figures of a run's candidates.

    Args:
        folder: The run folder.
        inputs: Which model is measured, in what it computes, and on which held-out items.
    """

    def __init__(self, folder: RunFolder, inputs: Inputs) -> None:
        self._folder = folder
        self._base = base_of(inputs)
        self._heldout = inputs.heldout
        self._items = {name: held.fingerprint() for name, held in inputs.heldout.items()}

    def find(self, candidate: Candidate) -> Results:
        """What is known of a candidate, of each ability all measures or none."""
        key = candidate_key(self._base, candidate)
        known: Results = {}
        for ability, held in self._heldout.items():
            known |= _known(self._path(key, ability), ability, held)
        return known

    def keep(self, candidate: Candidate, results: Results) -> None:
        """Write down what a candidate has shown.

        Args:
            candidate: Who.
            results: Of each ability all measures.

        Raises:
            OutputError: It cannot be written.
        """
        key = candidate_key(self._base, candidate)
        for ability in dict.fromkeys(place for place, _ in results):
            own = {place: found for place, found in results.items() if place[0] == ability}
            data = {"act": _FORMAT, "candidate": candidate.name, "figures": plain_results(own)}
            self._folder.write_json(self._path(key, ability), data)

    def _path(self, key: str, ability: str) -> Path:
        name = content_hash([key, self._items[ability]])[:32]
        return self._folder.path / "figures" / f"{name}.json"


def base_of(inputs: Inputs) -> str:
    """Hash of what is measured: the target, and in what it computes and answers."""
    places = (inputs.target.folder / name for name in _SIDE_FILES)
    return content_hash(
        {
            "target": inputs.target.fingerprint(),
            "dtype": inputs.recipe.profile.dtype,
            "sides": {path.name: file_sha256(path) for path in places if path.is_file()},
        }
    )


def candidate_key(base: str, candidate: Candidate) -> str:
    """Hash of everything that decides a candidate's figures beside the items.

    Args:
        base: Of what it is put on (`base_of`).
        candidate: The candidate; by what it moves, not by its name.
    """
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
    return content_hash([base, moves])


def _known(path: Path, ability: str, held: HeldOut) -> Results:
    """The figures of a file; nothing where it is absent, damaged or not of these items."""
    data = read_object(path)
    try:
        found = results_of(data["figures"] if data["act"] == _FORMAT else ())
        sound = all(
            place == ability and len(one.sums) == number_of_figures(held, measure)
            for (place, measure), one in found.items()
        )
    except (KeyError, TypeError, ValueError):
        return {}
    return found if sound else {}


def _digest(values: NDArray[np.generic] | None) -> str | None:
    return None if values is None else hashlib.sha256(values.tobytes()).hexdigest()

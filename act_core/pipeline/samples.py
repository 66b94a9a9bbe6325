"""Samples of a run: kept beside its figures, and found again only where both belong together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from act_core.errors import SamplesError
from act_core.evaluate.compare import Comparison
from act_core.evaluate.evaluator import HeldOut
from act_core.evaluate.samples import SampleFile, open_samples, write_samples
from act_core.runs import RunFolder


def keep_samples(
    folder: RunFolder, key: str, heldout: Mapping[str, HeldOut], comparison: Comparison
) -> None:
    """Write the samples of every ability.

    Args:
        folder: The run folder.
        key: Hash of everything that decides the figures.
        heldout: What was measured, by ability.
        comparison: What `compare` gave.

    Raises:
        OutputError: One cannot be written.
    """
    for ability, held in heldout.items():
        write_samples(folder.samples_path(ability), key, ability, held, comparison.results)


def has_samples(folder: RunFolder, key: str, abilities: Iterable[str]) -> bool:
    """Whether the samples of every ability are there and belong to these figures."""
    try:
        return all(open_samples(folder.samples_path(name)).key == key for name in abilities)
    except SamplesError:
        return False


def samples_of_run(path: Path, abilities: Iterable[str]) -> dict[str, SampleFile]:
    """The samples of a run's figures, by ability.

    Args:
        path: The run folder.
        abilities: Names of the abilities.

    Raises:
        SamplesError: Nothing was measured yet; or the figures were measured without samples, or
            again after these samples, so that samples would not be those of the figures.
    """
    folder = RunFolder(path)
    try:
        metrics = json.loads(folder.metrics.read_text("utf-8"))
        key, figures = str(metrics["key"]), metrics["figures"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        figures = None
    if not figures:
        raise SamplesError(
            f"{path} holds no figures yet.", remedy="Measure with act evaluate RECIPE."
        )
    found = {}
    for name in abilities:
        place = folder.samples_path(name)
        if not place.is_file():
            raise SamplesError(
                f"The figures of {path} were measured without keeping samples of {name}.",
                remedy="Measure again with act evaluate RECIPE --samples.",
            )
        found[name] = open_samples(place)
        if found[name].key != key:
            raise SamplesError(
                f"The samples of {name} in {path} belong to other figures than those shown there.",
                remedy="Measure again with act evaluate RECIPE --samples.",
            )
    return found

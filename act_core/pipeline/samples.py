"""Samples of a run: kept beside its figures, and found again only where both belong together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path

from act_core.errors import SamplesError
from act_core.evaluate.evaluator import HeldOut, Results
from act_core.evaluate.samples import SampleFile, open_samples, write_samples
from act_core.hashing import content_hash
from act_core.pipeline.recommend import Recommendation
from act_core.pipeline.sweep_file import known_sweep
from act_core.runs import RunFolder


def keep_samples(
    folder: RunFolder,
    key: str,
    heldout: Mapping[str, HeldOut],
    results: Mapping[str, Results],
) -> None:
    """Write the samples of every ability.

    Args:
        folder: The run folder.
        key: Hash of everything that decides the figures.
        heldout: What was measured, by ability.
        results: By candidate, item by item.

    Raises:
        OutputError: One cannot be written.
    """
    for ability, held in heldout.items():
        write_samples(folder.samples_path(ability), key, ability, held, results)


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
    metrics = folder.read_metrics()
    if not metrics.get("figures") or "key" not in metrics:
        raise SamplesError(
            f"{path} holds no figures yet.", remedy="Measure with act evaluate RECIPE."
        )
    again = "Measure again with act evaluate RECIPE --samples."
    return _belonging(folder, str(metrics["key"]), abilities, again)


def keep_sweep_samples(
    folder: RunFolder,
    found: Recommendation,
    heldout: Mapping[str, HeldOut],
    results: Mapping[str, Results],
) -> None:
    """The same for what a sweep recommends, beside what it was held against on held-out items."""
    keep_samples(folder.sweep, _key_of(found), heldout, results)


def samples_of_sweep(
    path: Path, abilities: Iterable[str]
) -> tuple[Recommendation, dict[str, SampleFile]]:
    """What a run's last sweep recommends, and the samples that this stands on, by ability.

    Args:
        path: The run folder.
        abilities: Names of the abilities.

    Raises:
        SamplesError: There was no sweep, it recommends nothing, or the samples are not its own.
    """
    folder = RunFolder(path)
    found = known_sweep(folder).recommendation
    if found is None or not found.candidate:
        raise SamplesError(
            f"No sweep in {path} recommends anything yet.", remedy="Compare with act sweep RECIPE."
        )
    again = "Repeat the sweep; what it knows is not measured again."
    return found, _belonging(folder.sweep, _key_of(found), abilities, again)


def _belonging(
    folder: RunFolder, key: str, abilities: Iterable[str], remedy: str
) -> dict[str, SampleFile]:
    """Samples by ability, where all of them are there and belong to these figures."""
    found = {}
    for name in abilities:
        place = folder.samples_path(name)
        if not place.is_file():
            text = f"The figures of {folder.path} were measured without keeping samples of {name}."
            raise SamplesError(text, remedy=remedy)
        found[name] = open_samples(place)
        if found[name].key != key:
            text = f"The samples of {name} in {folder.path} belong to other figures than those"
            raise SamplesError(f"{text} shown there.", remedy=remedy)
    return found


def _key_of(found: Recommendation) -> str:
    return content_hash(dataclasses.asdict(found))

"""Masks from each file or language of an ability, beside each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from act_core.abilities.encode import Encoded, encode
from act_core.abilities.split import load_splits
from act_core.analysis.findings import Agreement, Cell
from act_core.analysis.intervals import draws
from act_core.analysis.overlaps import Selected
from act_core.errors import AbilityDataError
from act_core.localize.algebra import Overlap, overlap
from act_core.localize.masks import Mask
from act_core.localize.scorers import SCORERS
from act_core.models.channels import ChannelLayout
from act_core.models.tokenizer import load_tokenizer
from act_core.pipeline.analysis_bench import AnalysisBench
from act_core.pipeline.analysis_masks import Subject
from act_core.pipeline.analysis_parts import divided, parted_profiles
from act_core.recipe import Ability, Source

_PARTS = 4


def source_names(ability: Ability) -> tuple[str, ...]:
    """Names of an ability's sources: file or built-in set, and which rows of it."""
    return tuple(map(_name, ability.calibration))


def source_table(bench: AnalysisBench, subject: Subject) -> Agreement:
    """Masks of one ability from each of its sources, all from equally many tokens.

    Each source is divided in quarters. On the diagonal stand two halves of one source, elsewhere a
    half of the one and a half of the other, so that what differs is the source and nothing else.

    Raises:
        AbilityDataError: A source is too short to be divided.
        ActError: Everything that profiling raises.
    """
    names = source_names(bench.inputs.recipe.abilities[subject.name])
    quarters = _quarters(bench, subject.name)
    reads = tuple(name for name in SCORERS[bench.scorer].needs if name != "weight")
    statistics = tuple(name for name in bench.statistics if name in reads)
    parts = {f"{subject.name}.source{number}": one for number, one in enumerate(quarters)}
    parted = parted_profiles(bench.inputs, (subject.specialist,), parts, statistics, bench.context)
    others = {name: bench.profiles[subject.specialist, name] for name in subject.keep}
    halves: list[dict[tuple[int, int], Selected]] = []
    for name in parts:
        found = {}
        for pair in itertools.combinations(range(_PARTS), 2):
            bench.poll()
            counts = np.bincount(pair, minlength=_PARTS)
            one = parted[subject.specialist, name].joined(counts)
            scores = bench.maker.scores(subject, bench.scorer, {**others, subject.name: one})
            found[pair] = bench.maker.selected(scores)
        halves.append(found)
    numbers = range(len(names))
    layout = bench.maker.layout
    return Agreement(
        subject.specialist,
        subject.name,
        "sources",
        names,
        round(float(np.mean([sum(p.counted_tokens for p in one) for one in quarters])) / 2),
        tuple(tuple(_cell(halves, row, column, layout) for column in numbers) for row in numbers),
    )


def _quarters(bench: AnalysisBench, name: str) -> list[tuple[Encoded, ...]]:
    """Each source of an ability alone, cut to the tokens of the shortest, in quarters."""
    recipe = bench.inputs.recipe
    ability = recipe.abilities[name]
    alone = {
        str(number): ability.model_copy(update={"calibration": (source,)})
        for number, source in enumerate(ability.calibration)
    }
    splits = load_splits(alone)
    tokenizer = load_tokenizer(bench.inputs.target)

    def encoded(number: str, limit: int) -> Encoded:
        items = splits[number].calibration
        return encode(items, tokenizer, alone[number], seed=recipe.seed, limit_tokens=limit)

    shortest = min(encoded(number, ability.calibration_tokens).counted_tokens for number in alone)
    found = [divided(encoded(number, shortest), _PARTS) for number in alone]
    for source, parts in zip(ability.calibration, found, strict=True):
        if len(parts) != _PARTS:
            raise AbilityDataError(
                f"{_name(source)} of {name} has too few items to be divided in quarters.",
                remedy="Give it more items, or leave it out.",
            )
    return found


def _cell(
    halves: Sequence[dict[tuple[int, int], Selected]], row: int, column: int, layout: ChannelLayout
) -> Cell:
    """Overlaps of halves that share no data."""
    pairs = [
        (halves[row][one], halves[column][other])
        for one in halves[row]
        for other in halves[column]
        if row != column or (one < other and not {*one} & {*other})
    ]
    found: list[Overlap] = [overlap(Mask(layout, a), Mask(layout, b)) for a, b in pairs]
    return Cell(
        draws([one.jaccard for one in found]), float(np.mean([one.chance for one in found]))
    )


def _name(source: Source) -> str:
    where = ", ".join(f"{key} {value}" for key, value in source.where.items())
    name = source.builtin or (source.file.stem if source.file else f"{source.hub} {source.split}")
    return f"{name} ({where})" if where else name

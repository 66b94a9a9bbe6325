"""The findings of each analysis, each made when it is asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from act_core.analysis.concentration import concentration
from act_core.analysis.effects import (
    BudgetCurve,
    BudgetPoint,
    CrossEffects,
    Effect,
    Necessity,
    Sufficiency,
)
from act_core.analysis.findings import (
    Agreement,
    AnalysisName,
    Concentration,
    Disentanglement,
    Finding,
    Stability,
    WeightOverlap,
)
from act_core.analysis.overlaps import Measured, stability, table
from act_core.analysis.weights import weight_overlap
from act_core.evaluate.evaluator import Results
from act_core.events import Estimate
from act_core.localize.scorers import SCORERS
from act_core.pipeline.analysis_bench import AnalysisBench
from act_core.pipeline.analysis_effects import (
    DRAWS,
    averaged,
    emptied,
    moved,
    random_masks,
    turned,
)
from act_core.pipeline.analysis_masks import (
    Subject,
    abilities_of,
    is_cost,
    recipe_masks,
    turned_profile,
)
from act_core.pipeline.analysis_sources import source_names, source_table
from act_core.pipeline.points import SweepPoint
from act_core.recipe import PolicyName, ScorerName

DIVISIONS = 12
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True, slots=True)
class Task:
    """One finding that is not made yet.

    Attributes:
        analysis: Of which analysis.
        place: What tells it from the others.
        make: Makes it.
    """

    analysis: AnalysisName
    place: tuple[str, ...]
    make: Callable[[], Finding] = field(repr=False)


def tasks_of(analysis: AnalysisName, bench: AnalysisBench) -> Iterator[Task]:
    """Everything that an analysis finds, one by one."""
    recipe = bench.inputs.recipe
    subjects = abilities_of(recipe)
    joined = tuple(recipe_masks(recipe))
    match analysis:
        case "concentration":
            for subject in subjects:
                for statistic in bench.statistics:
                    yield _task(analysis, (statistic,), _concentration, bench, subject, statistic)
        case "weights":
            for subject in (*subjects, *joined):
                yield _task(analysis, (), _weights, bench, subject)
        case "stability":
            for subject in (*subjects, *joined):
                yield _task(analysis, ("data",), _stability, bench, subject)
            for subject in subjects:
                yield _task(analysis, ("scorers",), _scorers, bench, subject)
                if len(source_names(recipe.abilities[subject.name])) > 1:
                    yield _task(analysis, ("sources",), source_table, bench, subject)
        case "disentanglement":
            yield Task(analysis, ("overlap",), lambda: _disentanglement(bench, subjects))
            for subject in subjects:
                yield _task(analysis, ("effects",), _effects, bench, subject)
        case "sufficiency":
            yield Task(analysis, tuple(map(str, SHARES)), lambda: _sufficiency(bench))
        case "necessity":
            for subject in subjects:
                yield _task(analysis, (), _necessity, bench, subject)


def _task(
    analysis: AnalysisName,
    place: tuple[str, ...],
    make: Callable[..., Finding],
    bench: AnalysisBench,
    subject: Subject,
    *more: str,
) -> Task:
    where = (subject.specialist, subject.name, *place)
    return Task(analysis, where, lambda: make(bench, subject, *more))


def _concentration(bench: AnalysisBench, subject: Subject, statistic: str) -> Concentration:
    pair = subject.specialist, subject.name
    profile, parted = bench.profiles[pair], bench.parted[pair]
    if is_cost(subject, statistic):
        profile, parted = turned_profile(profile), parted.turned(statistic)
    return concentration(profile, statistic, parted)


def _weights(bench: AnalysisBench, subject: Subject) -> WeightOverlap:
    return weight_overlap(
        (subject.specialist, subject.name, bench.scorer),
        bench.scores(subject, bench.scorer),
        bench.scores(subject, "weight"),
        (bench.measured(subject, bench.scorer), bench.measured(subject, "weight")),
        bench.maker.layout,
        seed=bench.inputs.recipe.seed,
    )


def _stability(bench: AnalysisBench, subject: Subject) -> Stability:
    tokens = np.sum([bench.parted[subject.specialist, one].tokens for one in subject.bring], axis=0)
    return stability(
        bench.mask_of(subject, bench.scorer),
        bench.whole(subject, bench.scorer),
        bench.maker.layout,
        tokens,
        names=(subject.specialist, subject.name, bench.scorer),
        divisions=DIVISIONS,
        seed=bench.inputs.recipe.seed,
        poll=bench.poll,
    )


def _scorers(bench: AnalysisBench, subject: Subject) -> Agreement:
    scorers = tuple(
        cast("ScorerName", name)
        for name, scorer in SCORERS.items()
        if name != "random"
        and {*scorer.needs} <= {*bench.statistics, "weight"}
        and (name != "contrast" or subject.keep)
    )
    every = [bench.measured(subject, name) for name in scorers]
    return Agreement(
        subject.specialist,
        subject.name,
        "scorers",
        scorers,
        bench.tokens(subject),
        table(every, bench.maker.layout, bench.poll),
    )


def _disentanglement(bench: AnalysisBench, subjects: tuple[Subject, ...]) -> Disentanglement:
    every: list[Measured] = [bench.measured(subject, bench.scorer) for subject in subjects]
    layout = bench.maker.layout
    return Disentanglement(
        scorer=bench.scorer,
        share=sum(int(one.whole.sum()) for one in every) / len(every) / layout.total,
        masks=tuple((subject.specialist, subject.name) for subject in subjects),
        cells=table(every, layout, bench.poll),
    )


def _effects(bench: AnalysisBench, subject: Subject) -> CrossEffects:
    recipe, effects = bench.inputs.recipe, bench.effects
    mask = bench.maker.mask(bench.whole(subject, bench.scorer))
    strength = recipe.transfer.strength
    moving = (bench.inputs, subject.specialist)
    after = effects.of(moved(f"channels of {subject.name}", *moving, mask, strength))
    random = averaged(
        [
            effects.of(moved(f"random {number}", *moving, one, strength))
            for number, one in enumerate(random_masks(mask, recipe.seed), 1)
        ]
    )
    return CrossEffects(
        subject.specialist,
        subject.name,
        bench.scorer,
        mask.count,
        DRAWS,
        tuple(
            _effect(bench, name, subject.specialist, after, random, effects.target)
            for name in recipe.abilities
        ),
    )


def _effect(
    bench: AnalysisBench,
    ability: str,
    specialist: str,
    after: Results,
    random: Results,
    before: Results,
) -> Effect:
    effects = bench.effects
    return Effect(
        ability,
        bench.inputs.recipe.abilities[ability].role,
        effects.measure_of(ability),
        effects.gain(ability, after, before),
        effects.gain(ability, random, before),
        effects.gain(ability, after, random),
        effects.gap(ability, after, specialist),
    )


def _necessity(bench: AnalysisBench, subject: Subject) -> Necessity:
    """An ability to bring is the specialist's, one to keep the target's."""
    effects, seed = bench.effects, bench.inputs.recipe.seed
    mask = bench.maker.mask(bench.whole(subject, bench.scorer))
    by_weight = bench.maker.mask(bench.whole(subject, "weight"))
    of_specialist = subject.role == "bring"
    place = (bench.inputs, subject.specialist)
    every = {"own channels": mask, "weight": by_weight} | {
        f"random {number}": one for number, one in enumerate(random_masks(mask, seed), 1)
    }
    found = {
        name: effects.of(
            emptied(f"{subject.specialist} without {name}", *place, one)
            if of_specialist
            else moved(name, *place, one, 1.0)
        )
        for name, one in every.items()
    }
    random = averaged([one for name, one in found.items() if name.startswith("random")])
    before = effects.specialist(subject.specialist) if of_specialist else effects.target
    effect = _effect(bench, subject.name, subject.specialist, found["own channels"], random, before)
    shares = (effect.share, effects.gap(subject.name, random, subject.specialist))
    lost, lost_at_random = (_left(one) if of_specialist else one for one in shares)
    return Necessity(
        specialist=subject.specialist,
        ability=subject.name,
        holder="specialist" if of_specialist else "target",
        scorer=bench.scorer,
        channels=mask.count,
        share=mask.share,
        draws=DRAWS,
        effect=dataclasses.replace(effect, share=lost),
        random_share=lost_at_random,
        weight=effects.gain(subject.name, found["weight"], before),
    )


def _left(covered: Estimate | None) -> Estimate | None:
    """What a model that still covers so much of the gap has lost of it."""
    if covered is None:
        return None
    lost = turned(covered)
    return Estimate(1 + lost.value, 1 + lost.low, 1 + lost.high)


def _sufficiency(bench: AnalysisBench) -> Sufficiency:
    recipe, effects = bench.inputs.recipe, bench.effects
    scorers: tuple[ScorerName, ...] = tuple(dict.fromkeys((bench.scorer, "weight", "random")))
    points = {
        (scorer, share): _point(bench, scorer, share) for share in SHARES for scorer in scorers
    }
    found = effects.points(tuple(points.values()), bench.profiles)
    curves = []
    for ability, section in recipe.abilities.items():
        specialist = bench.references[ability]
        for scorer in scorers:
            row = []
            for share in SHARES:
                after, random = (found[points[name, share]] for name in (scorer, "random"))
                over = None if scorer == "random" else effects.gain(ability, after, random)
                gap = effects.gap(ability, after, specialist)
                gain = effects.gain(ability, after, effects.target)
                row.append(BudgetPoint(share, gain, over, gap))
            measure = effects.measure_of(ability)
            curves.append(BudgetCurve(scorer, ability, section.role, measure, tuple(row)))
    return Sufficiency(bench.scorer, recipe.transfer.strength, tuple(curves))


def _point(bench: AnalysisBench, scorer: ScorerName, share: float) -> SweepPoint:
    """Where contested channels are refused, the first specialist keeps those of a curve."""
    recipe = bench.inputs.recipe
    refuse = recipe.transfer.policy == "refuse" and len(recipe.specialists) > 1
    policy: PolicyName | None = "priority" if refuse else None
    return SweepPoint(scorer, share, recipe.transfer.strength, policy=policy)

"""Findings of an analysis that were drawn, not computed: the same everywhere, in no time."""

from __future__ import annotations

from pathlib import Path

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
from act_core.analysis.file import AnalysisFile, Found
from act_core.analysis.findings import (
    Agreement,
    AnalysisName,
    Cell,
    Disentanglement,
    Dot,
    Finding,
    KindOverlap,
    Membership,
    SizePoint,
    Stability,
    WeightOverlap,
)
from act_core.events import Estimate
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.reference import resolve
from act_core.profile.store import Profile
from act_core.recipe import Draft
from act_gui.project import Project

_LOOKS: tuple[Membership, ...] = ("neither", "weight", "score", "both")


def drawn_analysis(folder: Path) -> None:
    """Put findings into a project's run folder and record them as those of its recipe."""
    project = Project.open(folder)
    recipe = project.draft.complete()
    layout = layout_of(resolve(recipe.target))
    file = AnalysisFile(project.run, "drawn")
    for number, (analysis, finding) in enumerate(drawn_findings(project.draft, layout)):
        file.keep(Found(analysis, f"drawn {number}", finding))
    project.record("analysis", recipe)
    project.close()
    project.deleteLater()


def drawn_findings(draft: Draft, layout: ChannelLayout) -> list[tuple[AnalysisName, Finding]]:
    """Findings of every kind for the first specialist on every ability."""
    specialist, scorer = next(iter(draft.specialists)), "attributed"
    random = np.random.default_rng(7)
    found: list[tuple[AnalysisName, Finding]] = []
    cells = _cells(len(draft.abilities))
    for ability in draft.abilities:
        for statistic in ("attributed", "matched"):
            values = {n: random.lognormal(0, s, layout.total) for n, s in _spreads(statistic)}
            scores = {name: value.astype(np.float32) for name, value in values.items()}
            profile = Profile(specialist, ability, layout, scores, 300)
            found.append(("concentration", concentration(profile, statistic)))
        found += [
            ("weights", _weights(specialist, ability, random)),
            ("stability", _stability(specialist, ability)),
            ("stability", Agreement(specialist, ability, "scorers",
                                    ("attributed", "matched", "weight"), 150, _cells(3))),
            ("disentanglement", CrossEffects(specialist, ability, scorer, 84, 3,
                                             tuple(_effect(draft, a) for a in draft.abilities))),
            ("necessity", Necessity(specialist, ability, "specialist", scorer, 84, 0.01, 3,
                                    _effect(draft, ability), Estimate(0.1, 0.0, 0.2),
                                    Estimate(-0.2, -0.3, -0.1))),
        ]  # fmt: skip
    names = tuple((specialist, ability) for ability in draft.abilities)
    found.append(("disentanglement", Disentanglement(scorer, 0.05, names, cells)))
    found.append(("sufficiency", _sufficiency(draft)))
    return found


def _spreads(statistic: str) -> tuple[tuple[str, float], ...]:
    return (statistic, 2.0), ("weight", 0.7)


def _cells(count: int) -> tuple[tuple[Cell, ...], ...]:
    def cell(row: int, column: int) -> Cell:
        value = 0.6 if row == column else 0.1 / (1 + abs(row - column))
        return Cell(Estimate(value, value - 0.03, value + 0.03), 0.026)

    return tuple(tuple(cell(row, column) for column in range(count)) for row in range(count))


def _weights(specialist: str, ability: str, random: np.random.Generator) -> WeightOverlap:
    density = random.poisson(8, (32, 32)) + np.eye(32, dtype=np.int64) * 12
    dots = tuple(
        Dot(float(random.lognormal()), float(random.normal()), _LOOKS[number % 4])
        for number in range(80)
    )
    return WeightOverlap(
        specialist, ability, "attributed", 0.05, Estimate(0.12, 0.1, 0.14), 0.026,
        Estimate(0.31, 0.29, 0.33), int(density.sum()),
        (KindOverlap("q", 0.1, 0.03, 0.2), KindOverlap("down", 0.2, 0.03, 0.4)),
        tuple(map(tuple, density.tolist())), dots,
    )  # fmt: skip


def _stability(specialist: str, ability: str) -> Stability:
    sizes = tuple(
        SizePoint(tokens, Estimate(value, value - 0.05, value + 0.05), 0.026)
        for tokens, value in ((40, 0.2), (80, 0.3), (150, 0.45))
    )
    bootstrap = Estimate(0.7, 0.6, 0.8)
    return Stability(specialist, ability, "attributed", 0.05, 300, 8, sizes, bootstrap, 0.026)


def _effect(draft: Draft, ability: str) -> Effect:
    role = draft.abilities[ability].role
    bring = role == "bring"
    gain = Estimate(0.4, 0.3, 0.5) if bring else Estimate(-0.05, -0.1, 0.0)
    random, over = Estimate(0.02, 0.0, 0.04), Estimate(gain.value - 0.02, gain.low, gain.high)
    return Effect(ability, role, "loss", gain, random, over, Estimate(0.5, 0.4, 0.6))


def _sufficiency(draft: Draft) -> Sufficiency:
    def point(share: float, slope: float) -> BudgetPoint:
        gain = Estimate(share * slope, share * slope - 0.02, share * slope + 0.02)
        over = Estimate(gain.value / 2, gain.low / 2, gain.high / 2)
        return BudgetPoint(share, gain, None if slope == 1 else over, gain)

    curves = tuple(
        BudgetCurve(
            scorer, name, ability.role, "loss", tuple(point(s, slope) for s in (0.01, 0.1, 0.4))
        )
        for name, ability in draft.abilities.items()
        for scorer, slope in (("attributed", 2.0), ("weight", 1.5), ("random", 1.0))
    )
    return Sufficiency("attributed", 1.0, curves)

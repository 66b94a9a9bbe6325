"""What moving channels does, held out: cross-effects, sufficiency, necessity."""

from __future__ import annotations

import math
from collections.abc import Sequence

from act_core.analysis.effects import BudgetCurve, CrossEffects, Effect, Necessity, Sufficiency
from act_core.analysis.findings import Disentanglement
from act_core.events import Estimate
from act_core.report.analysis_effects import budget_lines
from act_core.report.blocks import Bar, LineChart, Matrix, MatrixCell
from act_core.report.numbers import count, part
from act_core.report.results import MEASURES
from act_core.report.table import Table
from act_gui.maps.chance_bars import ChanceBars
from act_gui.pages.analysis_parts.masks import matrix_table, overlap_view
from act_gui.pages.analysis_parts.shown import (
    Family,
    View,
    change_of,
    pair,
    scorer_title,
    scorer_word,
    share_of,
)
from act_gui.text import tr


def disentanglement_family(
    found: Sequence[Disentanglement], effects: Sequence[CrossEffects]
) -> Family:
    """Overlap of abilities' masks, and what moving one does to the others."""
    views = [overlap_view(one) for one in found]
    if effects:
        views.append(_effects_view(effects))
    return Family(tuple(view.says for view in views), tuple(views))


def sufficiency_family(found: Sequence[Sufficiency]) -> Family:
    """Held-out change as the budget grows."""
    views = [
        _budget_view(one, [curve for curve in one.curves if curve.ability == ability])
        for one in found
        for ability in dict.fromkeys(curve.ability for curve in one.curves)
    ]
    return Family(tuple(view.says for view in views), tuple(views))


def necessity_family(found: Sequence[Necessity]) -> Family:
    """What abilities lose without their channels."""
    views = tuple(_necessity_view(one) for one in found)
    return Family(tuple(view.says for view in views), views)


def _effects_view(every: Sequence[CrossEffects]) -> View:
    matrix = Matrix(
        tr("Held-out change by what is moved (rows) on each ability; better is positive"),
        tr("Channels of"),
        tuple(pair(one.specialist, one.ability) for one in every),
        tuple(effect.ability for effect in every[0].effects),
        tuple(tuple(_effect_cell(effect, every) for effect in one.effects) for one in every),
    )
    clear = [
        tr("channels of {ability} {verb} {other}", ability=one.ability, verb=verb, other=e.ability)
        for one in every
        for e in one.effects
        if (verb := _verb(e.over_random))
    ]
    says = tr(
        "Beyond what as many random channels do (mean of {draws} draws): {effects}.",
        draws=count(every[0].draws),
        effects=", ".join(clear) or tr("no effect is clear"),
    )
    return View(tr("All abilities"), tr("Cross-effects"), says, matrix, matrix_table(matrix))


def _effect_cell(effect: Effect, every: Sequence[CrossEffects]) -> MatrixCell:
    column = [
        abs(other.gain.value)
        for one in every
        for other in one.effects
        if other.ability == effect.ability and math.isfinite(other.gain.value)
    ]
    lines = [
        change_of(effect.measure, effect.gain),
        tr("random {change}", change=change_of(effect.measure, effect.random)),
        tr("beyond {change}", change=change_of(effect.measure, effect.over_random)),
    ]
    if effect.share is not None:
        share = share_of(effect.share)
        bring = effect.role == "bring"
        lines.append(
            tr("{share} recovered", share=share) if bring else tr("{share} lost", share=share)
        )
    return MatrixCell(effect.gain.value / (max(column, default=0.0) or 1.0), "\n".join(lines))


def _budget_view(one: Sufficiency, curves: Sequence[BudgetCurve]) -> View:
    first = curves[0]
    clear, lines = budget_lines(curves, scorer_title)
    shares = first.measure != "loss" or clear
    chart = LineChart(
        _budget_title(first, clear),
        lines,
        tr("Share of channels moved"),
        percent=(True, shares),
        log=(True, False),
    )
    header = (
        tr("Channels moved"),
        *(scorer_title(curve.scorer) for curve in curves),
        tr("{scorer} beyond random", scorer=scorer_title(first.scorer)),
    )
    rows = tuple(
        (
            part(at.share),
            *(change_of(curve.measure, curve.points[row].gain) for curve in curves),
            change_of(first.measure, at.over_random) if at.over_random is not None else "",
        )
        for row, at in enumerate(first.points)
    )
    return View(first.ability, "", _sufficient(first), chart, Table(header, rows))


def _budget_title(curve: BudgetCurve, clear: bool) -> str:
    measure = tr(MEASURES[curve.measure]).capitalize()
    if not clear:
        return tr("{measure}, change against the target; better is positive", measure=measure)
    if curve.role == "bring":
        return tr("{measure}, share of the gap between the models recovered", measure=measure)
    return tr("{measure}, share of the gap between the models lost", measure=measure)


def _sufficient(curve: BudgetCurve) -> str:
    """The smallest budget whose effect is clear of random channels, and what it does."""
    scorer = scorer_word(curve.scorer)
    for at in curve.points:
        if at.over_random is not None and (verb := _verb(at.over_random)):
            return tr(
                "{ability}: from {share} of all channels on, those chosen by {scorer} {verb} it "
                "beyond random ones: {change} against the target, {beyond} against random.",
                ability=curve.ability,
                share=part(at.share),
                scorer=scorer,
                verb=verb,
                change=change_of(curve.measure, at.gain),
                beyond=change_of(curve.measure, at.over_random),
            )
    last = curve.points[-1]
    return tr(
        "{ability}: at no budget do the channels chosen by {scorer} clearly change it otherwise "
        "than random ones; at {share} it is {change} against the target.",
        ability=curve.ability,
        scorer=scorer,
        share=part(last.share),
        change=change_of(curve.measure, last.gain),
    )


def _necessity_view(one: Necessity) -> View:
    effect = one.effect
    values = (
        (tr("its own channels"), effect.gain),
        (tr("largest weight change"), one.weight),
        (tr("random channels"), effect.random),
    )
    bars = tuple(
        Bar(name, found.value, change_of(effect.measure, found), found.low, found.high,
            strong=found is effect.gain)
        for name, found in values
    )  # fmt: skip
    chart = ChanceBars(
        tr(
            "{measure}: change without these channels; better is positive",
            measure=tr(MEASURES[effect.measure]),
        ),
        bars,
        percent=effect.measure != "loss",
    )
    rows = [(bar.label, bar.text) for bar in bars]
    rows.append((tr("own beyond random"), change_of(effect.measure, effect.over_random)))
    if effect.share is not None:
        rows.append((tr("share of the gap lost"), share_of(effect.share)))
    if one.random_share is not None:
        rows.append((tr("the same at random"), share_of(one.random_share)))
    table = Table((tr("Channels replaced"), tr("Change")), tuple(rows))
    return View(pair(one.specialist, one.ability), "", _needed(one), chart, table)


def _needed(one: Necessity) -> str:
    verb = {
        "harms": tr("clearly worse than with random channels"),
        "helps": tr("clearly better than with random channels"),
        "": tr("not clearly another change than with random channels"),
    }[_sign(one.effect.over_random)]
    whose, other = (
        (one.specialist, tr("the target"))
        if one.holder == "specialist"
        else (tr("the target"), one.specialist)
    )
    return tr(
        "{ability}: {whose} with the values of {other} in its {channels} channels ({share}) "
        "changes by {change}, with random ones by {random}: {verb} (difference {beyond}).",
        ability=one.ability,
        whose=whose,
        other=other,
        channels=count(one.channels),
        share=part(one.share),
        change=change_of(one.effect.measure, one.effect.gain),
        random=change_of(one.effect.measure, one.effect.random),
        verb=verb,
        beyond=change_of(one.effect.measure, one.effect.over_random),
    )


def _sign(over_random: Estimate) -> str:
    if over_random.low > 0:
        return "helps"
    return "harms" if over_random.high < 0 else ""


def _verb(over_random: Estimate) -> str:
    return {"helps": tr("help"), "harms": tr("harm"), "": ""}[_sign(over_random)]

"""What moving channels does: cross-effects, sufficiency and necessity as blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from act_core.analysis.effects import BudgetCurve, CrossEffects, Effect, Necessity, Sufficiency
from act_core.events import Estimate
from act_core.report.blocks import (
    Bar,
    BarChart,
    Block,
    Bullets,
    Heading,
    Line,
    LineChart,
    LineRole,
    Matrix,
    MatrixCell,
    Paragraph,
    Point,
)
from act_core.report.numbers import change_scale, count, part
from act_core.report.results import MEASURES

_AGAINST_RANDOM = {
    "harm": "clearly worse than with random channels",
    "help": "clearly better than with random channels",
    None: "not clearly another change than random channels make",
}


def effect_blocks(found: Sequence[object]) -> Iterator[Block]:
    """Transferring one ability's channels: what happens to every ability."""
    every = [one for one in found if isinstance(one, CrossEffects)]
    if not every:
        return
    yield Heading("Cross-effects: what does moving one ability's channels do to the others?", 3)
    yield Paragraph(
        "Held-out change against the target; better is positive. Below it the same for random "
        f"channels, as many in every module (mean of {every[0].draws} draws), and what the chosen "
        "ones do beyond that. Where the gap between the models is clear, how much of it is covered."
    )
    abilities = tuple(effect.ability for effect in every[0].effects)
    yield Matrix(
        "Change by what is moved (rows) on each ability (columns)",
        "Channels of",
        tuple(
            f"{one.ability} from {one.specialist} ({count(one.channels)} channels)" for one in every
        ),
        tuple(f"{effect.ability}: {MEASURES[effect.measure]}" for effect in every[0].effects),
        tuple(tuple(_effect_cell(effect, every) for effect in one.effects) for one in every),
    )
    told = tuple(
        f"Channels of {one.ability} from {one.specialist} {verb} {name} beyond random ones."
        for one in every
        for name, effect in zip(abilities, one.effects, strict=True)
        if (verb := _verb(effect.over_random)) is not None
    )
    yield Bullets(told or ("No effect beyond random channels is clear.",))


def sufficiency_blocks(found: Sequence[object]) -> Iterator[Block]:
    """Held-out gain as the budget grows."""
    for one in (each for each in found if isinstance(each, Sufficiency)):
        yield Heading("Sufficiency: how few channels are enough?", 3)
        yield Paragraph(
            f"Held-out change against the target as more channels move at strength "
            f"{one.strength:g}, chosen by {one.scorer}, by weight and at random (one draw)."
        )
        for ability in dict.fromkeys(curve.ability for curve in one.curves):
            curves = [curve for curve in one.curves if curve.ability == ability]
            yield from _budget_chart(ability, curves)


def necessity_blocks(found: Sequence[object]) -> Iterator[Block]:
    """What abilities lose without their channels."""
    every = [one for one in found if isinstance(one, Necessity)]
    if not every:
        return
    yield Heading("Necessity: does the ability go where its channels go?", 3)
    for one in every:
        effect = one.effect
        whose, other = (
            (one.specialist, "the target")
            if one.holder == "specialist"
            else ("the target", one.specialist)
        )
        verb = _verb(effect.over_random)
        beyond = _AGAINST_RANDOM[verb]
        gap = ""
        if effect.share is not None:
            gap = f" {_shares(effect.share)} of the gap between both models is lost"
            gap += (
                f", with random channels {_shares(one.random_share)}." if one.random_share else "."
            )
        yield Paragraph(
            f"{one.ability}: {whose} with {other}’s values in its {count(one.channels)} channels "
            f"({part(one.share)}) changes by {_change(effect.measure, effect.gain)}; {beyond} "
            f"(difference {_change(effect.measure, effect.over_random)}).{gap}"
        )
        yield BarChart(
            f"{one.ability}, change of {MEASURES[effect.measure]} without (better is positive)",
            tuple(
                Bar(
                    label,
                    value.value,
                    _change(effect.measure, value),
                    value.low,
                    value.high,
                    strong=value is effect.gain,
                )
                for label, value in (
                    ("its own channels", effect.gain),
                    ("the largest changes (weight)", one.weight),
                    (f"random, mean of {one.draws}", effect.random),
                )
            ),
        )


def budget_lines(
    curves: Sequence[BudgetCurve], name: Callable[[str], str] = str
) -> tuple[bool, tuple[Line, ...]]:
    """Curves of one ability as lines, the recipe's scorer in front.

    Args:
        curves: The recipe's scorer first.
        name: What a scorer is called.

    Returns:
        Whether the lines are shares of a gap that is clear everywhere, else gains; and the lines.
    """
    clear = all(point.gap is not None for curve in curves for point in curve.points)
    lines = []
    for curve in curves:
        points = []
        for point in curve.points:
            found = point.gap if clear and point.gap is not None else point.gain
            points.append(Point(point.share, found.value, found.low, found.high))
        role: LineRole = "main"
        if curve is not curves[0]:
            role = "control" if curve.scorer == "weight" else "other"
        lines.append(Line(name(curve.scorer), tuple(points), role))
    return clear, tuple(lines)


def _budget_chart(ability: str, curves: Sequence[BudgetCurve]) -> Iterator[Block]:
    measure = curves[0].measure
    clear, lines = budget_lines(curves)
    kind = "recovered" if curves[0].role == "bring" else "lost"
    what = f"share of the gap {kind}" if clear else "change, better is positive"
    yield LineChart(
        f"{ability}: {MEASURES[measure]}, {what}",
        lines,
        "Channels moved",
        percent=(True, clear or measure != "loss"),
        log=(True, False),
    )
    beyond = [
        f"{part(point.share)} of the channels {verb} it: {_change(measure, point.over_random)}"
        for point in curves[0].points
        if point.over_random is not None and (verb := _verb(point.over_random)) is not None
    ]
    if beyond:
        yield Paragraph(f"{ability}, {curves[0].scorer} beyond random channels:")
        yield Bullets(tuple(beyond))
    else:
        yield Paragraph(
            f"{ability}: at no budget clearly another change than random channels make."
        )


def _effect_cell(effect: Effect, every: Sequence[CrossEffects]) -> MatrixCell:
    column = [
        abs(other.gain.value)
        for one in every
        for other in one.effects
        if other.ability == effect.ability
    ]
    lines = [
        _change(effect.measure, effect.gain),
        f"random {_change(effect.measure, effect.random)}",
        f"beyond {_change(effect.measure, effect.over_random)}",
    ]
    if effect.share is not None:
        kind = "recovered" if effect.role == "bring" else "lost"
        lines.append(f"{_shares(effect.share)} {kind}")
    return MatrixCell(effect.gain.value / (max(column) or 1.0), "\n".join(lines))


def _verb(over_random: Estimate) -> str | None:
    if over_random.low > 0:
        return "help"
    return "harm" if over_random.high < 0 else None


def _change(measure: str, found: Estimate) -> str:
    unit = " nats" if measure == "loss" else ""
    entry = {"value": found.value, "low": found.low, "high": found.high}
    return change_scale(measure).interval(entry) + unit


def _shares(found: Estimate) -> str:
    return f"{part(found.value)} ({part(found.low)} to {part(found.high)})"

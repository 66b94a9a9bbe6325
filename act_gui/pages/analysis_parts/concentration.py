"""How concentrated scores are: distribution, highest channels, module kinds, layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from act_core.analysis.findings import Concentration, GroupMass, TopMass
from act_core.report.blocks import Bar, Line, LineChart, Point
from act_core.report.numbers import count, part
from act_core.report.table import Table
from act_gui.maps.chance_bars import ChanceBars
from act_gui.pages.analysis_parts.shown import Family, View, pair, point, scorer_title, share_of
from act_gui.text import tr

_SAID = 0.01  # the share of channels that the sentence names


def concentration_family(found: Sequence[Concentration], scorer: str) -> Family:
    """The section; the statistic that the recipe's scorer ranks by comes first."""
    first = sorted(found, key=lambda one: one.statistic != scorer)
    if not first:
        return Family()
    named = [one for one in first if one.statistic == first[0].statistic]
    return Family(
        tuple(_says(one) for one in named),
        tuple(view for one in first for view in _views(one)),
    )


def _says(one: Concentration) -> str:
    top = min(one.top, key=lambda top: abs(top.channels - _SAID))
    return tr(
        "{subject}: the highest {share} of channels hold {mass} of the score; equal scores would "
        "put {share} there, weight puts {weight}.",
        subject=_subject(one),
        share=part(top.channels),
        mass=share_of(top.mass),
        weight=part(top.weight),
    )


def _views(one: Concentration) -> Iterator[View]:
    subject, says = _subject(one), _says(one)
    title = scorer_title(one.statistic)
    yield View(subject, tr("Distribution of scores"), says, _distribution(one, title), _above(one))
    yield View(
        subject,
        tr("Share of the highest channels"),
        says,
        LineChart(
            tr("Share of all score in the highest channels"),
            (
                Line(title, tuple(point(top.channels, top.mass) for top in one.top), "main"),
                Line(
                    scorer_title("weight"),
                    tuple(Point(top.channels, top.weight) for top in one.top),
                ),
                Line(
                    tr("equal scores"),
                    tuple(Point(top.channels, top.channels) for top in one.top),
                    "chance",
                ),
            ),
            tr("Share of all channels, highest first"),
            log=(True, False),
        ),
        _tops(one.top),
    )
    kinds = ChanceBars(
        tr("Share of all score in each module kind; by chance its share of channels"),
        tuple(Bar(kind.name, kind.mass, part(kind.mass)) for kind in one.kinds),
        tuple(kind.channels for kind in one.kinds),
    )
    yield View(subject, tr("Module kinds"), _most(one, one.kinds), kinds, _groups(one, one.kinds))
    layers = LineChart(
        tr("Share of all score in each layer"),
        (
            Line(title, tuple(Point(float(g.name), g.mass) for g in one.layers), "main"),
            Line(
                tr("share of channels"),
                tuple(Point(float(group.name), group.channels) for group in one.layers),
                "chance",
            ),
        ),
        tr("Layer"),
        percent=(False, True),
    )
    yield View(subject, tr("Layers"), _most(one, one.layers), layers, _groups(one, one.layers))


def _distribution(one: Concentration, title: str) -> LineChart:
    lowest = 1 / one.channels
    equal = (Point(one.curve[0].level, 1.0), Point(1.0, 1.0), Point(1.0, lowest))
    return LineChart(
        tr("Share of channels with a higher score"),
        (
            Line(title, tuple(Point(at.level, at.share) for at in one.curve), "main"),
            Line(scorer_title("weight"), tuple(Point(at.level, at.weight) for at in one.curve)),
            Line(tr("equal scores"), equal, "chance"),
        ),
        tr("Score, in multiples of its mean"),
        percent=(False, True),
        log=(True, True),
    )


def _above(one: Concentration) -> Table:
    names = [tr("{level} × mean", level=f"{above.level:g}") for above in one.above[:-1]]
    rows = tuple(
        (name, count(above.channels), part(above.share), part(above.weight), part(0.0))
        for name, above in zip((*names, tr("half of the highest")), one.above, strict=True)
    )
    header = (
        tr("Score above"),
        tr("Channels"),
        tr("Share"),
        scorer_title("weight"),
        tr("Equal scores"),
    )
    return Table(header, rows)


def _tops(tops: Sequence[TopMass]) -> Table:
    rows = tuple(
        (part(top.channels), share_of(top.mass), part(top.weight), part(top.channels))
        for top in tops
    )
    header = (
        tr("Highest channels"),
        tr("Share of score"),
        scorer_title("weight"),
        tr("Equal scores"),
    )
    return Table(header, rows)


def _groups(one: Concentration, groups: Sequence[GroupMass]) -> Table:
    tops = [tr("In its highest {share}", share=part(top.channels)) for top in one.top]
    header = (
        tr("Part"),
        tr("Share of score"),
        tr("Share of channels"),
        tr("Channels above {level} × mean", level=f"{one.threshold:g}"),
        *tops,
    )
    rows = tuple(
        (g.name, part(g.mass), part(g.channels), count(g.above), *(part(top) for top in g.top))
        for g in groups
    )
    return Table(header, rows)


def _most(one: Concentration, groups: Sequence[GroupMass]) -> str:
    """The part that holds most over its share of channels."""
    best = max(groups, key=lambda group: group.mass / (group.channels or 1.0))
    return tr(
        "{subject}: {name} holds most for its size, {mass} of the score in {channels} of the "
        "channels, which is what equal scores would put there.",
        subject=_subject(one),
        name=tr("layer {name}", name=best.name) if groups is one.layers else best.name,
        mass=part(best.mass),
        channels=part(best.channels),
    )


def _subject(one: Concentration) -> str:
    return f"{pair(one.specialist, one.ability)} · {scorer_title(one.statistic)}"

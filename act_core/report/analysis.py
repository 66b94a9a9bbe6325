"""What analyses of profiles and masks found, as blocks: each figure beside its chance level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from act_core.analysis.file import from_json
from act_core.analysis.findings import (
    Agreement,
    Cell,
    Concentration,
    Disentanglement,
    Stability,
    WeightOverlap,
)
from act_core.events import Estimate
from act_core.localize.scorers import SCORERS
from act_core.report.analysis_effects import effect_blocks, necessity_blocks, sufficiency_blocks
from act_core.report.blocks import (
    Bar,
    BarChart,
    Block,
    Bullets,
    Grid,
    Heading,
    HeatMap,
    Line,
    LineChart,
    Matrix,
    MatrixCell,
    Paragraph,
    Point,
)
from act_core.report.numbers import Scale, count, part
from act_core.report.table import Table

_T = TypeVar("_T")
_CORRELATION = Scale(1, 2)
_INTERVALS = (
    "In parentheses stand 95 % intervals: of scores and masks over parts of the calibration data "
    "(jackknife), where a range is named over repeated random divisions, and of held-out figures "
    "over items (bootstrap). Overlap of masks is the Jaccard index: channels in both over channels "
    "in either. By chance means for independent masks with as many channels in every module."
)


def analysis_blocks(metrics: Mapping[str, Any]) -> Iterator[Block]:
    """All findings, in the order in which they lead from scores to what they do.

    Args:
        metrics: As in metrics.json; read are `analysis` and `method`.
    """
    found = [one.finding for one in from_json(metrics["analysis"])]
    yield Heading("Analysis")
    yield Paragraph(_INTERVALS)
    yield from _concentration(_of(found, Concentration), metrics["method"]["scorer"])
    yield from _weights(_of(found, WeightOverlap))
    yield from _stability(_of(found, Stability), _of(found, Agreement))
    for one in _of(found, Disentanglement):
        yield from _disentanglement(one)
    yield from effect_blocks(found)
    yield from sufficiency_blocks(found)
    yield from necessity_blocks(found)


def _of(found: Sequence[object], kind: type[_T]) -> list[_T]:
    return [one for one in found if isinstance(one, kind)]


def _concentration(found: Sequence[Concentration], scorer: str) -> Iterator[Block]:
    if not found:
        return
    yield Heading("Concentration: do few channels hold most of the score?", 3)
    yield from _tops(found)
    yield from _thresholds(found)
    yield from map(_curve, found)
    named = [one for one in found if one.statistic == scorer]
    # Of the others the same stands in analysis.json.
    for one in named or [one for one in found if one.statistic == found[0].statistic]:
        yield from _places(one)


def _tops(found: Sequence[Concentration]) -> Iterator[Block]:
    yield Paragraph(
        "Share of all positive score in the highest channels. Equal scores would put as much there "
        "as there are channels; weight, which looks at no data, says how much of the concentration "
        "is that of the fine-tuning itself."
    )
    header = ("Profile", *(f"Top {part(top.channels)}" for top in found[0].top))
    rows = [(_profile(one), *(_text(top.mass) for top in one.top)) for one in found]
    weights = {one.specialist: one for one in found}
    rows += [
        (f"{name}: weight", *(part(top.weight) for top in one.top)) for name, one in weights.items()
    ]
    rows.append(("equal scores", *(part(top.channels) for top in found[0].top)))
    yield Grid(Table(header, tuple(rows)))


def _thresholds(found: Sequence[Concentration]) -> Iterator[Block]:
    yield Paragraph(
        "Channels above a threshold in multiples of the mean positive score, and above half of the "
        "highest score; in parentheses the share of channels that weight has above the same "
        "multiple of its own mean. Equal scores would have none."
    )
    titles = (*(f"{above.level:g} × mean" for above in found[0].above[:-1]), "Half of the highest")
    rows = [
        (
            _profile(one),
            *(f"{count(a.channels)}: {part(a.share)} ({part(a.weight)})" for a in one.above),
        )
        for one in found
    ]
    yield Grid(Table(("Profile", *titles), tuple(rows)))


def _curve(one: Concentration) -> LineChart:
    curve = tuple(Point(point.level, point.share) for point in one.curve)
    weight = tuple(Point(point.level, point.weight) for point in one.curve)
    chance = (Point(one.curve[0].level, 1.0), Point(1.0, 1.0), Point(1.0, 1 / one.channels))
    return LineChart(
        f"{_profile(one)}: share of channels above a score",
        (
            Line(one.statistic, curve, "main"),
            Line("weight", weight),
            Line("equal scores", chance, "chance"),
        ),
        "Score, in multiples of its mean",
        percent=(False, True),
        log=(True, True),
    )


def _places(one: Concentration) -> Iterator[Block]:
    yield BarChart(
        f"{_profile(one)}: share of the score in each module kind (of all channels)",
        tuple(
            Bar(kind.name, kind.mass, f"{part(kind.mass)} ({part(kind.channels)})")
            for kind in one.kinds
        ),
    )
    yield BarChart(
        f"{_profile(one)}: share of the score in each layer",
        tuple(Bar(layer.name, layer.mass, part(layer.mass)) for layer in one.layers),
        standing=True,
    )
    yield _groups(one)


def _groups(one: Concentration) -> Grid:
    tops = [f"Top {part(top.channels)}" for top in one.top]
    rows = [
        (label, *(part(mass) for mass in group.top), count(group.above))
        for label, group in (
            *((kind.name, kind) for kind in one.kinds),
            *((f"layer {layer.name}", layer) for layer in one.layers),
        )
    ]
    header = ("Within", *tops, f"Channels above {one.threshold:g} × mean")
    return Grid(Table(header, tuple(rows)))


def _weights(found: Sequence[WeightOverlap]) -> Iterator[Block]:
    if not found:
        return
    yield Heading("Activation masks against weight masks", 3)
    yield Paragraph(
        "Does a score that looks at data choose other channels than the size of the change alone? "
        "Overlap near chance: quite others. Rank correlation (Spearman) is 0 by chance."
    )
    for one in found:
        yield Paragraph(
            f"{_mask(one.specialist, one.ability)}, {_title(one.scorer)}, {part(one.share)} of all "
            f"channels: overlap with the weight mask {_text(one.jaccard)}, by chance "
            f"{part(one.chance)}; rank correlation {_plain(one.correlation)} over "
            f"{count(one.sampled)} channels."
        )
        rows = (
            (kind.kind, part(kind.jaccard), part(kind.chance), _CORRELATION.text(kind.correlation))
            for kind in one.kinds
        )
        yield Grid(Table(("Module kind", "Overlap", "By chance", "Correlation"), tuple(rows)))
        even = one.sampled / len(one.density) ** 2
        yield HeatMap(
            f"{_mask(one.specialist, one.ability)}: channels by rank",
            "Rank by weight",
            f"Rank by {one.scorer}",
            tuple(tuple(min(1.0, cell / even / 4) for cell in row) for row in one.density),
            "The more channels a cell holds, the stronger its colour; by chance each would hold "
            f"{even:.0f}, which is a quarter of full colour.",
        )


def _stability(found: Sequence[Stability], agreements: Sequence[Agreement]) -> Iterator[Block]:
    if not found and not agreements:
        return
    yield Heading("Stability: does other data of the kind choose the same channels?", 3)
    for one in found:
        halves = one.halves
        yield Paragraph(
            f"{_mask(one.specialist, one.ability)}, {_title(one.scorer)}, {part(one.share)} of all "
            f"channels: two masks from disjoint halves ({count(halves.tokens)} counted tokens each)"
            f" overlap by {_text(halves.jaccard)} (range over divisions), by chance "
            f"{part(halves.chance)}. Parts drawn with replacement reproduce the mask of all data "
            f"by {_text(one.bootstrap)}."
        )
        yield LineChart(
            f"{_mask(one.specialist, one.ability)}: overlap of masks from disjoint data",
            (
                Line(
                    "overlap",
                    tuple(_point(size.tokens, size.jaccard) for size in one.sizes),
                    "main",
                ),
                Line("chance", tuple(Point(s.tokens, s.chance) for s in one.sizes), "chance"),
            ),
            "Counted tokens behind each mask",
            percent=(False, True),
            log=(True, False),
        )
    for table in agreements:
        what = "by each scorer" if table.between == "scorers" else "from each source"
        yield _overlaps(
            f"{_mask(table.specialist, table.ability)}: overlap of masks {what}; on the diagonal "
            f"two halves of the data",
            table.between.capitalize(),
            table.labels,
            table.cells,
        )
        if table.between == "sources":
            yield Paragraph(
                f"All from {count(table.tokens)} counted tokens a mask. A source differs from "
                "another as far as its row falls below its own diagonal."
            )


def _disentanglement(one: Disentanglement) -> Iterator[Block]:
    yield Heading("Disentanglement: do abilities lie in different channels?", 3)
    yield Paragraph(
        f"Masks of each ability alone ({_title(one.scorer)}, {part(one.share)} of all channels). "
        "On the diagonal two halves of one ability's data: as much as noise lets others reach."
        + (
            " On an ability to keep the channels are those whose moving costs most."
            if one.scorer == "attributed"
            else ""
        )
    )
    labels = tuple(_mask(*names) for names in one.masks)
    yield _overlaps("Overlap of masks", "Mask of", labels, one.cells)
    apart, together = _counted(one.cells)
    yield Bullets(
        (
            f"{together} pairs overlap more than by chance, their interval above it.",
            f"{apart} pairs overlap less than by chance, their interval below it.",
        )
    )


def _counted(cells: Sequence[Sequence[Cell]]) -> tuple[int, int]:
    pairs = [cells[row][column] for row in range(len(cells)) for column in range(row)]
    below = sum(pair.value.high < pair.chance for pair in pairs)
    return below, sum(pair.value.low > pair.chance for pair in pairs)


def _overlaps(
    title: str, corner: str, labels: tuple[str, ...], cells: Sequence[Sequence[Cell]]
) -> Matrix:
    return Matrix(title, corner, labels, labels, tuple(tuple(map(_cell, row)) for row in cells))


def _cell(cell: Cell) -> MatrixCell:
    return MatrixCell(cell.value.value, f"{_text(cell.value)}\nby chance {part(cell.chance)}")


def _point(x: float, found: Estimate) -> Point:
    return Point(x, found.value, found.low, found.high)


def _profile(one: Concentration) -> str:
    return f"{_mask(one.specialist, one.ability)}: {one.statistic}"


def _mask(specialist: str, ability: str) -> str:
    return f"{ability} from {specialist}"


def _title(scorer: str) -> str:
    return SCORERS[scorer].title.lower()


def _text(found: Estimate) -> str:
    if found.low == found.high:
        return part(found.value)
    return f"{part(found.value)} ({part(found.low)} to {part(found.high)})"


def _plain(found: Estimate) -> str:
    return _CORRELATION.interval({"value": found.value, "low": found.low, "high": found.high})

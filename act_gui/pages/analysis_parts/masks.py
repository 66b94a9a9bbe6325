"""How masks agree: with weight, with themselves on other data, with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from act_core.analysis.findings import (
    Agreement,
    Cell,
    Disentanglement,
    Stability,
    WeightOverlap,
)
from act_core.report.blocks import Bar, HeatMap, Line, LineChart, Matrix, MatrixCell, Point
from act_core.report.numbers import count, part
from act_core.report.table import Table
from act_gui.maps.chance_bars import ChanceBars
from act_gui.maps.dots import Dots
from act_gui.pages.analysis_parts.shown import (
    Family,
    View,
    pair,
    plain_text,
    point,
    scorer_title,
    scorer_word,
    share_of,
)
from act_gui.text import tr

_DARKEST = 4  # times what a cell of the heat map would hold by chance


def weights_family(found: Sequence[WeightOverlap]) -> Family:
    """Activation masks beside weight masks."""
    return Family(
        tuple(_against_weight(one) for one in found),
        tuple(view for one in found for view in _weight_views(one)),
    )


def stability_family(found: Sequence[Stability], agreements: Sequence[Agreement]) -> Family:
    """Masks from other data, by other scorers, from other sources."""
    views = [_sizes(one) for one in found]
    views += [_agreement(one) for one in agreements]
    return Family(tuple(_stable(one) for one in found), tuple(views))


def overlap_view(one: Disentanglement) -> View:
    """Masks of all abilities, each with each."""
    labels = tuple(pair(*names) for names in one.masks)
    matrix = cells_matrix(
        tr("Overlap of masks; on the diagonal two halves of one ability’s data"),
        tr("Mask of"),
        labels,
        one.cells,
    )
    return View(tr("All abilities"), tr("Overlap"), _apart(one), matrix, matrix_table(matrix))


def matrix_table(matrix: Matrix) -> Table:
    """A matrix as a table of its texts."""
    rows = tuple(
        (name, *(cell.text for cell in cells))
        for name, cells in zip(matrix.rows, matrix.cells, strict=True)
    )
    return Table((matrix.corner, *matrix.columns), rows)


def cells_matrix(
    title: str, corner: str, labels: tuple[str, ...], cells: Sequence[Sequence[Cell]]
) -> Matrix:
    """Overlaps beside their chance levels."""
    shown = tuple(
        tuple(
            MatrixCell(
                cell.value.value,
                f"{share_of(cell.value)}\n" + tr("by chance {share}", share=part(cell.chance)),
            )
            for cell in row
        )
        for row in cells
    )
    return Matrix(title, corner, labels, labels, shown)


def _against_weight(one: WeightOverlap) -> str:
    found = one.correlation
    return tr(
        "{subject}: the mask by {scorer} and the one by weight, {share} of all channels each, "
        "overlap by {overlap}, by chance {chance}; the rank correlation is {value} ({low} to "
        "{high}), by chance 0.",
        subject=pair(one.specialist, one.ability),
        scorer=scorer_word(one.scorer),
        share=part(one.share),
        overlap=share_of(one.jaccard),
        chance=part(one.chance),
        value=plain_text(found.value),
        low=plain_text(found.low),
        high=plain_text(found.high),
    )


def _weight_views(one: WeightOverlap) -> Iterator[View]:
    subject, says = pair(one.specialist, one.ability), _against_weight(one)
    even = one.sampled / len(one.density) ** 2
    kinds = Table(
        (tr("Module kind"), tr("Overlap"), tr("By chance"), tr("Rank correlation")),
        tuple(
            (kind.kind, part(kind.jaccard), part(kind.chance), plain_text(kind.correlation))
            for kind in one.kinds
        ),
    )
    heat = HeatMap(
        tr("{count} channels by rank", count=count(one.sampled)),
        tr("Rank by weight"),
        tr("Rank by {scorer}", scorer=scorer_word(one.scorer)),
        tuple(tuple(min(1.0, cell / even / _DARKEST) for cell in row) for row in one.density),
        tr(
            "The stronger the colour, the more channels; by chance every cell would hold {even}, a "
            "quarter of the strongest.",
            even=count(round(even)),
        ),
    )
    yield View(subject, tr("Density by rank"), says, heat, kinds)
    dots = Dots(
        tr("{count} channels drawn at random", count=count(len(one.dots))),
        scorer_title("weight"),
        scorer_title(one.scorer),
        one.dots,
    )
    yield View(subject, tr("Scatter"), says, dots, kinds)
    bars = ChanceBars(
        tr("Overlap of both masks in each module kind"),
        tuple(Bar(kind.kind, kind.jaccard, part(kind.jaccard)) for kind in one.kinds),
        tuple(kind.chance for kind in one.kinds),
    )
    yield View(subject, tr("Module kinds"), says, bars, kinds)


def _stable(one: Stability) -> str:
    return tr(
        "{subject}: masks from two halves of the data ({tokens} counted tokens each) overlap by "
        "{halves}, by chance {chance}; data drawn again with replacement reproduces the mask by "
        "{drawn}.",
        subject=pair(one.specialist, one.ability),
        tokens=count(one.halves.tokens),
        halves=share_of(one.halves.jaccard),
        chance=part(one.halves.chance),
        drawn=share_of(one.bootstrap),
    )


def _sizes(one: Stability) -> View:
    chart = LineChart(
        tr("Overlap of masks from disjoint data, {share} of all channels", share=part(one.share)),
        (
            Line(
                scorer_title(one.scorer),
                tuple(point(size.tokens, size.jaccard) for size in one.sizes),
                "main",
            ),
            Line(
                tr("by chance"),
                tuple(Point(size.tokens, size.chance) for size in one.sizes),
                "chance",
            ),
        ),
        tr("Counted tokens behind each mask"),
        percent=(False, True),
        log=(True, False),
    )
    rows = tuple(
        (count(size.tokens), share_of(size.jaccard), part(size.chance)) for size in one.sizes
    )
    table = Table((tr("Counted tokens"), tr("Overlap (range)"), tr("By chance")), rows)
    return View(pair(one.specialist, one.ability), tr("By size of the data"), _stable(one), chart,
                table)  # fmt: skip


def _agreement(one: Agreement) -> View:
    by_scorer = one.between == "scorers"
    labels = tuple(map(scorer_title, one.labels)) if by_scorer else one.labels
    title = (
        tr("Overlap of masks by each scorer; on the diagonal two halves of the data")
        if by_scorer
        else tr("Overlap of masks from each source; on the diagonal two halves of it")
    )
    matrix = cells_matrix(title, tr("Scorer") if by_scorer else tr("Source"), labels, one.cells)
    name = tr("By scorer") if by_scorer else tr("By source")
    says = tr(
        "{subject}: every mask is from {tokens} counted tokens. A row says something else than "
        "another as far as they overlap less than the diagonal, which is as much as noise allows.",
        subject=pair(one.specialist, one.ability),
        tokens=count(one.tokens),
    )
    subject = pair(one.specialist, one.ability)
    return View(subject, name, says, matrix, matrix_table(matrix))


def _apart(one: Disentanglement) -> str:
    pairs = [one.cells[row][column] for row in range(len(one.cells)) for column in range(row)]
    together = sum(cell.value.low > cell.chance for cell in pairs)
    apart = sum(cell.value.high < cell.chance for cell in pairs)
    return tr(
        "Masks by {scorer}, {share} of all channels each: of {pairs} pairs of abilities {together} "
        "overlap clearly more than by chance and {apart} clearly less.",
        scorer=scorer_word(one.scorer),
        share=part(one.share),
        pairs=count(len(pairs)),
        together=count(together),
        apart=count(apart),
    )

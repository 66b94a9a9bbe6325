"""Channel maps as SVG inside HTML: a line for each module, darker where more is selected.

Kinds of module stand below each other, each with its layers from the first down; a line runs along
the module's channels, whatever their number. Colours come from the page's style.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

from act_core.report.blocks import ChannelMap, MapRow
from act_core.report.charts import WIDTH
from act_core.report.curves import svg, svg_text

_LEFT, _RIGHT, _TOP, _GAP = 64, WIDTH - 48, 6, 8
_HIGHEST_PX, _LOWEST_PX, _ROOM_PX = 10.0, 2.0, 640.0  # of a line, and of all lines
_LEVELS = 9
_LABELLED_PX = 24  # groups as high as this tell their first and last layer


def map_svg(chart: ChannelMap) -> str:
    """The map as one `svg` element."""
    groups: dict[str, list[MapRow]] = {}
    for row in sorted(chart.rows, key=lambda row: row.layer):
        groups.setdefault(row.kind, []).append(row)
    row_px = max(_LOWEST_PX, min(_HIGHEST_PX, _ROOM_PX / max(1, len(chart.rows))))
    height = round(2 * _TOP + row_px * len(chart.rows) + _GAP * len(groups))
    # Groups in the order in which the layer has its modules, as in the model.
    order = tuple(dict.fromkeys(row.kind for row in chart.rows))
    inner = _inside([(kind, groups[kind]) for kind in order], row_px)
    return svg(f"{chart.title}. {chart.text}", WIDTH, height, inner)


def _inside(groups: Sequence[tuple[str, list[MapRow]]], row_px: float) -> Iterator[str]:
    top = float(_TOP)
    paths: dict[int, list[str]] = defaultdict(list)
    for kind, rows in groups:
        height = row_px * len(rows)
        yield f'<path class="tick" d="M{_LEFT} {top:.2f}H{_RIGHT}v{height:.2f}H{_LEFT}z"/>'
        yield svg_text(_LEFT - 8, top + height / 2 + 4, kind, "end")
        if height >= _LABELLED_PX:
            yield svg_text(_RIGHT + 6, top + 10, str(rows[0].layer))
            yield svg_text(_RIGHT + 6, top + height, str(rows[-1].layer))
        for number, row in enumerate(rows):
            for level, run in _runs(row.bins, top + (number + 0.5) * row_px):
                paths[level].append(run)
        top += height + _GAP
    for level, runs in sorted(paths.items()):
        yield (
            f'<path class="cells" stroke-width="{row_px:.2f}" '
            f'stroke-opacity="{level / _LEVELS:.2f}" d="{"".join(runs)}"/>'
        )


def _runs(bins: str, middle: float) -> Iterator[tuple[int, str]]:
    """Stretches of equal density, as lines."""
    step = (_RIGHT - _LEFT) / max(1, len(bins))
    at = 0
    for digit, same in itertools.groupby(bins):
        length = len(list(same))
        if digit in "123456789":
            yield int(digit), f"M{_LEFT + at * step:.5g} {middle:.5g}h{length * step:.5g}"
        at += length

"""The plane of recovered against lost as SVG inside HTML: numbered dots, and a list of the numbers.

Dots that lie close together keep numbers that can be read, each moved to a free place beside its
dot; whiskers span the intervals of both shares. Colours come from the page's style.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from act_core.report.blocks import PlaneChart
from act_core.report.charts import WIDTH
from act_core.report.curves import Axis, axis_over, svg, svg_text
from act_core.report.escape import html_text
from act_core.report.numbers import part
from act_core.report.plane import PlanePoint

_LEFT, _RIGHT, _TOP, _LIST = 64, 440, 12, 470
_LEAST_PLOT, _ROW, _FOOT = 250, 18, 40
_DOT_PX = 4  # radius
_NEAR_PX = 17  # a number this far from its dot needs no line to it
_NUMBER_PX = (16, 12)  # room of a number
# Where a number may stand beside its dot, the best place first.
_PLACES = tuple((x * d, y * d) for d in (11, 20, 30, 42) for x, y in
                ((1, -0.7), (-1, -0.7), (1, 0.9), (-1, 0.9), (0, -1.1), (0, 1.2)))  # fmt: skip

Spot = tuple[float, float]


def plane_svg(chart: PlaneChart) -> str:
    """The chart as one `svg` element."""
    bottom = _TOP + max(_LEAST_PLOT, _ROW * len(chart.points))
    points = [point for _, point in chart.points]
    # The lost share grows to the right; both axes begin at zero at the latest.
    x = axis_over([0.0, *_ends(points, "lost")], False, True, _LEFT, _RIGHT)
    y = axis_over([0.0, *_ends(points, "recovered")], False, True, bottom, _TOP)
    return svg(chart.title, WIDTH, bottom + _FOOT, _inside(chart, x, y, bottom))


def _inside(chart: PlaneChart, x: Axis, y: Axis, bottom: int) -> Iterator[str]:
    for tick in y.ticks():
        yield f'<path class="tick" d="M{_LEFT} {y.place(tick):.2f}H{_RIGHT}"/>'
        yield svg_text(_LEFT - 6, y.place(tick) + 4, y.text(tick), "end")
    for tick in x.ticks():
        yield svg_text(x.place(tick), bottom + 16, x.text(tick), "middle")
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{_RIGHT}"/>'
    yield svg_text((_LEFT + _RIGHT) / 2, bottom + 32, "lost of what was to be kept", "middle")
    taken = [(x.place(point.lost), y.place(point.recovered)) for _, point in chart.points]
    for number, (label, point) in enumerate(chart.points, 1):
        spot = x.place(point.lost), y.place(point.recovered)
        kind = "main" if point.kind == "result" else "control"
        yield f'<g class="line {kind}"><title>{html_text(_told(label, point))}</title>'
        place = _free(spot, taken, bottom)
        yield from _leader(spot, place)
        yield from _reach(point, x, y)
        yield f'<circle class="dot" cx="{spot[0]:.2f}" cy="{spot[1]:.2f}" r="{_DOT_PX}"/></g>'
        taken.append(place)
        yield svg_text(place[0], place[1] + 4, str(number), "middle")
        yield svg_text(_LIST, _TOP + _ROW * (number - 0.3), f"{number}  {_told(label, point)}")


def _reach(point: PlanePoint, x: Axis, y: Axis) -> Iterator[str]:
    """Whiskers of both shares."""
    at, height = x.place(point.lost), y.place(point.recovered)
    if point.lost_low is not None and point.lost_high is not None:
        ends = x.place(point.lost_low), x.place(point.lost_high)
        yield f'<path class="reach" d="M{ends[0]:.2f} {height:.2f}H{ends[1]:.2f}"/>'
    if point.recovered_low is not None and point.recovered_high is not None:
        ends = y.place(point.recovered_low), y.place(point.recovered_high)
        yield f'<path class="reach" d="M{at:.2f} {ends[0]:.2f}V{ends[1]:.2f}"/>'


def _free(spot: Spot, taken: list[Spot], bottom: int) -> Spot:
    """The first place beside a dot that no dot and no number has taken; else the first of all."""
    width, height = _NUMBER_PX
    places = [(spot[0] + dx, spot[1] + dy) for dx, dy in _PLACES]
    others = [one for one in taken if one != spot]
    for x, y in places:
        inside = _LEFT < x < _RIGHT + width and _TOP - 2 < y < bottom - 4
        if inside and all(abs(x - a) > width or abs(y - b) > height for a, b in others):
            return x, y
    return places[0]


def _leader(spot: Spot, place: Spot) -> Iterator[str]:
    """A line from a dot to its number, where another dot may be as near to that."""
    length = math.dist(spot, place)
    if length > _NEAR_PX:
        part_of_way = 1 - _NUMBER_PX[1] / 2 / length
        x, y = (a + part_of_way * (b - a) for a, b in zip(spot, place, strict=True))
        yield f'<path class="leader" d="M{spot[0]:.2f} {spot[1]:.2f}L{x:.2f} {y:.2f}"/>'


def _ends(points: list[PlanePoint], share: str) -> list[float]:
    found = [getattr(point, share + end) for point in points for end in ("", "_low", "_high")]
    return [one for one in found if one is not None]


def _told(label: str, point: PlanePoint) -> str:
    return f"{label}: {part(point.recovered)} / {part(point.lost)}"

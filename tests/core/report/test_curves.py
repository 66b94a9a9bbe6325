"""Lines, heat maps and matrices: places, marks and shades say what the values say."""

from __future__ import annotations

import math
import re

import pytest

from act_core.report.blocks import HeatMap, Line, LineChart, Matrix, MatrixCell, Point
from act_core.report.curves import heat_svg, lines_svg
from act_core.report.html import to_html
from act_core.report.markdown import to_markdown
from act_core.report.style import STYLE
from tests.core.report.page import Element, read_page


def _line(chart: LineChart, role: str) -> Element:
    groups = read_page(lines_svg(chart)).all("g")
    return next(one for one in groups if one.attributes["class"] == f"line {role}")


def _places(line: Element) -> list[tuple[float, float]]:
    path = line.all("path")[0].attributes["d"] or ""
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", path)]


def _chart(*points: Point, log: tuple[bool, bool] = (False, False)) -> LineChart:
    zero = Line("by chance", (Point(points[0].x, 0.5), Point(points[-1].x, 0.5)), "chance")
    return LineChart("c", (Line("gain", points, "main"), zero), "channels", log=log)


def test_lines_are_proportional_and_grow_upwards() -> None:
    chart = _chart(Point(0.0, 0.0), Point(0.25, 0.5), Point(1.0, 1.0))

    (x0, y0), (x1, y1), (x2, y2) = _places(_line(chart, "main"))

    assert x1 - x0 == pytest.approx((x2 - x0) / 4, abs=0.02)
    assert y0 - y1 == pytest.approx((y0 - y2) / 2, abs=0.02)
    assert y2 < y1 < y0
    assert {y for _, y in _places(_line(chart, "chance"))} == {y1}


def test_logarithmic_axes_grow_by_factors_and_leave_zero_out() -> None:
    points = Point(0.01, 0.0), Point(0.01, 0.001), Point(0.1, 0.01), Point(1.0, 1.0)

    places = _places(_line(_chart(*points, log=(True, True)), "main"))

    assert len(places) == 3
    (x0, y0), (x1, y1), (x2, y2) = places
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.02)
    assert 2 * (y0 - y1) == pytest.approx(y1 - y2, abs=0.03)


def test_whiskers_span_the_interval() -> None:
    chart = _chart(Point(0.0, 0.0), Point(1.0, 1.0), Point(2.0, 0.5, 0.0, 1.0))

    line = _line(chart, "main")

    (_, bottom), (_, top), (x, _) = _places(line)
    (reach,) = (one for one in line.all("path") if one.attributes["class"] == "reach")
    ends = [float(one) for one in re.findall(r"[\d.]+", reach.attributes["d"] or "")]
    assert ends == pytest.approx([x, bottom, top], abs=0.02)


def test_a_chart_without_points_and_one_with_equal_ones_are_drawn() -> None:
    empty = LineChart("c", (Line("gone", (Point(1.0, math.nan),)),), "x")
    flat = _chart(Point(0.2, 0.5))

    assert not read_page(lines_svg(empty)).all("path")
    assert all(math.isfinite(one) for one in _places(_line(flat, "main"))[0])


def test_ticks_are_round_and_within() -> None:
    chart = _chart(Point(0.0, 0.0), Point(1.0, 0.83))

    texts = [one.whole_text for one in read_page(lines_svg(chart)).all("text")]

    assert {"0 %", "20 %", "40 %", "60 %", "80 %"} <= set(texts)


def test_heat_maps_are_drawn_from_the_bottom_up() -> None:
    cells = read_page(heat_svg(HeatMap("h", "x", "y", ((0.0, 1.0), (0.5, 0.25)), "t"))).all("rect")

    assert [cell.attributes["fill-opacity"] for cell in cells] == ["0.00", "1.00", "0.50", "0.25"]
    assert float(cells[0].attributes["y"] or 0) > float(cells[2].attributes["y"] or 0)


def test_shades_of_a_matrix_have_a_style() -> None:
    cells = (
        (MatrixCell(1.0, "100 %"), MatrixCell(-0.32, "worse")),
        (MatrixCell(math.nan, "–"),) * 2,
    )
    matrix = Matrix("m", "mask of", ("a", "b"), ("a", "b"), cells)

    page = read_page(to_html("t", [matrix]))

    found = [cell.attributes.get("class") for cell in page.all("td")]
    assert found == ["more10", "worse3", None, None]
    for name in ("more10", "worse3"):
        assert f".matrix .{name} " in STYLE


def test_markdown_says_the_same_in_tables() -> None:
    points = tuple(Point(x / 40, x / 80, 0.0, 0.5) for x in range(41))
    cells = ((MatrixCell(1.0, "100 %\nby chance 3 %"),),)

    lines = to_markdown([_chart(*points)]).splitlines()
    matrix = to_markdown([Matrix("m", "mask of", ("a",), ("b",), cells)])

    assert "| channels | gain | by chance |" in lines
    assert len(lines) < 20
    assert "| 100 % | 50 % (0 % to 50 %) | 50 % |" in lines
    assert "| a | 100 %, by chance 3 % |" in matrix

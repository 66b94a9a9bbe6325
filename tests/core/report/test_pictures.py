"""The plane and the channel map: places, numbers and shades say what the data says."""

from __future__ import annotations

import math
import re

import pytest

from act_core.report import render
from act_core.report.blocks import ChannelMap, MapRow, PlaneChart
from act_core.report.channel_map import map_svg
from act_core.report.markdown import to_markdown
from act_core.report.plane import PlanePoint
from act_core.report.plane_chart import plane_svg
from tests.core.report.example import COMMAND, RECIPE, example
from tests.core.report.page import Element, read_page


def _point(name: str, recovered: float, lost: float, half: float = 0.0) -> tuple[str, PlanePoint]:
    kind = "result" if name == "result" else "control"
    ends = (recovered - half, recovered + half), (lost - half, lost + half)
    point = PlanePoint(name, kind, "", recovered, *ends[0], lost, *ends[1])  # type: ignore[arg-type]
    return name, point


def _dots(page: Element) -> list[tuple[float, float]]:
    return [
        (float(one.attributes["cx"] or 0), float(one.attributes["cy"] or 0))
        for one in page.all("circle")
    ]


def test_dots_lie_at_their_shares() -> None:
    points = tuple(_point(n, r, x) for n, r, x in (("a", 0, 0), ("result", 0.5, 0.1), ("b", 1, 1)))
    page = read_page(plane_svg(PlaneChart("p", points)))

    (x0, y0), (x1, y1), (x2, y2) = _dots(page)

    assert (x1 - x0) / (x2 - x0) == pytest.approx(0.1, abs=0.001)
    assert (y0 - y1) / (y0 - y2) == pytest.approx(0.5, abs=0.001)
    strong = [g for g in page.all("g") if g.attributes["class"] == "line main"]
    assert [g.children[0].text for g in strong] == ["result: 50 % / 10 %"]


def test_whiskers_span_both_intervals() -> None:
    page = read_page(plane_svg(PlaneChart("p", (_point("a", 0.5, 0.5, 0.25), _point("b", 1, 1)))))
    (x, y), (x1, y1) = _dots(page)
    reach = [p.attributes["d"] or "" for p in page.all("path") if p.attributes["class"] == "reach"]
    across = [float(n) for n in re.findall(r"[\d.]+", reach[0])]
    down = [float(n) for n in re.findall(r"[\d.]+", reach[1])]

    assert (across[2] - across[0], across[1]) == pytest.approx((x1 - x, y), abs=0.02)
    assert (down[1] - down[2], down[0]) == pytest.approx((y - y1, x), abs=0.02)


def test_numbers_of_close_dots_do_not_cover_each_other() -> None:
    points = tuple(_point(str(n), 0.5 + n / 500, 0.1 + n / 700) for n in range(8))
    page = read_page(plane_svg(PlaneChart("p", (*points, _point("far", 1, 1)))))
    numbers = {
        int(one.text): (float(one.attributes["x"] or 0), float(one.attributes["y"] or 0))
        for one in page.all("text")
        if one.text.isdecimal()
    }
    assert set(numbers) == set(range(1, 10))
    lines = [
        [float(n) for n in re.findall(r"[\d.]+", p.attributes["d"] or "")]
        for p in page.all("path")
        if p.attributes["class"] == "leader"
    ]
    for number, dot in enumerate(_dots(page), 1):  # what is far from its dot is led to it
        led = [line for line in lines if line[:2] == pytest.approx(dot, abs=0.01)]
        far = math.dist(dot, (numbers[number][0], numbers[number][1] - 4)) > 17
        assert (len(led) == 1) is far
    assert lines
    places = list(numbers.values())
    apart = [
        max(abs(a - c) / 16, abs(b - d) / 12)
        for n, (a, b) in enumerate(places)
        for c, d in places[n + 1 :]
    ]
    assert min(apart) >= 1


def test_the_plane_is_left_out_where_no_share_is_known() -> None:
    metrics = example()
    assert render(metrics, RECIPE, COMMAND).html.count("lost of what was to be kept") == 1
    assert "| result (after) | 38 % | 1.5 % |" in render(metrics, RECIPE, COMMAND).markdown
    metrics["shares"] = []
    assert "lost of what was to be kept" not in render(metrics, RECIPE, COMMAND).html


def test_the_map_draws_every_stretch_as_dense_as_it_is() -> None:
    rows = (MapRow(0, "q", "0990"), MapRow(0, "up", "30"), MapRow(1, "q", "0009"))
    page = read_page(map_svg(ChannelMap("m", rows, "said")))

    cells = [one for one in page.all("path") if one.attributes["class"] == "cells"]
    shades = [float(one.attributes["stroke-opacity"] or 0) for one in cells]
    assert shades == pytest.approx([3 / 9, 1.0], abs=0.01)
    frame = next(one for one in page.all("path") if one.attributes["class"] == "tick")
    left, _, right = (float(n) for n in re.findall(r"[\d.]+", frame.attributes["d"] or "")[:3])
    runs = re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)", cells[1].attributes["d"] or "")
    spans = sorted((float(y), float(x), float(x) + float(w)) for x, y, w in runs)
    quarter = (right - left) / 4
    assert [span[1:] for span in spans] == [
        pytest.approx((left + quarter, left + 3 * quarter), abs=0.1),
        pytest.approx((left + 3 * quarter, right), abs=0.1),
    ]
    assert spans[0][0] < spans[1][0]  # layers downwards
    kinds = [one.text for one in page.all("text")]
    assert kinds == ["q", "up"]
    assert to_markdown([ChannelMap("m", rows, "said")]) == "m: said\n"


@pytest.mark.parametrize("layers", [1, 30, 120])
def test_a_map_of_any_model_keeps_a_height_for_paper(layers: int) -> None:
    rows = tuple(MapRow(n, k, "09" * 32) for n in range(layers) for k in ("q", "k", "v", "o"))
    (svg,) = read_page(map_svg(ChannelMap("m", rows, ""))).all("svg")
    height = float(svg.attributes["height"] or math.nan)
    assert 30 < height < 1100

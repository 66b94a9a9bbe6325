"""Bars are as long as their values, in the page as in Markdown."""

from __future__ import annotations

import math
import re

import pytest

from act_core.report.blocks import Bar, BarChart
from act_core.report.charts import to_svg
from act_core.report.markdown import to_markdown
from tests.core.report.page import Element, read_page


def _groups(chart: BarChart) -> list[Element]:
    """The bars' groups, by a parse of the chart."""
    return read_page(to_svg(chart)).all("g")


def _number(group: Element, name: str) -> float:
    (bar,) = group.all("rect")
    return float(bar.attributes[name] or "nan")


@pytest.mark.parametrize(("standing", "side"), [(False, "width"), (True, "height")])
def test_bars_are_proportional(standing: bool, side: str) -> None:
    values = (0.38, 0.11, 0.0, 1.0)
    chart = BarChart("c", tuple(Bar(f"b{v}", v, f"{v}") for v in values), standing)

    lengths = [_number(group, side) for group in _groups(chart)]

    assert lengths == pytest.approx([v * lengths[-1] for v in values], abs=0.02)
    assert lengths[-1] > 100


def test_bars_below_zero_end_where_the_others_begin() -> None:
    down, up = _groups(BarChart("c", (Bar("a", -0.5, "-0.5"), Bar("b", 1.0, "1"))))

    zero = _number(up, "x")
    assert _number(down, "x") + _number(down, "width") == pytest.approx(zero, abs=0.02)
    assert _number(down, "width") * 2 == pytest.approx(_number(up, "width"), abs=0.03)


def test_whiskers_span_the_interval_on_the_bars_scale() -> None:
    chart = BarChart("c", (Bar("a", 0.4, "", low=-0.1, high=0.9), Bar("b", 1.0, "")))

    groups = _groups(chart)

    unit, zero = _number(groups[1], "width"), _number(groups[1], "x")
    (whisker,) = groups[0].all("path")
    ends = [float(x) for x in re.findall(r"M([\d.]+)", whisker.attributes["d"] or "")][:2]
    assert ends == pytest.approx([zero - 0.1 * unit, zero + 0.9 * unit], abs=0.02)
    assert not groups[1].all("path")


def test_missing_values_have_no_bar_but_a_label() -> None:
    chart = BarChart("c", (Bar("gone", math.nan, "–", math.nan, math.nan), Bar("b", 0.0, "0")))

    gone = _groups(chart)[0]

    assert not gone.all("rect")
    assert not gone.all("path")
    assert [text.text for text in gone.all("text")] == ["gone", "–"]


def test_a_chart_is_one_titled_picture_and_stays_inside_its_frame() -> None:
    bars = tuple(Bar(str(i), i / 80, f"{i}", strong=i == 3) for i in range(80))
    for standing in (False, True):
        (svg,) = read_page(to_svg(BarChart("a < b", bars, standing))).all("svg")

        assert svg.attributes["role"] == "img"
        assert (svg.children[0].tag, svg.children[0].text) == ("title", "a < b")
        width, height = (float(n) for n in (svg.attributes["viewbox"] or "").split()[2:])
        for bar in svg.all("rect"):
            x, y, wide, tall = (
                float(bar.attributes[n] or "nan") for n in "x y width height".split()
            )
            assert 0 <= x <= x + wide <= width
            assert 0 <= y <= y + tall <= height
        strong = [group for group in svg.all("g") if group.attributes.get("class") == "strong"]
        assert [group.children[0].text for group in strong] == ["3: 3"]


def test_markdown_draws_the_same_proportions() -> None:
    values = {"a": 1.0, "b": 0.5, "c": 0.25, "d": 0.0, "e": -1.0}
    chart = BarChart("c", tuple(Bar(name, value, f"={value}") for name, value in values.items()))

    lines = to_markdown([chart]).split("\n")

    drawn = {line[0]: line.count("█") - line.count("░") for line in lines if "=" in line}
    assert drawn["a"] >= 20
    assert drawn == {name: value * drawn["a"] for name, value in values.items()}

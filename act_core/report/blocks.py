"""What a report is made of, without saying how it looks: the content both writers are given.

All texts are plain; escaping is the writers' work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from act_core.report.plane import PlanePoint
from act_core.report.table import Table

LineRole = Literal["main", "control", "other", "chance"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the report's title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; a `lead` one is what a person should read if nothing else."""

    text: str
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of name and value."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    table: Table


@dataclass(frozen=True, slots=True)
class Code:
    """Text that is shown as it stands."""

    text: str
    language: str = "text"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar from zero.

    Attributes:
        label: What it stands for.
        value: Its length; not finite where it is missing.
        text: The value for people, with its interval.
        low: Lower end of the interval, or None.
        high: Upper end of the interval, or None.
        strong: Whether it is the one the report is about.
    """

    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars of one unit, lying below each other, or standing side by side where there are many."""

    title: str
    bars: tuple[Bar, ...]
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a line.

    Attributes:
        x: Its place.
        y: Its value; points that are not finite are left out.
        low: Lower end of the interval, or None.
        high: Upper end of the interval, or None.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart.

    Attributes:
        label: What it stands for.
        points: By growing x.
        role: `main` is the one that the chart is about, `control` what it is held against, `other`
            a second control, `chance` what would be without any effect.
    """

    label: str
    points: tuple[Point, ...]
    role: LineRole = "control"


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over one axis, with intervals as whiskers.

    Attributes:
        title: What is shown.
        lines: At least one.
        x: What the lower axis stands for.
        percent: Values of x, and of y, are shares.
        log: Axes that grow by factors; values of zero or below are left out there.
    """

    title: str
    lines: tuple[Line, ...]
    x: str
    percent: tuple[bool, bool] = (True, True)
    log: tuple[bool, bool] = (False, False)


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One cell.

    Attributes:
        value: Shades the cell, between -1 and 1; not finite where it is missing.
        text: The value for people, with its chance level or interval.
    """

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table whose cells are shaded by what they say.

    Attributes:
        title: What is shown.
        corner: What rows and columns stand for.
        rows: Labels of rows.
        columns: Labels of columns.
        cells: By row, then column.
    """

    title: str
    corner: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[MatrixCell, ...], ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Many cells that only their shade tells.

    Attributes:
        title: What is shown.
        x: What grows to the right.
        y: What grows upwards.
        cells: From the lowest row up, 0 to 1.
        text: The same for people who do not see it.
    """

    title: str
    x: str
    y: str
    cells: tuple[tuple[float, ...], ...]
    text: str


@dataclass(frozen=True, slots=True)
class PlaneChart:
    """Candidates by the share that they lose and the share that they recover.

    Attributes:
        title: What is shown.
        points: Those that have a place, each with its label for people.
    """

    title: str
    points: tuple[tuple[str, PlanePoint], ...]


@dataclass(frozen=True, slots=True)
class MapRow:
    """One module of a channel map.

    Attributes:
        layer, kind: Of the module.
        bins: How dense each stretch of its channels is, a digit from 0 to 9 each.
    """

    layer: int
    kind: str
    bins: str


@dataclass(frozen=True, slots=True)
class ChannelMap:
    """Where channels lie: a line for each module, layers below each other, kinds apart.

    Attributes:
        title: What is shown.
        rows: The modules.
        text: The same for people who do not see it.
    """

    title: str
    rows: tuple[MapRow, ...]
    text: str


Block = (
    Heading
    | Paragraph
    | Bullets
    | Facts
    | Grid
    | Code
    | BarChart
    | LineChart
    | Matrix
    | HeatMap
    | PlaneChart
    | ChannelMap
)

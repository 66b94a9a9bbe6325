"""What a report is made of, without saying how it looks: the content both writers are given.

All texts are plain; escaping is the writers' work.
"""

from __future__ import annotations

from dataclasses import dataclass

from act_core.report.table import Table


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


Block = Heading | Paragraph | Bullets | Facts | Grid | Code | BarChart

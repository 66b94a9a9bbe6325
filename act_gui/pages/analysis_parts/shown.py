"""What a section of the page shows, as plain values: sentences, a figure and its table."""

from __future__ import annotations

from dataclasses import dataclass

from act_core.analysis.findings import AnalysisName
from act_core.events import Estimate
from act_core.localize.scorers import SCORERS
from act_core.report.blocks import HeatMap, LineChart, Matrix, Point
from act_core.report.numbers import change_scale, minus, part
from act_core.report.table import Table
from act_gui.maps.chance_bars import ChanceBars
from act_gui.maps.dots import Dots
from act_gui.text import tr

Figure = LineChart | ChanceBars | Matrix | HeatMap | Dots


@dataclass(frozen=True, slots=True)
class View:
    """One figure that can be chosen.

    Attributes:
        subject: What it is about, such as one ability of one specialist.
        name: What of that it shows.
        says: What was found, with its chance level and interval.
        figure: Drawn.
        table: The same in numbers.
    """

    subject: str
    name: str
    says: str
    figure: Figure
    table: Table


@dataclass(frozen=True, slots=True)
class Family:
    """What one analysis has found.

    Attributes:
        says: The findings in plain sentences, each with its chance level or interval.
        views: Figures, those to show first in front; empty: nothing was analysed yet.
    """

    says: tuple[str, ...] = ()
    views: tuple[View, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """An analysis for people.

    Attributes:
        title: What it is called.
        question: What it answers, and what chance would give.
        cost: What it needs.
    """

    title: str
    question: str
    cost: str


def about(name: AnalysisName) -> About:
    """What an analysis is, in the person's language."""
    profiles = tr("from the profiles, in seconds")
    parts = tr("profiles the data once more, in parts")
    measures = tr("measures masks on held-out examples")
    return {
        "concentration": About(
            tr("Concentration"),
            tr(
                "Do few channels hold most of the score? Equal scores would put as much into the "
                "highest channels as there are channels; weight needs no data and says how much "
                "comes from the fine-tuning itself."
            ),
            parts,
        ),
        "weights": About(
            tr("Against weight"),
            tr(
                "Does a score that looks at data choose other channels than the size of the change "
                "alone? Overlap near chance: quite others. By chance ranks do not correlate."
            ),
            profiles,
        ),
        "stability": About(
            tr("Stability"),
            tr(
                "Does other data of the same kind choose the same channels? The ranges are over "
                "random divisions of the data; chance is the overlap of independent masks."
            ),
            parts,
        ),
        "disentanglement": About(
            tr("Disentanglement"),
            tr(
                "Do abilities lie in different channels, and does moving one ability's channels "
                "touch the others? Each cell stands beside chance or random channels."
            ),
            measures,
        ),
        "sufficiency": About(
            tr("Sufficiency"),
            tr(
                "How few channels are enough? Held-out change against the target as more channels "
                "move, chosen by score, by weight and at random."
            ),
            measures,
        ),
        "necessity": About(
            tr("Necessity"),
            tr(
                "Does the ability go where its channels go? Its channels get the other model’s "
                "values; as many random ones are the chance level."
            ),
            measures,
        ),
    }[name]


def pair(specialist: str, ability: str) -> str:
    """An ability and from whom it is."""
    return tr("{ability} from {specialist}", ability=ability, specialist=specialist)


def scorer_title(scorer: str) -> str:
    """A scorer's name for people."""
    return tr(SCORERS[scorer].title)


def scorer_word(scorer: str) -> str:
    """A scorer inside a sentence."""
    return scorer_title(scorer).lower()


def plain_text(number: float) -> str:
    """A correlation with two digits; nothing is less than nothing."""
    return minus(f"{round(number, 2) + 0.0:.2f}")


def share_of(found: Estimate) -> str:
    """A share with its interval."""
    if found.low == found.high:
        return part(found.value)
    return tr(
        "{value} ({low} to {high})",
        value=part(found.value),
        low=part(found.low),
        high=part(found.high),
    )


def change_of(measure: str, found: Estimate) -> str:
    """A held-out change with its interval; better is positive."""
    entry = {"value": found.value, "low": found.low, "high": found.high}
    text = change_scale(measure).interval(entry)
    return tr("{change} nats", change=text) if measure == "loss" else text


def point(x: float, found: Estimate) -> Point:
    """A point of a line with its interval."""
    return Point(x, found.value, found.low, found.high)

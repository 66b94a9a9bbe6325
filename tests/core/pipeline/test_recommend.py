"""Recommendations: who keeps the limits and how surely, who is best, and what is said of it."""

from __future__ import annotations

import dataclasses

import pytest

from act_core.events import Estimate
from act_core.pipeline.recommend import (
    Judged,
    Loss,
    Recommendation,
    best_of,
    better_of,
    bolder_than,
    recommendation_table,
    told,
)

LIMITS = {"maths": 0.02}


def judged(name: str, recovered: float, lost: float, width: float = 0.005) -> Judged:
    loss = Loss("maths", Estimate(lost, lost - width, lost + width), True, 0.02)
    return Judged(name, Estimate(recovered, recovered - 0.05, recovered + 0.05), (loss,))


GENTLE = judged("gentle", 0.3, 0.005)
SURE = judged("sure", 0.5, 0.014)
EDGE = judged("edge", 0.7, 0.019)
BOLD = judged("bold", 0.9, 0.1)
NOTHING = judged("nothing", -0.01, 0.0)


def test_a_limit_is_kept_surely_only_with_the_whole_interval() -> None:
    keeps = [one.keeps for one in (GENTLE, SURE, EDGE, BOLD)]
    assert keeps == ["surely", "surely", "likely", "no"]
    assert Judged("free", Estimate(0.5, 0.4, 0.6)).keeps == "surely"  # nothing is to be kept


def test_the_best_is_who_recovers_most_among_the_surest() -> None:
    assert best_of([GENTLE, SURE, EDGE, BOLD]) is SURE
    assert best_of([EDGE, BOLD]) is EDGE
    assert best_of([BOLD, NOTHING]) is None
    assert best_of([Judged("unclear", None)]) is None
    assert better_of(EDGE, GENTLE) is GENTLE
    assert better_of(None, GENTLE) is GENTLE
    assert better_of(None, None) is None
    assert bolder_than(SURE, [GENTLE, EDGE, BOLD]) is EDGE
    assert bolder_than(EDGE, [GENTLE, BOLD]) is None


FOUND = Recommendation(
    candidate="sure",
    keeps="surely",
    rival="gentle",
    ahead=Estimate(0.2, 0.1, 0.3),
    ahead_heldout=Estimate(0.19, 0.08, 0.3),
    bolder="edge",
    validation=(SURE, GENTLE),
    heldout=(SURE, GENTLE),
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Recommended: sure."),
        ({}, "Limit: lose at most 2 % of maths."),
        ({}, "On held-out items it recovers 50.0 % (45.0 to 55.0) and loses 1.4 % (0.9 to 1.9) of"),
        ({}, "best baseline within the limits, gentle, it recovers +19.0 points (+8.0 to +30.0)"),
        ({}, "edge recovers more on validation items, but whether it keeps the limits is not"),
        ({"keeps": "likely"}, "though it is not certain that it keeps the limits"),
        ({"is_baseline": True}, "A baseline is recommended: sure."),
        ({"is_baseline": True}, "Beside the best point of the sweep within the limits, gentle"),
        ({"ahead_heldout": Estimate(0.01, -0.05, 0.07)}, "that may be chance"),
        ({"ahead_heldout": Estimate(-0.1, -0.15, -0.05)}, "so there it does worse"),
        ({"rival": ""}, "No baseline recovers anything within the limits."),
        ({"heldout": (judged("sure", 0.5, 0.03),)}, "There the limit of maths is exceeded."),
        ({"candidate": ""}, "Nothing is recommended"),
    ],
)
def test_it_is_said_in_words(changes: dict[str, object], said: str) -> None:
    text = " ".join(told(dataclasses.replace(FOUND, **changes), LIMITS))  # type: ignore[arg-type]
    assert said in text


def test_its_table_has_a_column_for_each_ability_to_keep() -> None:
    table = recommendation_table(FOUND)
    assert table.header == ("Candidate", "Recovered", "maths lost")
    assert table.rows[0] == ("sure", "50.0 % (45.0 to 55.0)", "1.4 % (0.9 to 1.9)")

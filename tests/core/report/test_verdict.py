"""What the report says of a result follows from its figures."""

from __future__ import annotations

from typing import Any

import pytest

from act_core.report.results import Results
from act_core.report.verdict import answer, question, what_it_does
from tests.core.report.example import example, share


def _with_share(candidate: str, value: float, low: float, high: float) -> dict[str, Any]:
    """The example with another share recovered by one candidate, and only two candidates."""
    metrics = example()
    kept = {"target", "german", "result", candidate}
    metrics["figures"] = [f for f in metrics["figures"] if f["candidate"] in kept]
    metrics["shares"] = [
        s
        for s in metrics["shares"]
        if s["candidate"] in kept and (s["candidate"], s["kind"]) != (candidate, "recovered")
    ]
    metrics["shares"].append(share(candidate, "german", "recovered", (value, low, high)))
    return metrics


def test_the_question_names_budget_ability_and_target() -> None:
    asked = question(example())

    assert asked == (
        "Which 5 % of channels bring german into german-then-maths, and what does it cost?"
    )


def test_the_answer_gives_recovered_and_lost_with_intervals() -> None:
    first, _ = answer(Results(example()))

    assert first == "The result recovers 38 % (33 to 43) of german and loses 2 % (1 to 2) of maths."


@pytest.mark.parametrize(
    ("numbers", "as_good"),
    [
        ((0.11, 0.08, 0.14), False),  # clearly less
        ((0.30, 0.25, 0.329), False),  # just below the result's interval
        ((0.30, 0.25, 0.34), True),  # lower, but the intervals overlap
        ((0.39, 0.34, 0.44), True),  # higher
        ((0.80, 0.75, 0.85), True),  # clearly higher
    ],
)
def test_a_control_that_does_as_well_is_named(
    numbers: tuple[float, float, float], as_good: bool
) -> None:
    _, second = answer(Results(_with_share("random", *numbers)))

    assert ("random mask does as well or better on german" in second) == as_good
    assert ("No control does as well: random mask does less" in second) != as_good


def test_a_control_that_recovers_more_at_a_higher_cost_is_told_so() -> None:
    _, second = answer(Results(example()))

    assert "interpolation 0.5 does as well or better on german, at a higher cost to maths" in second
    assert "weight mask does as well or better on german;" in second
    assert "random mask does less" in second


def test_a_control_that_does_as_well_and_costs_less_is_told_so() -> None:
    _, second = answer(Results(_with_share("random", 0.40, 0.35, 0.45)))

    assert "random mask does as well or better on german, at a lower cost to maths" in second


def test_where_no_gap_is_clear_losses_are_compared_by_their_differences() -> None:
    results = Results({**example(), "shares": []})

    first, second = answer(results)

    assert "changes german (loss) by \u22120.190 (\u22120.210 to \u22120.170)" in first
    assert "changes maths (loss) by +0.009 (\u22120.011 to +0.029)" in first
    assert "weight mask does as well or better on german" in second  # a lower loss is better
    assert "interpolation 0.5 does as well or better on german, at a higher cost to maths" in second
    assert "random mask does less" in second


def test_what_is_the_same_to_the_last_item_is_said_to_be_unchanged() -> None:
    metrics = {**example(), "shares": []}
    for figure in metrics["figures"]:
        if (figure["candidate"], figure["ability"]) == ("result", "maths"):
            figure["difference"] = {"value": 0.0, "low": 0.0, "high": 0.0}

    first, _ = answer(Results(metrics))

    assert first.endswith("and leaves maths (loss) unchanged.")


def test_controls_of_one_verdict_share_a_clause() -> None:
    metrics = _with_share("random", 0.38, 0.33, 0.43)
    for name in ("contrast", "difference"):
        for kind in ("figures", "shares"):
            extra = [e for e in metrics[kind] if e["candidate"] == "random"]
            metrics[kind] += [{**entry, "candidate": name} for entry in extra]

    _, second = answer(Results(metrics))

    assert second.startswith(
        "Beside it, random mask, contrast mask and difference mask do as well or better on german"
    )


@pytest.mark.parametrize(("low", "told"), [(-0.01, True), (0.01, False)])
def test_a_result_that_may_have_gained_nothing_is_told_so(low: float, told: bool) -> None:
    first, _ = answer(Results(_with_share("result", 0.1, low, 0.2)))

    assert ("On german it cannot be told apart from the target." in first) == told


def test_controls_without_intervals_are_not_judged() -> None:
    nan = float("nan")

    _, second = answer(Results(_with_share("random", 0.4, nan, nan)))

    assert second == "Beside it, random mask cannot be compared."


def test_a_result_without_controls_is_called_none() -> None:
    metrics = example()
    kept = {"target", "german", "result"}
    metrics["figures"] = [f for f in metrics["figures"] if f["candidate"] in kept]

    assert "no result" in answer(Results(metrics))[1]


def test_a_cost_that_nobody_measured_is_said() -> None:
    metrics = example()
    metrics["figures"] = [f for f in metrics["figures"] if f["ability"] == "german"]
    metrics["shares"] = [s for s in metrics["shares"] if s["ability"] == "german"]
    del metrics["abilities"]["maths"]

    said = what_it_does(Results(metrics), "result")

    assert said.startswith("recovers 38 %")
    assert said.endswith("was not measured on any ability to keep")

"""Which scorers and ties can be chosen, and why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_core.localize.choices import applicable_ties, scorer_faults
from act_core.localize.scorers import SCORERS
from act_core.models.reference import resolve
from tests.core.localize.small import profile_of, small_layout
from tests.core.tiny import write_tiny

LAYOUT = small_layout(2, 2)


def test_without_profiles_nothing_can_be_chosen() -> None:
    assert set(scorer_faults([], [], 0)) == set(SCORERS)
    assert all("profiled" in fault for fault in scorer_faults([], [], 0).values())


def test_missing_statistics_are_named() -> None:
    bring = profile_of(LAYOUT, {"matched": [1, 2, 3, 4], "weight": [1, 1, 1, 1]})
    keep = profile_of(LAYOUT, {"matched": [1, 2, 3, 4], "weight": [1, 1, 1, 1]}, ability="maths")

    faults = scorer_faults([bring], [keep], 1)

    assert {name for name, fault in faults.items() if not fault} == {
        "matched",
        "contrast",
        "weight",
        "random",
    }
    assert "german holds no attributed" in faults["attributed"]


def test_contrast_says_what_it_needs() -> None:
    bring = profile_of(LAYOUT, {"matched": [1, 2, 3, 4]})

    assert "role keep" in scorer_faults([bring], [], 0)["contrast"]
    assert "not profiled" in scorer_faults([bring], [], 1)["contrast"]


@pytest.mark.parametrize(
    ("family", "ties"), [("llama", ("rotary", "kv", "neuron")), ("gpt2", ("kv", "neuron"))]
)
def test_only_ties_that_join_something_are_offered(
    tmp_path: Path, family: str, ties: tuple[str, ...]
) -> None:
    model = resolve(write_tiny(tmp_path / family, family, seed=1))
    assert applicable_ties(model) == ties

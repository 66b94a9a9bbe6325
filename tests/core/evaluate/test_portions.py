"""Portions put together are the whole, for losses of sequences and for answers of items."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from act_core.evaluate.candidates import Candidate
from act_core.evaluate.evaluator import Evaluator, HeldOut
from act_core.evaluate.portions import PORTIONS, cut_items, cut_results, joined
from act_core.events import discard
from act_core.pipeline.inputs import Inputs, load_inputs
from act_core.recipe import load_recipe
from tests.core.project import write_project


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder: Path = tmp_path_factory.mktemp("portions")
    return load_inputs(load_recipe(write_project(folder)), discard)


@pytest.mark.parametrize("count", [25, 3])
def test_portions_are_the_whole(inputs: Inputs, count: int) -> None:
    abilities = {
        name: HeldOut(
            held.ability,
            dataclasses.replace(
                held.encoded,
                items=held.encoded.items[:count],
                sequences=held.encoded.sequences[:count],
            ),
        )
        for name, held in inputs.heldout.items()
    }
    evaluator = Evaluator(inputs.target, inputs.heldout, device="cpu")
    target = Candidate("target")
    whole = evaluator.measure(target, on=abilities)
    found = evaluator.measure(target, on=cut_items(abilities, 0, 1))
    first = found
    for portion in range(1, PORTIONS):
        found = joined(
            found, evaluator.measure(target, on=cut_items(abilities, portion, portion + 1))
        )
    assert found.keys() == whole.keys()
    for place, one in whole.items():
        np.testing.assert_allclose(found[place].sums, one.sums, rtol=1e-5)
        np.testing.assert_array_equal(found[place].weights, one.weights)
        assert found[place].said == one.said
    for place, one in cut_results(whole, abilities, 1).items():
        assert len(one.sums) == len(first[place].sums) >= 1
        np.testing.assert_allclose(first[place].sums, one.sums, rtol=1e-5)
        assert first[place].said == one.said

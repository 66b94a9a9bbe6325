"""A budget closes the gates that cost least, in time, for good, and the rest learns on."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError
from act_core.events import Event, MapRows, discard
from act_core.models.channels import layout_of
from act_core.transfer.gates import Gates
from act_core.tune.gate_budget import GateBudget, importance
from act_core.tune.gate_training import learn_gates
from act_core.tune.gates import GateSpec
from tests.core.tune.setting import models, spec_for
from tests.core.tune.test_gate_training import CancelAfter, values_of


def learned(spec: GateSpec, folder: Path, emit: object = discard) -> Gates:
    return learn_gates(spec, folder, emit, CancelToken())  # type: ignore[arg-type]


def test_importance_is_what_closing_costs() -> None:
    gates = torch.nn.Parameter(torch.tensor([[0.5, 0.2, 0.0, 0.4]], dtype=torch.float64))
    adam = torch.optim.Adam([gates], lr=0.0)
    slope = torch.tensor([[-1.0, 2.0, -5.0, -0.1]], dtype=torch.float64)
    (gates * slope).sum().backward()
    adam.step()
    # Closing gate j of a linear loss changes it by -g_j times its slope.
    torch.testing.assert_close(
        importance(gates.detach(), adam),
        torch.tensor([[0.5, -0.4, -torch.inf, 0.04]], dtype=torch.float64),
    )


# In floating point 0.07 x 100 is a little more than 7.
@pytest.mark.parametrize(("share", "left"), [(0.1, 10), (0.07, 7)])
def test_the_schedule_is_cubic_and_closed_gates_stay_closed(share: float, left: int) -> None:
    random = torch.Generator().manual_seed(3)
    gates = torch.nn.Parameter(torch.full((2, 50), 0.5))
    budget = GateBudget(gates, share, steps=8)
    adam = torch.optim.Adam([gates], lr=0.01)
    opened = []
    for step in range(1, 9):
        adam.zero_grad()
        (gates * torch.randn(gates.shape, generator=random)).sum().backward()
        before = gates.detach() != 0
        adam.step()
        assert torch.equal(gates.detach() != 0, before)
        budget.close(adam, step)
        assert budget.reached(step) == (step >= 4)
        opened.append(int(torch.count_nonzero(gates)))
    wanted = [100 * (share + (1 - share) * (1 - step / 4) ** 3) for step in (1, 2, 3)]
    assert opened == [*(int(np.ceil(one)) for one in wanted), *[left] * 5]


def test_the_best_of_the_checks_within_the_budget_is_given(tmp_path: Path) -> None:
    target, *others = models(tmp_path, "llama")
    events: list[Event] = []
    spec = spec_for(target, *others, budget=0.05, steps=10, check_every=1, patience=2)
    gates = learned(spec, tmp_path, events.append)
    total = 2 * layout_of(target).total
    assert np.count_nonzero(values_of(gates)) == np.ceil(0.05 * total)
    assert int(gates.facts["best_step"]) >= 5
    maps = [
        np.concatenate([row.values for row in event.rows])
        for event in events
        if isinstance(event, MapRows)
    ]
    opened = [values != 0 for values in maps]
    assert all(np.all(before | ~after) for before, after in itertools.pairwise(opened))


def test_a_closed_start_stays_closed(tmp_path: Path) -> None:
    target, one = models(tmp_path, "llama", count=1)
    layout = layout_of(target)
    values = np.where(np.arange(layout.total) % 3 == 0, 0.5, 0).astype(np.float32)
    spec = spec_for(target, one, start=Gates(layout, {"one": values}), budget=0.2, validation=0)
    found = learned(spec, tmp_path).values["one"]
    assert np.count_nonzero(found) == np.ceil(0.2 * layout.total)
    assert not np.any(found[values == 0])


@pytest.mark.parametrize("cancelled_after", [5, 14])
def test_going_on_after_a_cancel_gives_the_same_bits(tmp_path: Path, cancelled_after: int) -> None:
    target, *others = models(tmp_path, "llama")
    spec = spec_for(target, *others, budget=0.1, steps=7)
    whole = learned(spec, tmp_path / "whole")
    sink = CancelAfter(cancelled_after)
    with pytest.raises(CancelledByPersonError):
        learn_gates(spec, tmp_path / "broken", sink, sink.token)
    again = learned(spec, tmp_path / "broken")
    assert values_of(again).tobytes() == values_of(whole).tobytes()

"""What the run folder holds of gates, and what map rows say of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from act_core.errors import GatesError
from act_core.events import MapRow, TuningLoss
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.reference import resolve
from act_core.transfer.gates import Gates, save_gates
from act_core.tune.learned import gates_of_rows, learned_gates, open_spread
from act_core.tune.tuning_state import losses_text
from tests.core.tiny import write_tiny

_LOSSES = [
    TuningLoss(0, 4, "colours", "validation", 2.5, 7),
    TuningLoss(0, 4, "colours", "tuning", 2.25, 9),
]
_FACTS = {
    "steps": "4",
    "best_step": "2",
    "stopped": "early",
    "tokens": "90",
    "different_tokens": "60",
    "validation_tokens": "30",
    "losses": losses_text(_LOSSES),
}


@pytest.fixture
def gates(tmp_path: Path) -> Gates:
    layout = layout_of(resolve(str(write_tiny(tmp_path / "target", "llama", seed=1))))
    values = np.random.default_rng(3).random(layout.total, np.float32)
    values[values < 0.4] = 0
    return Gates(layout, {"painter": values}, _FACTS)


def test_stored_gates_say_how_they_were_learned(gates: Gates, tmp_path: Path) -> None:
    path = tmp_path / "gates.safetensors"
    assert learned_gates(path, gates.layout) is None
    save_gates(gates, path)

    found = learned_gates(path, gates.layout)

    assert found is not None
    np.testing.assert_array_equal(found.gates.values["painter"], gates.values["painter"])
    assert (found.steps, found.best_step, found.stopped_early) == (4, 2, True)
    assert (found.tokens, found.different_tokens, found.validation_tokens) == (90, 60, 30)
    assert list(found.losses) == _LOSSES


@pytest.mark.parametrize("facts", [{}, {**_FACTS, "steps": "few"}, {**_FACTS, "losses": "[1]"}])
def test_gates_that_do_not_say_how_they_were_learned_are_refused(
    gates: Gates, tmp_path: Path, facts: dict[str, str]
) -> None:
    save_gates(replace(gates, facts=facts), tmp_path / "gates.safetensors")

    with pytest.raises(GatesError, match="how its gates were learned"):
        learned_gates(tmp_path / "gates.safetensors", gates.layout)


def _rows(layout: ChannelLayout, gates: Gates) -> list[MapRow]:
    return [
        MapRow("painter", "", "gate", m.layer, m.kind, gates.values["painter"][layout.slice_of(i)])
        for i, m in enumerate(layout.modules)
    ]


def test_rows_are_gates_once_every_module_has_come(gates: Gates) -> None:
    rows = _rows(gates.layout, gates)

    assert gates_of_rows(gates.layout, rows[:-1]) == {}
    found = gates_of_rows(gates.layout, rows)
    np.testing.assert_array_equal(found["painter"], gates.values["painter"])


def test_open_gates_are_counted_by_layer_and_kind(gates: Gates) -> None:
    layout, values = gates.layout, gates.values["painter"]
    spread = open_spread(gates, "painter")

    of_kind = [values[layout.slice_of(i)] for i, m in enumerate(layout.modules) if m.kind == "up"]
    of_layer = [values[layout.slice_of(i)] for i, m in enumerate(layout.modules) if m.layer == 1]
    assert spread.kinds["up"] == pytest.approx(np.mean(np.concatenate(of_kind) != 0))
    assert spread.layers[1] == pytest.approx(np.mean(np.concatenate(of_layer) != 0))
    assert spread.share == pytest.approx(np.mean(values != 0))

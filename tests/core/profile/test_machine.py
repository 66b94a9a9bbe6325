"""One look at the machine."""

from __future__ import annotations

from act_core.profile.machine import read_machine


def test_the_cpu_has_its_memory_free() -> None:
    machine = read_machine("cpu")

    assert machine.device == "CPU"
    assert 0 < machine.free_bytes <= machine.total_bytes
    assert machine.device_free_bytes is None


def test_a_device_that_is_not_there_is_named_as_it_stands() -> None:
    machine = read_machine("cuda:97")

    assert machine.device == "cuda:97"
    assert machine.total_bytes > 0

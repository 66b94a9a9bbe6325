"""What this machine has free right now, for whoever shows it while work goes on."""

from __future__ import annotations

from dataclasses import dataclass

from act_core.errors import ActError
from act_core.profile.devices import available_devices, choose_device, free_bytes


@dataclass(frozen=True, slots=True)
class Machine:
    """One look at the machine.

    Attributes:
        device: The device that a recipe's `device` means, for people.
        free_bytes, total_bytes: Of main memory.
        device_free_bytes: Of a GPU's own memory; None where the device has none.
    """

    device: str
    free_bytes: int
    total_bytes: int
    device_free_bytes: int | None = None


def read_machine(device: str) -> Machine:
    """Look at the machine. Imports torch, so it is for a background thread.

    Args:
        device: As in a recipe. One that is not there is named as it stands.
    """
    import psutil

    memory = psutil.virtual_memory()
    free, total = int(memory.available), int(memory.total)
    try:
        chosen = choose_device(device)
    except ActError:
        return Machine(device, free, total)
    if chosen.type == "cpu":
        return Machine("CPU", free, total)
    titles = {known.name: known.title for known in available_devices()}
    name = f"{chosen.type}:{chosen.index or 0}" if chosen.type == "cuda" else chosen.type
    own = free_bytes(chosen) if chosen.type == "cuda" else None
    return Machine(titles.get(name, name), free, total, own)

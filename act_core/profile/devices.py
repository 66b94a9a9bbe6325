"""Which device computes, how large a batch it takes, and what to do when it is too large."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from act_core.environment import collect_garbage
from act_core.errors import ActError, OutOfMemoryError
from act_core.models.reference import Model

if TYPE_CHECKING:
    import torch

_LEAST_TOKENS = 256
_MOST_TOKENS_CPU = 2048
_MOST_TOKENS_GPU = 16_384
_SHARE_OF_FREE_MEMORY = 0.25
# What torch says in a plain RuntimeError: of main memory, of Apple's and other GPUs, of cuBLAS.
_RAN_OUT = ("can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


@dataclass(frozen=True, slots=True)
class Device:
    """A device that a recipe can name.

    Attributes:
        name: As in a recipe: `auto`, `cpu`, `cuda:0`, `mps`.
        title: For people.
        total_bytes: Of its memory; 0 where it is not known.
    """

    name: str
    title: str
    total_bytes: int = 0


def available_devices() -> tuple[Device, ...]:
    """What this machine can compute on, `auto` first. Imports torch."""
    import psutil
    import torch

    cpu = Device("cpu", "CPU", int(psutil.virtual_memory().total))
    found = [cpu]
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        found.append(Device(f"cuda:{index}", str(facts.name), int(facts.total_memory)))
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU", cpu.total_bytes))
    chosen = found[1] if len(found) > 1 else cpu
    return (Device("auto", f"Automatic ({chosen.title})", chosen.total_bytes), *found)


def device_name(name: str) -> str:
    """The device that computes where a recipe names `name`: `cpu`, `mps`, `cuda:0` and so on.

    Imports torch where the recipe leaves the choice open.
    """
    if name == "auto":
        name = str(choose_device(name))
    return "cuda:0" if name == "cuda" else name


def used_bytes(device: str) -> int:
    """Memory that this program holds: on a CUDA device its tensors there, else in main memory."""
    import psutil

    torch = sys.modules.get("torch")  # nothing lies on a GPU before it is imported
    if torch is not None and torch.cuda.is_initialized() and device not in ("cpu", "mps"):
        index = torch.device("cuda" if device == "auto" else device)
        return int(torch.cuda.memory_reserved(index))
    return int(psutil.Process().memory_info().rss)


def choose_device(name: str) -> torch.device:
    """The device a person named; `auto` takes a GPU where there is one.

    Raises:
        ActError: There is no such device here.
    """
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ActError(
            f"The device {name} is not there.",
            remedy="Choose cpu, or a device that this machine has (auto finds one).",
            detail=repr(error),
            title="Device is not available",
        ) from error
    return device


def first_batch_tokens(model: Model, device: torch.device, item_bytes: int) -> int:
    """Tokens of one batch to begin with: a quarter of the free memory, within sane limits.

    A token of a layer keeps its inputs, outputs, deltas and gradients at once: about four times
    the module widths.
    """
    shape = model.shape
    widths = 6 * shape.hidden + 3 * shape.intermediate
    token_bytes = 4 * widths * max(item_bytes, 2)
    tokens = fitting_tokens(device, token_bytes)
    most = _MOST_TOKENS_CPU if device.type == "cpu" else _MOST_TOKENS_GPU
    return max(_LEAST_TOKENS, min(most, tokens))


def fitting_tokens(device: torch.device, token_bytes: int) -> int:
    """How many tokens of so many bytes fit into what one batch may take of the free memory."""
    return int(_SHARE_OF_FREE_MEMORY * free_bytes(device) / token_bytes)


def free_bytes(device: torch.device) -> int:
    """Memory that is free on a device."""
    import psutil
    import torch

    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that the device's memory ran out."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _RAN_OUT)


def release_memory(device: torch.device) -> None:
    """Give cached blocks back before trying again."""
    import torch

    collect_garbage()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def too_large(device: torch.device, detail: str) -> OutOfMemoryError:
    """The error for a single sequence that does not fit."""
    return OutOfMemoryError(
        f"Not even one sequence at a time fits into the memory of {device}.",
        remedy="Shorten length_tokens, use bfloat16, close other programs or choose another "
        "device.",
        detail=detail,
    )

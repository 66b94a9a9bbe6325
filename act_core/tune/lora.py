"""What a LoRA is trained from, and how large it is: frozen, so that it may cross to a thread.

W' = W + scale * B A with A `[rank, in]` and B `[out, rank]` (Hu et al. 2021, arXiv:2106.09685).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from act_core.abilities.encode import Encoded
from act_core.errors import UnsupportedModelError
from act_core.hashing import content_hash
from act_core.models.channels import ModuleChannels, layout_of
from act_core.models.reference import Model
from act_core.tune.schedule import Schedule

LORA_VERSION = 1
# Alpha over rank, as PEFT's examples have it.
SCALE = 2
# Learning rates that are tried, the gentlest first; Adam's usual ones for LoRA, and what so few
# steps may need.
RATES = (1e-3, 3e-3, 1e-2)
_MLP = ("neuron", "from_neuron", "gate_up_blocks")


@dataclass(frozen=True, slots=True, eq=False)
class LoraSpec:
    """A model, the rank, and the data.

    Attributes:
        target: The model; its own weights stay as they are.
        abilities: Encoded calibration splits by name.
        schedule: What is read, and when it ends; its seed is the adapter's too.
        rank: Of every module.
        rates: Learning rates of Adam that are tried with the same data.
        checkpointing: Compute each layer again on the way back, to save memory.
        device: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto`.
        dtype: In what the model computes; the adapter is float32 always.
    """

    target: Model
    abilities: Mapping[str, Encoded]
    schedule: Schedule
    rank: int
    rates: tuple[float, ...] = RATES
    checkpointing: bool = False
    device: str = "auto"
    dtype: str = "float32"

    @property
    def parameters(self) -> int:
        """How many numbers learn."""
        return lora_parameters(self.target, self.rank)

    @property
    def modules(self) -> tuple[ModuleChannels, ...]:
        """The linear modules that get an adapter."""
        return adapted_modules(self.target)

    def key(self) -> str:
        """Hash of all inputs: what decides the result, not how fast it comes."""
        return content_hash(
            {
                "version": LORA_VERSION,
                "target": self.target.fingerprint(),
                "abilities": {name: one.fingerprint for name, one in self.abilities.items()},
                "schedule": self.schedule.key_facts(),
                "rank": self.rank,
                "scale": SCALE,
                "rates": list(self.rates),
                "dtype": self.dtype,
            }
        )


def adapted_modules(target: Model) -> tuple[ModuleChannels, ...]:
    """The linear modules that get an adapter: all; of a model with experts those of attention.

    In memory experts are one packed parameter, on which PEFT puts adapters of another form
    (`target_parameters`, not read by `models.adapter`), and their names stand for dense MLPs too.
    """
    modules = layout_of(target).modules
    if any(module.experts for module in modules):
        return tuple(module for module in modules if module.grouping not in _MLP)
    return modules


def lora_parameters(target: Model, rank: int) -> int:
    """How many numbers an adapter of this rank has.

    Raises:
        UnsupportedModelError: The model has no linear module that an adapter can sit on.
    """
    return rank * _parameters_of_rank_one(target)


def nearest_rank(target: Model, parameters: int) -> int:
    """The rank, at least 1, with which as nearly as possible so many numbers learn.

    Raises:
        UnsupportedModelError: The model has no linear module that an adapter can sit on.
    """
    return max(1, round(parameters / _parameters_of_rank_one(target)))


def module_pattern(target: Model) -> str:
    """A regular expression of the names of the modules that get an adapter."""
    layers = re.escape(target.family.layers)
    below = dict.fromkeys(
        re.escape(module.tensor.removeprefix(f"{target.family.layers}.").partition(".")[2])
        for module in adapted_modules(target)
    )
    paths = "|".join(path.removesuffix(r"\.weight") for path in below)
    return rf"{layers}\.\d+\.({paths})"


def _parameters_of_rank_one(target: Model) -> int:
    total = sum(module.width + module.inputs for module in adapted_modules(target))
    if not total:
        raise UnsupportedModelError(
            f"{target.reference} has no linear module outside its experts for an adapter.",
            remedy="Leave the control tuning out, or tune channels.",
        )
    return total

"""Gates: how far each channel of each specialist moves, one number each (design.md, section 2).

theta = theta^T + sum over specialists k of g_kj * (theta^S_k - theta^T)_j for channel j. A channel
whose gates are all zero is the target's, so gates are graded masks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from act_core.errors import GatesError
from act_core.files import write_whole
from act_core.localize.masks import Mask
from act_core.models.channel_files import ChannelFile
from act_core.models.channels import ChannelLayout

_FILE = ChannelFile("act-gates-1", "gates", "learn the gates", GatesError)
# Any gate beyond is a damaged file: recipes allow no wider bounds.
WIDEST = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """The gates of one or more specialists on one target.

    Attributes:
        layout: The channels they speak of.
        values: By specialist, float32 `[channels]` on the layout's flat axis.
        facts: How they came about, as text.
    """

    layout: ChannelLayout
    values: Mapping[str, NDArray[np.float32]] = field(repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def open(self) -> NDArray[np.bool_]:
        """Channels that at least one specialist moves, bool `[channels]`."""
        opened: NDArray[np.bool_] = np.logical_or.reduce([v != 0 for v in self.values.values()])
        return opened

    def mask(self, specialist: str) -> Mask:
        """The channels whose gate is not zero, as a mask of that specialist."""
        facts = {"scorer": "gates", **self.facts}
        return Mask(self.layout, self.values[specialist] != 0, facts=facts)


def uniform_gates(layout: ChannelLayout, specialists: Mapping[str, object], far: float) -> Gates:
    """The same gate everywhere: interpolation, or task arithmetic of several specialists."""
    return Gates(layout, {n: np.full(layout.total, far, np.float32) for n in specialists})


def masked_gates(masks: Mapping[str, Mask], far: float) -> Gates:
    """The same gate in each specialist's mask, zero elsewhere."""
    layout = next(iter(masks.values())).layout
    values = {
        name: np.where(m.selected, np.float32(far), np.float32(0)) for name, m in masks.items()
    }
    return Gates(layout, values)


def shuffled_gates(gates: Gates, seed: int) -> Gates:
    """A control: the same gates on other channels of the same module.

    Those of several specialists on one channel stay together.
    """
    random = np.random.default_rng(seed)
    order = np.concatenate(
        [
            span.start + random.permutation(span.stop - span.start)
            for span in map(gates.layout.slice_of, range(len(gates.layout.modules)))
        ]
    )
    return Gates(gates.layout, {name: values[order] for name, values in gates.values.items()})


def save_gates(gates: Gates, path: Path) -> None:
    """Write gates; the file appears whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    metadata = {"specialists": json.dumps(list(gates.values))}
    values = {name: np.ascontiguousarray(one) for name, one in gates.values.items()}
    write_whole(path, save(values, _FILE.header(gates.layout, gates.facts) | metadata))


def load_gates(path: Path, layout: ChannelLayout) -> Gates:
    """Read gates that belong to a model of this layout.

    Raises:
        GatesError: They are missing, damaged, no gates, or of another model.
    """
    with _FILE.opened(path, layout) as (file, metadata):
        names = _names(path, metadata)
        if sorted(names) != sorted(file.keys()):
            raise _FILE.damaged(path, "does not hold what its header says")
        for name in names:
            part = file.get_slice(name)
            if part.get_dtype() != "F32" or part.get_shape() != [layout.total]:
                raise _FILE.damaged(path, f"holds {name} in another form than F32 [{layout.total}]")
        values = {name: np.asarray(file.get_tensor(name)) for name in names}
    for name, one in values.items():
        if not np.all(np.abs(one) <= WIDEST):  # NaN fails too
            raise _FILE.damaged(path, f"holds gates of {name} beyond {WIDEST:g}")
    return Gates(layout, values, _FILE.facts(path, metadata))


def _names(path: Path, metadata: Mapping[str, str]) -> list[str]:
    try:
        names = json.loads(metadata.get("specialists", ""))
    except (ValueError, RecursionError) as error:
        raise _FILE.damaged(path, "has an unreadable list of specialists", repr(error)) from error
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise _FILE.damaged(path, "names no specialists")
    return names

"""Profiles on disk: SPECIALIST--ABILITY.safetensors (design.md, section 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from act_core.errors import ProfileError
from act_core.files import write_whole
from act_core.models.channel_files import ChannelFile
from act_core.models.channels import ChannelLayout, ModuleChannels

_FILE = ChannelFile("act-profile-1", "profile", "profile", ProfileError)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Per-channel statistics of target and specialist on one ability.

    Attributes:
        specialist: Name of the specialist.
        ability: Name of the ability.
        layout: The channels.
        statistics: By name (`difference`, `matched`, `attributed`, `weight`), float32 `[channels]`.
        counted_tokens: Number of counted tokens that entered.
        facts: Everything else worth knowing (hashes, dtype, versions), as text.
    """

    specialist: str
    ability: str
    layout: ChannelLayout
    statistics: Mapping[str, NDArray[np.float32]] = field(repr=False)
    counted_tokens: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)

    def statistic(self, name: str) -> NDArray[np.float32]:
        """One statistic, float32 `[channels]`.

        Raises:
            ProfileError: The profile does not hold it.
        """
        try:
            return self.statistics[name]
        except KeyError:
            raise ProfileError(
                f"The profile of {self.specialist} on {self.ability} holds "
                f"{', '.join(self.statistics)}, not {name}.",
                remedy=f"Profile again and ask for the statistic {name}.",
            ) from None


def save_profile(profile: Profile, path: Path) -> None:
    """Write a profile; the file appears whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    tensors = {
        _key(statistic, module): values[profile.layout.slice_of(index)]
        for statistic, values in profile.statistics.items()
        for index, module in enumerate(profile.layout.modules)
    }
    metadata = {
        "specialist": profile.specialist,
        "ability": profile.ability,
        "statistics": json.dumps(list(profile.statistics)),
        "counted_tokens": str(profile.counted_tokens),
    }
    write_whole(path, save(tensors, _FILE.header(profile.layout, profile.facts) | metadata))


def load_profile(path: Path, layout: ChannelLayout) -> Profile:
    """Read a profile that belongs to a model of this layout.

    Raises:
        ProfileError: It is missing, damaged, no profile, or of another model.
    """
    with _FILE.opened(path, layout) as (file, metadata):
        try:
            names = json.loads(metadata["statistics"])
            forms = {_key(name, m): [m.width] for name in names for m in layout.modules}
            counted_tokens = int(metadata["counted_tokens"])
            specialist, ability = metadata["specialist"], metadata["ability"]
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise _FILE.damaged(path, "does not hold what its header says", repr(error)) from error
        if sorted(forms) != sorted(file.keys()):
            raise _FILE.damaged(path, "does not hold what its header says")
        for key, shape in forms.items():
            part = file.get_slice(key)
            if part.get_dtype() != "F32" or part.get_shape() != shape:
                raise _FILE.damaged(path, f"holds {key} in another form than F32 {shape}")
        statistics = {
            name: np.concatenate([file.get_tensor(_key(name, m)) for m in layout.modules])
            for name in names
        }
    facts = _FILE.facts(path, metadata)
    return Profile(specialist, ability, layout, statistics, counted_tokens, facts)


def _key(statistic: str, module: ModuleChannels) -> str:
    return f"{statistic}/{module.tensor}"

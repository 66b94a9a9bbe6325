"""Profiles on disk: SPECIALIST--ABILITY.safetensors (design.md, section 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from act_core.errors import ActError, ProfileError
from act_core.files import write_whole
from act_core.models.channels import ChannelLayout
from act_core.models.headers import read_metadata

FORMAT = "act-profile-1"


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
        f"{statistic}/{module.tensor}": values[profile.layout.slice_of(index)]
        for statistic, values in profile.statistics.items()
        for index, module in enumerate(profile.layout.modules)
    }
    metadata = {
        "format": FORMAT,
        "specialist": profile.specialist,
        "ability": profile.ability,
        "statistics": json.dumps(list(profile.statistics)),
        "counted_tokens": str(profile.counted_tokens),
        "layout": profile.layout.fingerprint(),
        "facts": json.dumps(dict(profile.facts)),
    }
    write_whole(path, save(tensors, metadata))


def load_profile(path: Path, layout: ChannelLayout) -> Profile:
    """Read a profile that belongs to a model of this layout.

    Raises:
        ProfileError: It is damaged, no profile, or of another model.
    """
    try:
        metadata = read_metadata(path)
        tensors = load_file(path)
        if metadata["format"] != FORMAT or metadata["layout"] != layout.fingerprint():
            raise ProfileError(
                f"{path} belongs to another model or is no profile.",
                remedy="Profile the models of this recipe again.",
            )
        statistics = {
            name: np.concatenate([tensors[f"{name}/{m.tensor}"] for m in layout.modules])
            for name in json.loads(metadata["statistics"])
        }
        return Profile(
            metadata["specialist"],
            metadata["ability"],
            layout,
            statistics,
            int(metadata["counted_tokens"]),
            json.loads(metadata["facts"]),
        )
    except ProfileError:
        raise
    except (ActError, OSError, KeyError, ValueError, SafetensorError) as error:
        raise ProfileError(
            f"{path} cannot be read as a profile.",
            remedy="Delete it and profile again.",
            detail=repr(error),
        ) from error

"""Profiles that a run folder holds, read without models or data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from act_core.errors import ErrorRecord, ProfileError
from act_core.models.channels import ChannelLayout
from act_core.profile.store import Profile, load_profile
from act_core.runs import RunFolder

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class StoredProfiles:
    """What was found.

    Attributes:
        profiles: By (specialist, ability).
        faults: Files that are there but cannot be used, and why.
        measured_at: When the newest file was written, seconds since 1970; 0 where there is none.
    """

    profiles: Mapping[Pair, Profile] = field(default_factory=dict, repr=False)
    faults: Mapping[Pair, ErrorRecord] = field(default_factory=dict)
    measured_at: float = 0.0


def stored_profiles(
    folder: RunFolder, pairs: Iterable[Pair], layout: ChannelLayout
) -> StoredProfiles:
    """Read the profiles of these (specialist, ability) that a run folder holds.

    They may be older than the recipe: whether they still hold is for the caller to know.
    """
    profiles: dict[Pair, Profile] = {}
    faults: dict[Pair, ErrorRecord] = {}
    newest = 0.0
    for pair in pairs:
        path = folder.profile_path(*pair)
        if not path.is_file():
            continue
        try:
            profiles[pair] = load_profile(path, layout)
            newest = max(newest, path.stat().st_mtime)
        except ProfileError as error:
            faults[pair] = error.record()
    return StoredProfiles(profiles, faults, newest)

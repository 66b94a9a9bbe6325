"""Which repository an adapter says that it was trained on."""

from __future__ import annotations

from pathlib import Path

from act_core.hub.names import DEFAULT_REVISION, HubName, hub_name
from act_core.models.adapter import CONFIG_NAME
from act_core.models.headers import read_json


def named_base(folder: Path) -> tuple[str, HubName | None]:
    """What an adapter's config names as its base, and the repository where that is one's name.

    The name is empty where there is none. It may be a path of somebody's computer, or one that is
    there on this one: ask `is_local`.

    Raises:
        ReferenceNotFoundError, CorruptCheckpointError: As `read_json`.
    """
    config = read_json(folder / CONFIG_NAME)
    named, revision = config.get("base_model_name_or_path"), config.get("revision")
    if not isinstance(named, str):
        return "", None
    name = hub_name(named)
    if name is not None and isinstance(revision, str) and name.revision == DEFAULT_REVISION:
        name = hub_name(f"{name.repo}@{revision}") or name
    return named, name

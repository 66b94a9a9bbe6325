"""What an export says of a tuning after the transfer, and the rows or adapter beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from act_core.hashing import file_sha256
from act_core.models.adapter import CONFIG_NAME
from act_core.models.headers import read_json
from act_core.recipe import TuneKeep, TuneKind
from act_core.transfer.files import LORA_FOLDER
from act_core.transfer.provenance import Provenance, TuneRecord


def tuned_provenance(
    made_of: Provenance,
    kind: TuneKind,
    keep: TuneKeep,
    weights: Path,
    start: str,
) -> Provenance:
    """The provenance of a transfer with a tuning after it.

    Args:
        made_of: Of the transfer.
        kind: What was tuned.
        keep: Whether the weights hold it.
        weights: The rows' file, or the adapter's weights.
        start: Digest of the transfer.

    Raises:
        ReferenceNotFoundError: The file cannot be read.
    """
    record = TuneRecord(kind=kind, keep=keep, sha256=file_sha256(weights), start=start)
    return made_of.model_copy(update={"tune": record})


def tuned_files(
    files: Mapping[str, str | Path], made_of: Provenance, weights: Path, base: str
) -> dict[str, str | Path]:
    """The files of a transfer, with the rows or the adapter.

    Args:
        files: Of the transfer.
        made_of: Of the transfer with its tuning.
        weights: The rows' file, or the adapter's weights with its config beside them.
        base: Name of the exported checkpoint, which an adapter that is kept stands on.

    Raises:
        ActError: The adapter's config cannot be read.
    """
    found = dict(files)
    if made_of.tune is None:
        return found
    found[made_of.tune.file] = weights
    if made_of.tune.kind == "lora":
        config = read_json(weights.with_name(CONFIG_NAME))
        # Names alone: a path would tell of this computer and lead nowhere on another.
        kept = made_of.tune.keep == "adapter"
        config["base_model_name_or_path"] = base if kept else made_of.target.reference
        found[f"{LORA_FOLDER}/{CONFIG_NAME}"] = json.dumps(config, indent=1) + "\n"
    return found

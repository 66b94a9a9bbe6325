"""Whether models fit together before they are downloaded, and references of both kinds.

Tokenizers are compared by the hashes that the Hub tells; only where these differ are they fetched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import HubOfflineError, HubUnreachableError, ReferenceNotFoundError
from act_core.events import EventSink, Note, discard
from act_core.hashing import file_sha256
from act_core.hub.inspect import MOST_BYTES, Inspection, alone, inspect_model, keep_whole
from act_core.hub.listing import HubFile
from act_core.hub.models import base_named, find_model
from act_core.hub.names import HubName, is_local, name_unless_local, required_name
from act_core.hub.ranges import PieceReader
from act_core.models import adapter
from act_core.models.headers import holds_weights
from act_core.models.pair import Finding, check_pair
from act_core.models.reference import Model, resolve, split_reference, with_adapter
from act_core.models.tokenizer import SIDE_FILES, TOKENIZER_FILES
from act_core.settings import HubSettings

Looked = Inspection | Model
_MOST_TOKENIZER_BYTES = 64 << 20


def look(
    settings: HubSettings,
    reference: str,
    *,
    base: str | None = None,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Looked:
    """A model by whatever a person names it: a local one as it is, one of the Hub by its headers.

    Where the Hub is out of reach, what its cache holds is taken, and told.

    Args:
        settings: How the Hub is reached; it is not where the model is local.
        reference: A local reference (`models.reference`), a name on the Hub, or the two mixed as
            `BASE+ADAPTER[+ADAPTER...]`.
        base: What an adapter named alone stands on; by default what its config names.
        emit, token: As of `inspect_model`.

    Raises:
        ActError: As `resolve` and `inspect_model`.
    """
    first, *adapters = split_reference(reference)
    try:
        looked = _one(settings, first, base, emit, token)
        for part in adapters:
            looked = _applied(settings, looked, part, emit, token)
    except (HubOfflineError, HubUnreachableError) as error:
        try:
            looked = find_model(reference, base=base)
        except ReferenceNotFoundError:
            raise error from None
        emit(Note(f"{error.reason} {reference} is taken from the cache.", "warning"))
    if isinstance(looked, Inspection):
        model = dataclasses.replace(looked.model, reference=reference)
        return dataclasses.replace(looked, model=model)
    return dataclasses.replace(looked, reference=reference)


def model_of(looked: Looked) -> Model:
    """The model, for whatever needs facts only."""
    return looked.model if isinstance(looked, Inspection) else looked


def check_hub_pair(
    settings: HubSettings,
    target: Looked,
    specialist: Looked,
    *,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> tuple[Finding, ...]:
    """`check_pair` of models of which one or both are on the Hub.

    Raises:
        ActError: As `check_pair`; HubError's kinds, DownloadError, CancelledByPersonError.
    """
    token = token or CancelToken()
    sides = _below(target), _below(specialist)
    ours, theirs = (_tokenizer_files(side) for side in sides)
    same = any(name in ours for name in TOKENIZER_FILES) and _same(ours, theirs)
    if not same:
        for side, files in zip(sides, (ours, theirs), strict=True):
            if isinstance(side, Inspection):
                with alone(side.folder, token):
                    _fetch(PieceReader(settings, side.name, emit, token), side, files)
    return check_pair(model_of(target), model_of(specialist), same_tokenizer=same)


def _one(
    settings: HubSettings,
    reference: str,
    base: str | None,
    emit: EventSink,
    token: CancelToken | None,
) -> Looked:
    name = name_unless_local(reference)
    if name is None:
        return _local(settings, reference, base, emit, token)
    below: HubName | Model | None = None
    if base:
        below = resolve(base) if is_local(base) else required_name(base)
    return inspect_model(settings, name, base=below, emit=emit, token=token)


def _local(
    settings: HubSettings,
    reference: str,
    base: str | None,
    emit: EventSink,
    token: CancelToken | None,
) -> Looked:
    """A local model; a local adapter may stand on a model of the Hub."""
    folder = Path(reference).expanduser()
    if adapter.is_adapter(folder) and not holds_weights(folder):
        name = name_unless_local(base) if base else base_named(reference)
        if name is not None:
            below = inspect_model(settings, name, emit=emit, token=token)
            return _applied(settings, below, reference, emit, token)
    return resolve(reference, base=base)


def _applied(
    settings: HubSettings,
    below: Looked,
    reference: str,
    emit: EventSink,
    token: CancelToken | None,
) -> Looked:
    """A model with an adapter on it."""
    name = name_unless_local(reference)
    if name is not None:
        return inspect_model(settings, name, base=below, emit=emit, token=token)
    folder = Path(reference).expanduser()
    if not adapter.is_adapter(folder):
        raise ReferenceNotFoundError(
            f"{reference} is neither a local adapter nor the name of one on the Hub.",
            remedy="Check the path, or write it as owner/name.",
        )
    model = with_adapter(reference, model_of(below), folder)
    return dataclasses.replace(below, model=model) if isinstance(below, Inspection) else model


def _below(looked: Looked) -> Looked:
    """Whose tokenizer it is: an adapter has its base's."""
    while isinstance(looked, Inspection) and looked.base is not None:
        looked = looked.base
    return looked


def _tokenizer_files(side: Looked) -> Mapping[str, HubFile | Path]:
    if isinstance(side, Inspection):
        return {file.name: file for file in side.choice.files if file.name in SIDE_FILES}
    if side.source == "gguf":
        return {}
    return {name: path for name in SIDE_FILES if (path := side.folder / name).is_file()}


def _same(ours: Mapping[str, HubFile | Path], theirs: Mapping[str, HubFile | Path]) -> bool:
    return ours.keys() == theirs.keys() and all(_equal(ours[name], theirs[name]) for name in ours)


def _equal(ours: HubFile | Path, theirs: HubFile | Path) -> bool:
    """Whether two files are known to be equal; hashes of two kinds say nothing."""
    if isinstance(ours, Path):
        ours, theirs = theirs, ours
    if isinstance(ours, Path):
        return isinstance(theirs, Path) and file_sha256(ours) == file_sha256(theirs)
    if not ours.etag:
        return False
    if isinstance(theirs, Path):
        same_size = theirs.stat().st_size == ours.size_bytes
        return same_size and ours.is_content(theirs.read_bytes())
    return ours.etag == theirs.etag


def _fetch(reader: PieceReader, side: Inspection, files: Mapping[str, HubFile | Path]) -> None:
    for file in files.values():
        if isinstance(file, HubFile):
            most_bytes = MOST_BYTES.get(file.name, _MOST_TOKENIZER_BYTES)
            keep_whole(reader, file, side.folder, most_bytes)

"""A model on the Hub before its download: from its headers, at one commit, for a few KB.

Small files are kept by commit in a folder of ours beside the Hub's cache, headers in place of
weights (`models.apart`), so that everything that looks at a local model looks at this one. A model
that is whole in the cache at that commit is looked at there, weights and all.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import ActError, ReferenceNotFoundError
from act_core.events import EventSink, discard
from act_core.files import write_whole
from act_core.hub.adapter_base import named_base
from act_core.hub.files import FileChoice, choose_files
from act_core.hub.layout import commit_folder
from act_core.hub.listing import HubFile, Listing, list_files
from act_core.hub.names import HubName
from act_core.hub.needed import is_whole
from act_core.hub.ranges import PieceReader
from act_core.meters import ProgressMeter
from act_core.models import adapter
from act_core.models.apart import is_known, keep_header
from act_core.models.describe import CARD_NAME, MOST_CARD_BYTES
from act_core.models.headers import INDEX_NAME, read_shard_names
from act_core.models.reference import Model, resolve, with_adapter
from act_core.settings import HubSettings

# What `describe` and `resolve` read, and how large it may be.
MOST_BYTES: Mapping[str, int] = {
    "config.json": 1 << 20,
    adapter.CONFIG_NAME: 1 << 20,
    INDEX_NAME: 32 << 20,
    "tokenizer_config.json": 8 << 20,
    "chat_template.jinja": 1 << 20,
}
_AT_ONCE = 4
_KEPT_S = 30 * 24 * 3600.0
_locks: dict[Path, threading.Lock] = {}  # of the folders that this process has looked at


@dataclass(frozen=True, slots=True)
class Inspection:
    """What headers tell of a model on the Hub.

    Attributes:
        name: Pinned to the commit.
        model: Its weights are headers only, and reading one raises `WeightsNotHereError`, unless it
            is in the cache.
        choice: What a download fetches.
        folder: Where its small files lie.
        base: Of an adapter, what it stands on; a download of its own.
        gated: Its files are open only to people who were let in.
        fetched_bytes: What came over the network, headers of HTTP not counted.
    """

    name: HubName
    model: Model
    choice: FileChoice
    folder: Path
    base: Inspection | Model | None = None
    gated: bool = False
    fetched_bytes: int = 0


def inspect_model(
    settings: HubSettings,
    name: HubName,
    *,
    base: HubName | Inspection | Model | None = None,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Inspection:
    """Find, check and describe a model on the Hub; of its weights only headers are fetched.

    Args:
        settings: How the Hub is reached.
        name: The model.
        base: What an adapter stands on; by default what its config names.
        emit: Progress of sharded models (stage `inspect`), notes about waits.
        token: Polled.

    Raises:
        ActError: Everything that `models.reference.resolve` raises of a local model, HubError's
            kinds, DownloadError, CancelledByPersonError.
    """
    token = token or CancelToken()
    listing = list_files(settings, name, emit=emit, token=token)
    reader = PieceReader(settings, listing.name, emit, token)
    folder = _folder_of(listing)
    with alone(folder, token), _told_as(name, folder):
        choice = _fetched(reader, listing, folder, emit)
        if choice.source != "adapter":
            model = dataclasses.replace(resolve(folder), reference=str(name))
            fetched_bytes = reader.fetched_bytes
            return Inspection(
                listing.name, model, choice, model.folder, None, listing.gated, fetched_bytes
            )
        adapter.read_adapter(folder)
        below = base or _required_base(folder, name)
    if isinstance(below, HubName):
        below = inspect_model(settings, below, emit=emit, token=token)
    with _told_as(name, folder):
        model = with_adapter(str(name), _full_model(below, name), folder)
    return Inspection(
        listing.name, model, choice, folder, below, listing.gated, reader.fetched_bytes
    )


def exact_choice(
    settings: HubSettings,
    listing: Listing,
    *,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> FileChoice:
    """`choose_files` with the shards that the checkpoint's index names, which is fetched first.

    Raises:
        ActError: As `choose_files`, `read_shard_names` and `PieceReader.whole`.
    """
    folder, token = _folder_of(listing), token or CancelToken()
    reader = PieceReader(settings, listing.name, emit, token)
    with alone(folder, token), _told_as(listing.name, folder):
        return _choice(reader, listing, folder)


def keep_whole(reader: PieceReader, file: HubFile, folder: Path, most_bytes: int) -> None:
    """Have a small file in a folder of ours.

    Raises:
        ActError: As `PieceReader.whole`; OutputError.
    """
    if not (folder / file.name).is_file():
        write_whole(folder / file.name, reader.whole(file, most_bytes))


def _choice(reader: PieceReader, listing: Listing, folder: Path) -> FileChoice:
    choice = choose_files(listing)
    index = choice.named(INDEX_NAME)
    if index is None:
        return choice
    keep_whole(reader, index, folder, MOST_BYTES[INDEX_NAME])
    return choose_files(listing, frozenset(read_shard_names(folder).values()))


def _fetched(reader: PieceReader, listing: Listing, folder: Path, emit: EventSink) -> FileChoice:
    """Have small files and headers in the folder; what is there already is not asked for again."""
    _forget_old()
    choice = _choice(reader, listing, folder)
    if choice.source == "gguf":
        if folder.is_file():
            return choice
        raise ReferenceNotFoundError(
            f"{listing.name.subfolder} is a GGUF file, which can be looked at only when it is here "
            f"({choice.size_bytes / 1e6:,.0f} MB).",
            remedy="Download it first, or use the safetensors version of the model.",
        )
    for file in choice.files:
        if file.name in MOST_BYTES and file.role != "weights":
            keep_whole(reader, file, folder, MOST_BYTES[file.name])
        elif file.name == CARD_NAME and file.size_bytes <= MOST_CARD_BYTES:
            keep_whole(reader, file, folder, MOST_CARD_BYTES)
    missing = [file for file in choice.weights if not is_known(folder / file.name)]
    if not missing:
        return choice
    told = emit if len(missing) > 1 else discard
    meter = ProgressMeter(told, "inspect", len(missing), "headers")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for file, start in zip(missing, pool.map(reader.start, missing), strict=True):
            keep_header(folder / file.name, start, file.size_bytes)
            meter.step()
    meter.finish()
    return choice


def _required_base(folder: Path, name: HubName) -> HubName:
    """The base that an adapter's config names; a path on somebody's computer is none."""
    named, base = named_base(folder)
    if base is None:
        raise ReferenceNotFoundError(
            f"The adapter {name} stands on {named or 'an unnamed base'}, which is not on the Hub.",
            remedy="Name the base that it was trained on.",
        )
    return base


def _full_model(base: Inspection | Model, name: HubName) -> Model:
    model = base.model if isinstance(base, Inspection) else base
    if isinstance(base, Inspection) and base.choice.source == "adapter":
        raise ReferenceNotFoundError(
            f"The adapter {name} stands on {base.name.repo}, which is an adapter itself.",
            remedy="Download both and name them in order: BASE+ADAPTER+ADAPTER.",
        )
    return model


def _place() -> Path:
    from huggingface_hub import constants

    return Path(constants.HF_HOME) / "act-studio" / "inspected"


def _folder_of(listing: Listing) -> Path:
    """In the Hub's cache where it holds the whole model, else in our place."""
    name = listing.name
    if is_whole(listing):
        return commit_folder(name) / name.subfolder
    return _place() / name.repo.replace("/", "--") / name.revision / name.subfolder


@contextmanager
def alone(folder: Path, token: CancelToken) -> Iterator[None]:
    """Keep two inspections of one model from writing the same files."""
    # At one go: two threads that come at once must not make a lock each.
    with token.holding(_locks.setdefault(folder, threading.Lock())):
        yield


def _forget_old() -> None:
    """Remove what nobody has looked at for a month."""
    for commit in _place().glob("*/*"):
        try:
            if time.time() - commit.stat().st_mtime > _KEPT_S:
                shutil.rmtree(commit, ignore_errors=True)
        except OSError:  # another program was faster
            continue


@contextmanager
def _told_as(name: HubName, folder: Path) -> Iterator[None]:
    """Let errors speak of the model by its name where checks know only our folder."""
    try:
        yield
    except ActError as error:
        for text in ("reason", "remedy", "detail"):
            said = getattr(error, text).replace(f"{folder}{os.sep}", f"{name}: ")
            setattr(error, text, said.replace(str(folder), str(name)))
        raise

"""Which files of a repository make up a model: each weight once, and nothing that is not read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from act_core.errors import (
    ActError,
    CorruptCheckpointError,
    ReferenceNotFoundError,
    UnsafeFileError,
    UnsupportedModelError,
)
from act_core.hub.listing import HubFile, Listing, Role
from act_core.models import adapter
from act_core.models.file_names import unsafe_name
from act_core.models.headers import INDEX_NAME, SINGLE_NAME
from act_core.models.tokenizer import SIDE_FILES

Source = Literal["folder", "adapter", "gguf"]
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_CARD = re.compile(r"(?i)readme\.md|(licen[cs]e|notice|copying|use_policy)([._-].*)?")
_TEMPLATES = re.compile(r"additional_chat_templates/[^/]+\.jinja")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_CONFIGS = ("config.json", "generation_config.json", adapter.CONFIG_NAME)
_OTHER_FORMATS = (
    ".gguf", ".ggml", ".onnx", ".onnx_data", ".h5", ".msgpack", ".ot", ".tflite", ".mlmodel",
    ".npz",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not fetched, and why."""

    path: str
    size_bytes: int
    why: str


@dataclass(frozen=True, slots=True)
class FileChoice:
    """What a download fetches.

    Attributes:
        files: These, by path; every path is safe below a folder of any computer.
        left_out: What else is there.
        source: What kind of model it is.
    """

    files: tuple[HubFile, ...]
    left_out: tuple[LeftOut, ...]
    source: Source

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)

    @property
    def weights(self) -> tuple[HubFile, ...]:
        """The files that hold tensors."""
        return tuple(file for file in self.files if file.role == "weights")

    def named(self, name: str) -> HubFile | None:
        """The chosen file of a name, in whatever folder."""
        return next((file for file in self.files if file.name == name), None)


def choose_files(listing: Listing, shards: Collection[str] | None = None) -> FileChoice:
    """The files that make up the model in a repository, or in the subfolder that its name says.

    Args:
        listing: What is there.
        shards: Files that the checkpoint's index names; None: those that are named like shards.

    Raises:
        ReferenceNotFoundError: No model is there.
        UnsafeFileError: It has pickles only.
        UnsupportedModelError: It has GGUF files only, and the name does not say which.
        CorruptCheckpointError: A file that is needed has a name that may not be used.
    """
    subfolder = listing.name.subfolder
    if subfolder.lower().endswith(".gguf"):
        return _one_gguf(listing)
    prefix = f"{subfolder}/" if subfolder else ""
    inside = {f.path[len(prefix) :]: f for f in listing.files if f.path.startswith(prefix)}
    weights, source = _weights(inside, shards)
    if not weights and INDEX_NAME not in inside:
        raise _nothing(listing, inside)
    chosen: list[HubFile] = []
    left_out: list[LeftOut] = []
    for name, file in sorted(inside.items()):
        role = _role(name, weights, source)
        if role is None:
            left_out.append(LeftOut(file.path, file.size_bytes, _why(name)))
        else:
            chosen.append(replace(file, role=role))
    outside = (file for file in listing.files if not file.path.startswith(prefix))
    left_out += [LeftOut(f.path, f.size_bytes, "outside the model's folder") for f in outside]
    _check_names(listing, chosen)
    return FileChoice(tuple(chosen), tuple(left_out), source)


def _weights(inside: Collection[str], shards: Collection[str] | None) -> tuple[set[str], Source]:
    """Names of the files that hold the model's tensors, as `models.headers.read_folder` looks."""
    if INDEX_NAME in inside:
        named = set(shards) if shards is not None else {n for n in inside if _SHARD.fullmatch(n)}
        return named & set(inside), "folder"
    if SINGLE_NAME in inside:
        return {SINGLE_NAME}, "folder"
    if adapter.CONFIG_NAME in inside and adapter.WEIGHTS_NAME in inside:
        return {adapter.WEIGHTS_NAME}, "adapter"
    return set(), "folder"


def _role(name: str, weights: Collection[str], source: Source) -> Role | None:
    if name in weights:
        return "weights"
    if name == INDEX_NAME:
        return "index"
    if name in _CONFIGS and (name != adapter.CONFIG_NAME or source == "adapter"):
        return "config"
    if name in SIDE_FILES or _TEMPLATES.fullmatch(name):
        return "tokenizer"
    return "card" if _CARD.fullmatch(name) else None


def _why(name: str) -> str:
    if name.endswith(_PICKLES):
        return "a pickle, which can run code"
    if name.endswith(".py"):
        return "code, which is never run"
    if "/" in name:
        return "in another folder"
    if name.endswith(".safetensors") or name == adapter.CONFIG_NAME:
        return "weights a second time, or of something else"
    if name.endswith(_OTHER_FORMATS):
        return "another format of the weights"
    return "not needed"


def _one_gguf(listing: Listing) -> FileChoice:
    for file in listing.files:
        if file.path == listing.name.subfolder:
            others = (one for one in listing.files if one is not file)
            left_out = (LeftOut(f.path, f.size_bytes, "another file") for f in others)
            chosen = replace(file, role="weights")
            _check_names(listing, [chosen])
            return FileChoice((chosen,), tuple(left_out), "gguf")
    raise ReferenceNotFoundError(
        f"{listing.name.repo} has no file {listing.name.subfolder}.",
        remedy=f"Look at its files: act inspect {listing.name.repo}",
    )


def _nothing(listing: Listing, inside: Collection[str]) -> ActError:
    """Why there is no model to be fetched, by what is there instead."""
    about = str(replace(listing.name, revision="main"))
    if ggufs := sorted(name for name in inside if name.lower().endswith(".gguf")):
        return UnsupportedModelError(
            f"{about} holds GGUF files only ({_some(ggufs)}), which are quantised as a rule.",
            remedy="Use the safetensors version of this model. A GGUF file can serve as "
            f"specialist: name it as {listing.name.repo}:{ggufs[0]}.",
        )
    if pickles := sorted(name for name in inside if name.endswith(_PICKLES)):
        return UnsafeFileError(
            f"{about} holds its weights as pickle ({pickles[0]}), which can run code when opened.",
            remedy="Use a safetensors version of this model.",
        )
    others = sorted(name for name in inside if name.endswith(".safetensors"))
    what = f", but {_some(others)}" if others else ""
    below = sorted({n.rpartition("/")[0] for n in inside if n.endswith(f"/{SINGLE_NAME}")})
    where = f" There are models in its folders {_some(below)}." if below else ""
    return ReferenceNotFoundError(
        f"{about} has neither {SINGLE_NAME} nor {INDEX_NAME}{what}.{where}",
        remedy=f"Name the folder: {listing.name.repo}:{below[0]}."
        if below
        else "Choose a repository that holds a language model in safetensors format.",
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _check_names(listing: Listing, files: Iterable[HubFile]) -> None:
    seen: dict[str, str] = {}
    for file in files:
        why = unsafe_name(file.path)
        if why is None and (other := seen.get(file.path.lower())):
            why = f"on many computers it is the same as {other!r}"
        if why is not None:
            raise CorruptCheckpointError(
                f"{listing.name.repo} names the file {file.path!r}: {why}.",
                title="Unsafe name of a file",
                remedy="Do not use this repository; tell its publisher or the Hub.",
            )
        seen[file.path.lower()] = file.path

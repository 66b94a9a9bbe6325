"""One `resolve` for every way to name a model.

A reference is a local folder, a single `.safetensors` file with a config.json beside it, a `.gguf`
file, a PEFT adapter folder, or `BASE+ADAPTER[+ADAPTER...]` (adapters applied in order).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from act_core.errors import (
    CorruptCheckpointError,
    QuantisedModelError,
    ReferenceNotFoundError,
    UnsafeFileError,
    UnsupportedModelError,
)
from act_core.hashing import content_hash, file_sha256
from act_core.models.families import family_of, supported_titles
from act_core.models.family import Family, ModelShape, shape_of
from act_core.models.headers import FLOAT_DTYPES, TensorHeader, read_folder, read_header, read_json
from act_core.models.weights import SafetensorsWeights, TensorFacts, Weights

SourceKind = Literal["folder", "file", "gguf", "adapter"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be read; nothing of its weights is in memory.

    Attributes:
        reference: As the person named it.
        source: What kind of thing it is.
        folder: Where its config, tokenizer and other side files lie.
        config: config.json as stored (of the base, for adapters).
        family: Description of its modules.
        shape: Its sizes.
        weights: Reader of its tensors, by their name in transformers' `state_dict`.
    """

    reference: str
    source: SourceKind
    folder: Path
    config: Mapping[str, Any]
    family: Family
    shape: ModelShape
    weights: Weights

    @property
    def facts(self) -> Mapping[str, TensorFacts]:
        """Shapes and dtypes of all tensors."""
        return self.weights.facts

    @property
    def tied(self) -> bool:
        """Whether the head shares the embedding's storage."""
        return self.family.head not in self.facts

    def fingerprint(self) -> str:
        """Hash of everything that decides what the model computes: config and weight files."""
        files = [file_sha256(path) for path in self.weights.files]
        return content_hash({"config": dict(self.config), "files": files})


def resolve(reference: str | Path) -> Model:
    """Find, check and describe a model without reading its weights.

    Args:
        reference: See the module's docstring.

    Raises:
        ReferenceNotFoundError: Nothing is there.
        UnsupportedModelError: Format or family cannot be handled; the supported ones are listed.
        QuantisedModelError: The weights are stored quantised.
        UnsafeFileError: The weights are pickles.
        CorruptCheckpointError: Headers, index or config are damaged.
    """
    path = Path(reference).expanduser()
    if path.is_dir():
        return _from_folder(str(reference), path)
    if path.suffix == ".safetensors" and path.is_file():
        return _from_headers(str(reference), "file", path.parent, read_header(path))
    if path.suffix in {".bin", ".pt", ".pth", ".ckpt"} and path.is_file():
        raise UnsafeFileError(
            f"{path} is a pickle, which can run code when opened.",
            remedy="Use a safetensors version of this model.",
        )
    raise ReferenceNotFoundError(
        f"{reference} is neither a model folder nor a model file.",
        remedy="Check the path: it needs config.json and safetensors files.",
    )


def _from_folder(reference: str, folder: Path) -> Model:
    return _from_headers(reference, "folder", folder, read_folder(folder))


def _from_headers(
    reference: str, source: SourceKind, folder: Path, headers: Mapping[str, TensorHeader]
) -> Model:
    config = read_json(folder / "config.json")
    family = _family(reference, config)
    named = _state_names(headers, family)
    return checked_model(reference, source, folder, config, family, SafetensorsWeights(named))


def checked_model(
    reference: str,
    source: SourceKind,
    folder: Path,
    config: Mapping[str, Any],
    family: Family,
    weights: Weights,
) -> Model:
    """A `Model` whose linear modules are all there, in the shape and dtype that rows need.

    Raises:
        QuantisedModelError: A linear module is not stored as floats.
        CorruptCheckpointError: A linear module is missing or not a matrix.
    """
    shape = shape_of(config)
    if not shape.layers:
        raise CorruptCheckpointError(
            f"The config of {reference} does not say how many layers it has.",
            remedy="Fetch the model's config.json again.",
        )
    for layer in range(shape.layers):
        for spec in family.modules:
            _check_linear(reference, f"{family.module_name(layer, spec)}.weight", weights)
    return Model(reference, source, folder, config, family, shape, weights)


def _check_linear(reference: str, name: str, weights: Weights) -> None:
    facts = weights.facts.get(name)
    if facts is None or len(facts.shape) != 2:
        raise CorruptCheckpointError(
            f"{reference} lacks {name} as a matrix, which its config promises.",
            remedy="Fetch the model again; if it stays so, it is not of the family it says.",
        )
    if facts.dtype not in FLOAT_DTYPES:
        raise QuantisedModelError(
            f"{name} of {reference} is stored as {facts.dtype}.",
            remedy="Use the unquantised version of this model (BF16, F16 or F32).",
        )


def _family(reference: str, config: Mapping[str, Any]) -> Family:
    quantised = config.get("quantization_config")
    if quantised:
        method = quantised.get("quant_method") if isinstance(quantised, Mapping) else None
        raise QuantisedModelError(
            f"The config of {reference} says that it is quantised ({method or 'unknown method'}).",
            remedy="Use the unquantised version of this model (BF16, F16 or F32).",
        )
    family = family_of(str(config.get("model_type", "")))
    if family is None:
        raise UnsupportedModelError(
            f"{reference} is of the type {config.get('model_type')!r}, which is not known.",
            remedy=f"Supported are: {supported_titles()}.",
        )
    return family


def _state_names(headers: Mapping[str, TensorHeader], family: Family) -> dict[str, TensorHeader]:
    """Headers by their name in transformers' `state_dict`, whatever the checkpoint's age.

    Some checkpoints leave the body's prefix out, name the head differently or hold buffers that
    no model reads.
    """
    renames = dict(family.stored_names)
    bare = not any(name.startswith(family.base_prefix) for name in headers)
    named = {}
    for stored, header in headers.items():
        name = renames.get(stored, stored)
        if bare and name != family.head:
            name = family.base_prefix + name
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in family.stored_buffers):
            named[name] = header
    return named

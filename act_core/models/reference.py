"""One `resolve` for every way to name a model.

A reference is a local folder, a single `.safetensors` file with a config.json beside it, a `.gguf`
file, a PEFT adapter folder, or `BASE+ADAPTER[+ADAPTER...]` (adapters applied in order).
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Collection, Mapping
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
from act_core.models.adapter import CONFIG_NAME, AdapterWeights, is_adapter, read_adapter
from act_core.models.families import family_of
from act_core.models.family import Family, ModelShape, shape_of
from act_core.models.gguf import GgufWeights, read_gguf_config
from act_core.models.headers import (
    FLOAT_DTYPES,
    UNREADABLE_DTYPES,
    TensorHeader,
    holds_weights,
    read_folder,
    read_header,
    read_json,
)
from act_core.models.infer import infer_family, require_names
from act_core.models.packing import headers_apart
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
        weights: Reader of its tensors, by their name in transformers' `state_dict`, but each
            expert's matrices by names of their own.
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

    @property
    def embeddings(self) -> int:
        """Number of token ids that it has an embedding for; 0 where it has none."""
        facts = self.facts.get(self.family.embeddings[0])
        return facts.shape[0] if facts is not None and facts.shape else 0

    def fingerprint(self) -> str:
        """Hash of everything that decides what the model computes: config and weight files."""
        files = [file_sha256(path) for path in self.weights.files]
        return content_hash({"config": dict(self.config), "files": files})


def resolve(reference: str | Path, *, base: str | None = None) -> Model:
    """Find, check and describe a model without reading its weights.

    Args:
        reference: See the module's docstring. A path that exists as a whole is never split at `+`.
        base: What an adapter folder given alone stands on; by default what its config names, if
            that is a local path.

    Raises:
        ReferenceNotFoundError: Nothing is there.
        UnsupportedModelError: Format or family cannot be handled; the supported ones are listed.
        QuantisedModelError: The weights are stored quantised.
        UnsafeFileError: The weights are pickles.
        CorruptCheckpointError: Headers, index or config are damaged.
        IncompatibleModelsError: An adapter does not fit its base.
    """
    path = Path(reference).expanduser()
    if path.is_dir():
        if is_adapter(path) and not holds_weights(path):
            return with_adapter(str(reference), resolve(_base_of(path, base)), path)
        return _from_headers(str(reference), "folder", path, read_folder(path))
    if path.is_file():
        return _from_file(str(reference), path)
    head, *adapters = split_reference(str(reference))
    if adapters:
        model = resolve(head)
        for adapter in adapters:
            model = with_adapter(str(reference), model, Path(adapter).expanduser())
        return model
    raise ReferenceNotFoundError(
        f"{reference} is neither a model folder nor a model file.",
        remedy="Check the path: it needs config.json and safetensors files, a .gguf file, or a "
        "PEFT adapter (BASE+ADAPTER).",
    )


def _from_file(reference: str, path: Path) -> Model:
    if path.suffix == ".safetensors":
        return _from_headers(reference, "file", path.parent, read_header(path))
    if path.suffix == ".gguf":
        config = read_gguf_config(path)
        known = family_of(str(config.get("model_type", "")))
        if known and known.packs:
            raise UnsupportedModelError(
                f"{reference} is a GGUF file with experts ({known.title}), which is not read.",
                remedy="Use the model's safetensors version.",
            )
        weights = GgufWeights(path, config)
        family = _family(reference, config, weights.facts)
        return checked_model(reference, "gguf", path.parent, config, family, weights)
    if path.suffix in {".bin", ".pt", ".pth", ".ckpt"}:
        raise UnsafeFileError(
            f"{path} is a pickle, which can run code when opened.",
            remedy="Use a safetensors version of this model.",
        )
    raise UnsupportedModelError(
        f"{path} is neither a safetensors nor a GGUF file.",
        remedy="Name a model folder, a .safetensors file or a .gguf file.",
    )


def _from_headers(
    reference: str, source: SourceKind, folder: Path, headers: Mapping[str, TensorHeader]
) -> Model:
    config = read_json(folder / "config.json")
    family = _family(reference, config, headers)
    named = _state_names(headers, family)
    if family.inferred:
        require_names(family, named, reference)
    return checked_model(reference, source, folder, config, family, SafetensorsWeights(named))


def split_reference(reference: str) -> list[str]:
    """`BASE+ADAPTER+...` as the longest existing base and its adapters, of which there may be none.

    A path that exists is never split at a `+` in it.
    """
    parts = reference.split("+")
    paths: list[str] = []
    while parts:
        for count in range(len(parts), 0, -1):
            piece = "+".join(parts[:count])
            if Path(piece).expanduser().exists():
                break
        else:
            count, piece = 1, parts[0]
        paths.append(piece)
        parts = parts[count:]
    return paths


def _base_of(adapter: Path, base: str | None) -> str:
    """What an adapter given alone stands on; a relative path counts from the working folder."""
    named = base or read_json(adapter / CONFIG_NAME).get("base_model_name_or_path")
    if isinstance(named, str) and named and (base or Path(named).expanduser().exists()):
        return named
    raise ReferenceNotFoundError(
        f"The adapter {adapter} stands on {named or 'an unnamed base'}, which is not a local path.",
        remedy=f"Fetch that base and name both: BASE+{adapter}.",
    )


def with_adapter(reference: str, model: Model, folder: Path) -> Model:
    """A model with the adapter in a folder applied, under a reference of its own.

    Raises:
        ActError: Everything that `read_adapter` and `AdapterWeights` raise.
    """
    linear = (
        name
        for layer in range(model.shape.layers)
        for spec in model.family.specs_of(layer, model.facts)
        if spec.transposed
        for name in model.family.weights_of(layer, spec, model.facts)
    )
    weights = AdapterWeights(model.weights, read_adapter(folder), set(linear), tied=model.tied)
    return dataclasses.replace(model, reference=reference, source="adapter", weights=weights)


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
        QuantisedModelError: A linear module is not stored as floats, or another tensor in a form
            that is not read.
        CorruptCheckpointError: A linear module is missing or not a matrix.
    """
    shape = shape_of(config)
    for layer in range(shape.layers):
        for spec in family.specs_of(layer, weights.facts):
            for name in family.weights_of(layer, spec, weights.facts):
                _check_linear(reference, name, weights)
    for name, facts in weights.facts.items():
        if facts.dtype in UNREADABLE_DTYPES:
            raise _quantised(reference, name, facts.dtype)
    return Model(reference, source, folder, config, family, shape, weights)


def _check_linear(reference: str, name: str, weights: Weights) -> None:
    facts = weights.facts.get(name)
    if facts is None or len(facts.shape) != 2:
        raise CorruptCheckpointError(
            f"{reference} lacks {name} as a matrix, which its config promises.",
            remedy="Fetch the model again; if it stays so, it is not of the family it says.",
        )
    if facts.dtype not in FLOAT_DTYPES:
        raise _quantised(reference, name, facts.dtype)


def _quantised(reference: str, name: str, dtype: str) -> QuantisedModelError:
    return QuantisedModelError(
        f"{name} of {reference} is stored as {dtype}.",
        remedy="Use the unquantised version of this model (BF16, F16 or F32).",
    )


def _family(reference: str, config: Mapping[str, Any], names: Collection[str]) -> Family:
    quantised = config.get("quantization_config")
    if quantised:
        method = quantised.get("quant_method") if isinstance(quantised, Mapping) else None
        raise QuantisedModelError(
            f"The config of {reference} says that it is quantised ({method or 'unknown method'}).",
            remedy="Use the unquantised version of this model (BF16, F16 or F32).",
        )
    known = family_of(str(config.get("model_type", "")))
    layers = shape_of(config).layers
    if layers > len(names) or (known and not layers):
        raise CorruptCheckpointError(
            f"{reference} has {len(names)} tensors and, by its config, {layers} layers.",
            remedy="Fetch the model and its config.json again.",
        )
    return known or infer_family(config, reference)


def _state_names(headers: Mapping[str, TensorHeader], family: Family) -> dict[str, TensorHeader]:
    """Headers by their name in transformers' `state_dict`, whatever the checkpoint's age.

    Some checkpoints leave the body's prefix out, name the head differently or hold buffers that
    no model reads.
    """
    bare = not any(name.startswith(family.base_prefix) for name in headers)
    named = {}
    for stored, header in headers.items():
        name = stored
        for pattern, ours in family.stored_names:
            if match := re.fullmatch(pattern, stored):
                name = match.expand(ours)
        if bare and name != family.head:
            name = family.base_prefix + name
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in family.stored_buffers):
            named[name] = header
    embedding = family.embeddings[0]
    if embedding not in named and family.head in named:
        # Of two tied tensors, some writers keep the head.
        named[embedding] = named.pop(family.head)
    return headers_apart(named, family)

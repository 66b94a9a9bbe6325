"""What a person is shown of a model: from headers and side files only, no weight is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from act_core.errors import ActError
from act_core.models.adapter import AdapterWeights
from act_core.models.apart import known_bytes
from act_core.models.gguf import GgufWeights
from act_core.models.headers import read_json
from act_core.models.reference import Model, SourceKind
from act_core.models.weights import Weights
from act_core.strict_yaml import load_yaml

CARD_NAME = "README.md"
MOST_CARD_BYTES = 4 << 20
_FRONT_MATTER = re.compile(r"---\s*\n(.*?)\n---\s*(\n|$)", re.DOTALL)
_SPECIALS = ("bos_token", "eos_token", "pad_token", "unk_token")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model for people.

    Attributes:
        reference: As the person named it.
        source: What kind of thing it is.
        family: Title of the family.
        inferred: The family was described automatically.
        layers, hidden, heads, kv_heads, vocabulary, context: Sizes.
        parameters: Number of parameters, tied ones once.
        size_bytes: Bytes of the files that decide the weights.
        dtypes: Number of tensors by dtype, most frequent first.
        tied: The head is the embedding matrix.
        special_tokens: By role, e.g. `eos_token`.
        chat_template: There is one.
        licence: From the README's front matter, or None.
        base_model: From the README's front matter, or None.
        notes: What a person should know about how it is read.
    """

    reference: str
    source: SourceKind
    family: str
    inferred: bool
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    vocabulary: int
    context: int
    parameters: int
    size_bytes: int
    dtypes: Mapping[str, int]
    tied: bool
    special_tokens: Mapping[str, str]
    chat_template: bool
    licence: str | None
    base_model: str | None
    notes: tuple[str, ...]


def describe(model: Model) -> ModelCard:
    """The card of a model; side files that are missing or damaged leave their entries empty."""
    shape = model.shape
    front = front_matter(model.folder / CARD_NAME)
    tokens = _json(model.folder / "tokenizer_config.json")
    embedding = model.facts.get(model.family.embeddings[0])
    dtypes = Counter(facts.dtype for facts in model.facts.values())
    return ModelCard(
        reference=model.reference,
        source=model.source,
        family=model.family.title,
        inferred=model.family.inferred,
        layers=shape.layers,
        hidden=shape.hidden,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        vocabulary=embedding.shape[0] if embedding is not None else shape.vocabulary,
        context=shape.context,
        parameters=sum(facts.parameters for facts in model.facts.values()),
        size_bytes=sum(known_bytes(path) for path in model.weights.files),
        dtypes=dict(dtypes.most_common()),
        tied=model.tied,
        special_tokens=_special_tokens(model, tokens),
        chat_template=_has_template(model, tokens),
        licence=_one_text(front.get("license")),
        base_model=_one_text(front.get("base_model")),
        notes=tuple(_notes(model)),
    )


def _notes(model: Model) -> Iterator[str]:
    if model.family.inferred:
        yield (
            "This model type is not among the described families: its modules were read off "
            "transformers' structure, and options that tie heads or rotary pairs do not apply."
        )
    if model.source == "adapter":
        yield (
            "Adapter applied on the fly: changed tensors are computed in float32 while they are "
            "read; no merged copy is written."
        )
    origin = _origin(model)
    if isinstance(origin, GgufWeights):
        kinds = ", ".join(f"{count} x {kind}" for kind, count in origin.stored_types.items())
        yield (
            f"GGUF: tensors ({kinds}) are dequantised to float32 while they are read; they carry "
            "the error of their quantisation."
        )
        if origin.has_rope_factors:
            yield (
                "GGUF: the file scales its rotary frequencies (rope_freqs), which transformers "
                "does not read; long texts may come out worse than in the original."
            )


def _origin(model: Model) -> Weights:
    """The weights below all adapters."""
    weights = model.weights
    while isinstance(weights, AdapterWeights):
        weights = weights.base
    return weights


def _special_tokens(model: Model, tokens: Mapping[str, Any]) -> dict[str, str]:
    origin = _origin(model)
    if isinstance(origin, GgufWeights):
        return origin.special_tokens
    found = {}
    for role in _SPECIALS:
        value = tokens.get(role)
        if isinstance(value, Mapping):
            value = value.get("content")
        if isinstance(value, str):
            found[role] = value
    return found


def _has_template(model: Model, tokens: Mapping[str, Any]) -> bool:
    origin = _origin(model)
    if isinstance(origin, GgufWeights):
        return origin.has_chat_template
    return "chat_template" in tokens or (model.folder / "chat_template.jinja").is_file()


def _json(path: Path) -> Mapping[str, Any]:
    try:
        return read_json(path)
    except ActError:
        return {}


def front_matter(readme: Path) -> Mapping[str, Any]:
    """The YAML between the first two `---` lines of a model card; empty where it is no such."""
    try:
        if readme.stat().st_size > MOST_CARD_BYTES:
            return {}
        text = readme.read_text("utf-8")
    except (OSError, ValueError):
        return {}
    return front_matter_of(text)


def front_matter_of(text: str) -> Mapping[str, Any]:
    """As `front_matter`, of a card's text."""
    found = _FRONT_MATTER.match(text)
    try:
        values = load_yaml(found[1]) if found else {}
    except yaml.YAMLError:
        return {}
    return values if isinstance(values, dict) else {}


def without_front_matter(text: str) -> str:
    """A model card's text without the YAML above it."""
    found = _FRONT_MATTER.match(text)
    return text[found.end() :].lstrip("\n") if found else text


def _one_text(value: object) -> str | None:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or None
    return value if isinstance(value, str) and value else None

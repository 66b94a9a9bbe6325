"""One model in a list of the Hub: what is shown of it, and why it cannot be used where that shows.

Rows are made of what the Hub says of a repository, which is less than headers tell: a row that
looks usable may still be refused by `hub.inspect`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from act_core.models.families import family_of
from act_core.models.headers import FLOAT_DTYPES, ITEM_BYTES

Relation = Literal["", "finetune", "adapter", "merge", "quantized"]
# What a row needs of the Hub, in one request for a whole page.
EXPAND = (
    "config", "createdAt", "downloads", "gated", "gguf", "lastModified", "library_name", "likes",
    "private", "safetensors", "sha", "tags",
)  # fmt: skip
_RELATIONS: tuple[Relation, ...] = ("adapter", "quantized", "merge", "finetune")
_DECODER = ("ForCausalLM", "LMHeadModel")
_QUANTISED_TAGS = ("awq", "gptq", "exl2", "bitsandbytes", "compressed-tensors", "4-bit", "8-bit")


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A row.

    Attributes:
        name: `owner/name`.
        commit: Its newest commit; may be empty.
        parameters: Numbers in its safetensors files; of an adapter its own. None: not told.
        size_bytes: Of these; None: not told.
        dtype: What most of them are stored as, e.g. `BF16`; may be empty.
        family: Title of its family, or its model type where that is not described; may be empty.
        model_type: As in its config; may be empty.
        downloads: Of the last 30 days.
        likes: Hearts.
        updated: Last commit.
        created: First commit.
        licence: The Hub's short name, or None.
        gated: Its files are open only to people who were let in.
        private: It is.
        bases: What it says it was made from.
        relation: How it was made from these.
        is_adapter: It is a PEFT adapter.
        quantised: How it is quantised; empty where it is not.
        unusable: Why it cannot be used, a sentence; empty where nothing speaks against it.
    """

    name: str
    commit: str
    parameters: int | None
    size_bytes: int | None
    dtype: str
    family: str
    model_type: str
    downloads: int
    likes: int
    updated: datetime | None
    created: datetime | None
    licence: str | None
    gated: bool
    private: bool
    bases: tuple[str, ...]
    relation: Relation
    is_adapter: bool
    quantised: str
    unusable: str


def found_model(said: Mapping[str, Any]) -> FoundModel | None:
    """A row from what the Hub says of a repository; None where it names none."""
    name = said.get("id")
    if not isinstance(name, str) or "/" not in name:
        return None
    tags = [tag for tag in _list(said.get("tags")) if isinstance(tag, str)]
    config = _mapping(said.get("config"))
    counts = _counts(said)
    model_type = config.get("model_type")
    model_type = model_type if isinstance(model_type, str) else ""
    relation, bases = _origin(tags)
    is_adapter = "peft" in config or said.get("library_name") == "peft" or relation == "adapter"
    quantised = "" if is_adapter else _quantised(config, tags, counts)
    return FoundModel(
        name=name,
        commit=_text(said.get("sha")),
        parameters=_parameters(said, counts),
        size_bytes=_size_bytes(counts),
        dtype=max(counts, key=lambda dtype: counts[dtype], default=""),
        family=_family(model_type),
        model_type=model_type,
        downloads=_number(said.get("downloads")) or 0,
        likes=_number(said.get("likes")) or 0,
        updated=_time(said.get("lastModified")),
        created=_time(said.get("createdAt")),
        licence=next((tag[8:] for tag in tags if tag.startswith("license:")), None),
        gated=bool(said.get("gated")),
        private=bool(said.get("private")),
        bases=bases,
        relation=relation,
        is_adapter=is_adapter,
        quantised=quantised,
        unusable=_unusable(config, tags, counts, quantised, is_adapter),
    )


def _unusable(
    config: Mapping[str, Any],
    tags: list[str],
    counts: Mapping[str, int],
    quantised: str,
    is_adapter: bool,
) -> str:
    if quantised:
        return f"It is quantised ({quantised}); rows can be exchanged between floats only."
    if not counts and "safetensors" not in tags:
        return "It has no safetensors files."
    if is_adapter:
        return ""
    model_type = config.get("model_type")
    architectures = [str(one) for one in _list(config.get("architectures"))]
    if not model_type:
        return "It has no config that says what kind of model it is."
    if family_of(str(model_type)) and not architectures:
        return ""
    if not any(one.endswith(_DECODER) for one in architectures):
        kind = architectures[0] if architectures else str(model_type)
        return f"It is a {kind}, which is no plain text decoder."
    return ""


def _quantised(config: Mapping[str, Any], tags: list[str], counts: Mapping[str, int]) -> str:
    stored = config.get("quantization_config")
    if stored:
        method = _mapping(stored).get("quant_method")
        return method if isinstance(method, str) else "unknown method"
    if not counts and "gguf" in tags and "safetensors" not in tags:
        return "GGUF files only"
    whole = sum(counts.values())
    if whole and 2 * sum(counts.get(dtype, 0) for dtype in FLOAT_DTYPES) < whole:
        return max(counts, key=lambda dtype: counts[dtype])
    return next((tag for tag in _QUANTISED_TAGS if tag in tags), "")


def _family(model_type: str) -> str:
    family = family_of(model_type)
    return family.title if family is not None else model_type


def _origin(tags: list[str]) -> tuple[Relation, tuple[str, ...]]:
    """How a model was made and from what, by tags as `base_model:finetune:OWNER/NAME`."""
    for relation in _RELATIONS:
        start = f"base_model:{relation}:"
        if bases := tuple(tag[len(start) :] for tag in tags if tag.startswith(start)):
            return relation, bases
    return "", tuple(tag[11:] for tag in tags if tag.startswith("base_model:"))


def _counts(said: Mapping[str, Any]) -> dict[str, int]:
    """Parameters by dtype."""
    counts = _mapping(_mapping(said.get("safetensors")).get("parameters"))
    return {dtype: count for dtype, value in counts.items() if (count := _number(value))}


def _parameters(said: Mapping[str, Any], counts: Mapping[str, int]) -> int | None:
    if counts:
        return sum(counts.values())
    return _number(_mapping(said.get("gguf")).get("total"))


def _size_bytes(counts: Mapping[str, int]) -> int | None:
    if not counts or not counts.keys() <= ITEM_BYTES.keys():
        return None
    return sum(count * ITEM_BYTES[dtype] for dtype, count in counts.items())


def _mapping(value: object) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None

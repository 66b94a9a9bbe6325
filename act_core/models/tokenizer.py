"""Tokenizers, from local files only, and what two of them must have in common."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from act_core.errors import (
    CorruptCheckpointError,
    ReferenceNotFoundError,
    UnsafeFileError,
    WeightsNotHereError,
)
from act_core.hashing import content_hash, file_sha256
from act_core.models.reference import Model

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model", "vocab.txt")
SIDE_FILES = (
    *TOKENIZER_FILES, "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "chat_template.jinja", "chat_template.json",
)  # fmt: skip
_MOST_BUILT = 3
_built: OrderedDict[tuple[object, ...], PreTrainedTokenizerBase] = OrderedDict()
_building = threading.Lock()


def load_tokenizer(model: Model) -> PreTrainedTokenizerBase:
    """The model's tokenizer; of a GGUF file, the one inside it. It is shared: leave it as it is.

    Code that a folder brings along is never run, and nothing is fetched. The latest ones are kept,
    because no other thread of the program runs while one is built (0.1 s for 50,000 tokens).

    Raises:
        ReferenceNotFoundError: The model has no tokenizer.
        WeightsNotHereError: Only headers of the model are here.
        UnsafeFileError: It cannot be built without running the folder's own code.
        CorruptCheckpointError: It cannot be built from its files.
    """
    key = _file_key(model)
    with _building:
        if key not in _built:
            _built[key] = _build(model)
        _built.move_to_end(key)
        while len(_built) > _MOST_BUILT:
            _built.popitem(last=False)
        return _built[key]


def _file_key(model: Model) -> tuple[object, ...]:
    """What changes when a file does that a tokenizer is built from."""
    names = [model.folder / name for name in SIDE_FILES]
    files = model.weights.files
    if files and files[0].suffix == ".gguf":
        names.append(files[0])
    stats = ((path.name, path.stat()) for path in names if path.is_file())
    return (model.folder, *((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats))


def _build(model: Model) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    where: dict[str, str] = {}
    files = model.weights.files
    if files and files[0].suffix == ".gguf":
        where["gguf_file"] = files[0].name
    elif not any((model.folder / name).is_file() for name in TOKENIZER_FILES):
        if files and not files[0].is_file():  # headers of a model on the Hub
            raise WeightsNotHereError(
                f"The tokenizer of {model.reference} is not on this computer yet.",
                title="Model not downloaded yet",
                remedy="Download the model first: on the page Models, or with act download.",
            )
        raise ReferenceNotFoundError(
            f"{model.folder} holds no tokenizer.",
            title="Tokenizer not found",
            remedy="Copy the tokenizer files (tokenizer.json, tokenizer_config.json) beside the "
            "weights.",
        )
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            str(model.folder), local_files_only=True, trust_remote_code=False, **where
        )
    except Exception as error:  # transformers fails on damaged files in many ways
        if "trust_remote_code" in str(error):
            raise UnsafeFileError(
                f"The tokenizer of {model.reference} needs code from the model's folder to run.",
                remedy="Use a version of the model whose tokenizer transformers knows.",
                detail=repr(error),
            ) from error
        raise CorruptCheckpointError(
            f"The tokenizer of {model.reference} cannot be loaded.",
            title="Tokenizer is damaged",
            remedy="Fetch the tokenizer files again.",
            detail=repr(error),
        ) from error
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        # As every call without limits would do, but before threads share it.
        backend.no_truncation()
        backend.no_padding()
    return tokenizer


def same_tokenizer_files(ours: Model, theirs: Model) -> bool:
    """Whether two models have tokenizers whose files are equal, byte for byte.

    Seconds are saved where this is so, because neither tokenizer needs to be built.
    """
    if "gguf" in {ours.source, theirs.source}:
        return False
    hashes = [
        {name: file_sha256(path) for name in SIDE_FILES if (path := model.folder / name).is_file()}
        for model in (ours, theirs)
    ]
    return hashes[0] == hashes[1] and any(name in hashes[0] for name in TOKENIZER_FILES)


@dataclass(frozen=True, slots=True)
class TokenizerFacts:
    """What decides whether two tokenizers are the same.

    Attributes:
        vocabulary: Every token with its id.
        rules: Hash of merges, normalisation and splitting; empty where they cannot be read.
        specials: Special tokens by role, e.g. `eos_token`.
        chat_template: The template, or None.
    """

    vocabulary: Mapping[str, int]
    rules: str
    specials: Mapping[str, str]
    chat_template: str | None


def tokenizer_facts(model: Model) -> TokenizerFacts:
    """What of a model's tokenizer must agree with another's.

    Raises:
        ReferenceNotFoundError, UnsafeFileError, CorruptCheckpointError: As `load_tokenizer`.
    """
    tokenizer = load_tokenizer(model)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    rules = {} if backend is None else json.loads(backend.to_str())
    if isinstance(rules.get("model"), dict):
        rules["model"].pop("vocab", None)
    for chosen_per_call in ("truncation", "padding", "added_tokens"):
        rules.pop(chosen_per_call, None)
    specials = {
        role: str(token)
        for role, token in tokenizer.special_tokens_map.items()
        if isinstance(token, str)
    }
    template = tokenizer.chat_template
    return TokenizerFacts(
        vocabulary=tokenizer.get_vocab(),
        rules=content_hash(rules) if rules else "",
        specials=specials,
        chat_template=template if isinstance(template, str) else None,
    )

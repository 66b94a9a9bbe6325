"""Two tiny models on disk, the loaded target, and a tokenizer of bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from act_core.models.reference import Model, resolve
from tests.core.tiny import write_specialist, write_tiny


def write_pair(folder: Path, family: str = "llama") -> tuple[Model, Model]:
    """A target and its specialist."""
    target = write_tiny(folder / "target", family, seed=1)
    write_specialist(folder / "specialist", target, seed=2, scale=0.5)
    return resolve(target), resolve(folder / "specialist")


def loaded(model: Model) -> Any:
    """The model as transformers itself loads it."""
    return AutoModelForCausalLM.from_pretrained(model.folder, dtype=torch.float32).eval()


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, as byte-level BPE without merges has it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {letter: index for index, letter in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(words, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)

"""The last check of an export: it loads with transformers as anyone would load it, and answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from act_core.cancel import CancelToken
from act_core.transfer.compare import failed

if TYPE_CHECKING:
    import torch

PROMPT = "One and one is"
NEW_TOKENS = 4
_loading = threading.Lock()
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")


def answer_prompt(folder: Path, cancel: CancelToken) -> str:
    """Load an export and let it continue a prompt greedily; needs memory for the whole model.

    Returns:
        What it answered; token ids where it has no tokenizer.

    Raises:
        VerificationError: It does not load, lacks weights, or its logits are not finite.
        CancelledByPersonError: After a cancel.
    """
    import torch

    # transformers puts torch's default dtype, its own `tie_weights` and its bar aside for all
    # threads while it loads, and then back to what it found. Of two that load at once, one would
    # find what the other has put there, and leave that for good.
    with cancel.holding(_loading), _quiet():
        model, loading, tokenizer = _loaded(folder)
    lacking = sorted(loading["missing_keys"]) + sorted(map(str, loading["mismatched_keys"]))
    if lacking:
        raise failed("loads with transformers", f"{lacking[0]} got no value.")
    ids = tokenizer(PROMPT)["input_ids"] if tokenizer is not None else []
    # Without a tokenizer any few ids will do; they only have to lie in the vocabulary.
    ids = ids or [index % model.config.vocab_size for index in range(1, 5)]
    tokens = torch.tensor([ids])
    for _ in range(NEW_TOKENS):
        cancel.raise_if_cancelled()
        tokens = torch.cat([tokens, _next_token(model, tokens)], dim=1)
    new = tokens[0, len(ids) :].tolist()
    return str(tokenizer.decode(new)) if tokenizer is not None else " ".join(map(str, new))


def _loaded(folder: Path) -> tuple[Any, Mapping[str, Any], Any]:
    """Model, what transformers says of its loading, and tokenizer or None."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = None
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
        if any((folder / name).is_file() for name in _TOKENIZER_FILES):
            tokenizer = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
    except Exception as error:  # whatever transformers raises, it does not load
        raise failed("loads with transformers", f"{type(error).__name__}: {error}") from error
    return (*loaded, tokenizer)


def _next_token(model: Any, tokens: torch.Tensor) -> torch.Tensor:
    import torch

    with torch.inference_mode():
        logits = model(input_ids=tokens, use_cache=False).logits[:, -1]
    if not bool(torch.isfinite(logits).all()):
        raise failed("answers a prompt", "its logits are NaN or Inf.")
    chosen: torch.Tensor = logits.argmax(dim=-1, keepdim=True)
    return chosen


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' bar off a screen that is not ours to write on."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()

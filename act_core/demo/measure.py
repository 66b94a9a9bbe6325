"""Exact match of a demo model by greedy generation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from act_core.demo.tasks import Item

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

_MAX_NEW_TOKENS = 36
_BATCH_ITEMS = 300


def exact_match(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, items: Sequence[Item]
) -> float:
    """Measure how often the model's greedy answer is exactly the right one.

    Args:
        model: Any causal language model.
        tokenizer: Its tokenizer.
        items: The questions, at least one.

    Returns:
        Share of items, 0 to 1, answered without a wrong, missing or additional character.
    """
    answers = answer_prompts(model, tokenizer, [item.prompt for item in items])
    right = sum(given == item.answer for given, item in zip(answers, items, strict=True))
    return right / len(items)


def answer_prompts(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, prompts: Sequence[str]
) -> list[str]:
    """Let the model answer prompts greedily.

    Args:
        model: Any causal language model.
        tokenizer: Its tokenizer, padding on the left.
        prompts: The prompts.

    Returns:
        What each prompt was continued with, up to the end token.
    """
    import torch

    # transformers types generate's self as a private protocol that no model class declares.
    generate = cast(Any, model).generate
    answers: list[str] = []
    for start in range(0, len(prompts), _BATCH_ITEMS):
        encoded = tokenizer(
            list(prompts[start : start + _BATCH_ITEMS]), return_tensors="pt", padding=True
        )
        with torch.inference_mode():
            output = generate(**encoded, max_new_tokens=_MAX_NEW_TOKENS, do_sample=False)
        new = output[:, encoded["input_ids"].shape[1] :]
        answers += tokenizer.batch_decode(new, skip_special_tokens=True)
    return answers

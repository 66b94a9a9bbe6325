"""Training of the demo models, the one place where this project trains a whole model.

Loss on answer tokens only (the end token among them), AdamW without weight decay, linear warm-up
and cosine decay. Each step takes one small batch of every ability, padded to its own length.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from act_core.demo.tasks import Item, stream

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

_LOG = logging.getLogger(__name__)
_IGNORED = -100
_LOG_EVERY_STEPS = 50


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a training teaches and how.

    Attributes:
        items_per_step: Ability name to the number of its items in each step.
        steps: Number of optimizer steps.
        peak_rate: Highest learning rate.
        warmup_steps: Steps of linear warm-up; cosine decay to a twentieth follows.
        seed: Seed of the items.
        linears_only: Train only the linear modules of the decoder layers and leave embeddings,
            norms and head as they are, so that channels alone carry what is learnt.
    """

    items_per_step: Mapping[str, int]
    steps: int
    peak_rate: float
    warmup_steps: int
    seed: int
    linears_only: bool


def new_model(tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """Make an untrained Llama of about 1.3 million parameters.

    Args:
        tokenizer: Gives vocabulary size and special tokens.
        seed: Seed of the initial weights.

    Returns:
        A float32 model on the CPU.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=128,
        tie_word_embeddings=False,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config)


def train(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, lesson: Lesson) -> None:
    """Train a float32 model in place.

    Args:
        model: The model; changed.
        tokenizer: Its tokenizer.
        lesson: What to teach.
    """
    import torch

    model.train()
    learning = _choose_parameters(model, lesson.linears_only)
    optimizer = torch.optim.AdamW(
        learning, lr=lesson.peak_rate, betas=(0.9, 0.98), weight_decay=0.0
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate_at(step, lesson))
    batches = {
        name: _batches(name, count, lesson.seed, tokenizer)
        for name, count in lesson.items_per_step.items()
    }
    total = sum(lesson.items_per_step.values())
    started = time.monotonic()
    for step in range(1, lesson.steps + 1):
        losses = {}
        for name, source in batches.items():
            input_ids, labels = next(source)
            loss = model(input_ids=input_ids, labels=labels).loss
            (loss * lesson.items_per_step[name] / total).backward()
            losses[name] = loss.item()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        if step % _LOG_EVERY_STEPS == 0:
            shown = " ".join(f"{name} {loss:.4f}" for name, loss in losses.items())
            _LOG.info("step %d, %.0f s: %s", step, time.monotonic() - started, shown)
    model.eval()


def encode_items(items: list[Item], tokenizer: PreTrainedTokenizerFast) -> tuple[Tensor, Tensor]:
    """Encode prompts with answers for training, padded on the right.

    Args:
        items: The items.
        tokenizer: The tokenizer.

    Returns:
        Token ids and labels, both int64 ``[items, longest]``; labels are -100 outside answers.
    """
    import torch

    prompts = tokenizer([item.prompt for item in items])["input_ids"]
    answers = tokenizer([item.answer for item in items], add_special_tokens=False)["input_ids"]
    end = [tokenizer.eos_token_id]
    longest = max(len(p) + len(a) for p, a in zip(prompts, answers, strict=True)) + 1
    input_ids = torch.full((len(items), longest), int(tokenizer.pad_token_id))
    labels = torch.full((len(items), longest), _IGNORED)
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        whole = torch.tensor(prompt + answer + end)
        input_ids[row, : len(whole)] = whole
        labels[row, len(prompt) : len(whole)] = whole[len(prompt) :]
    return input_ids, labels


def _batches(
    name: str, count: int, seed: int, tokenizer: PreTrainedTokenizerFast
) -> Iterator[tuple[Tensor, Tensor]]:
    items = stream(name, seed, frozenset({"train", "calib"}))
    while True:
        yield encode_items(list(islice(items, count)), tokenizer)


def _choose_parameters(model: LlamaForCausalLM, linears_only: bool) -> list[Tensor]:
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not linears_only or "_proj." in name)
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def _rate_at(step: int, lesson: Lesson) -> float:
    if step < lesson.warmup_steps:
        return (step + 1) / lesson.warmup_steps
    share = (step - lesson.warmup_steps) / max(1, lesson.steps - lesson.warmup_steps)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * share))

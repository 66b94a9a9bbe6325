"""Exact match by greedy generation, many prompts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from act_core.cancel import CancelToken
from act_core.evaluate.halving import run_batches
from act_core.evaluate.losses import not_finite
from act_core.events import EventSink, discard
from act_core.models.headers import read_json
from act_core.models.reference import Model

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class _Prompts:
    """Prompts that are continued side by side; `indices` says whose they are."""

    indices: tuple[int, ...]
    ids: tuple[tuple[int, ...], ...]

    def halves(self) -> tuple[_Prompts, ...]:
        if len(self.ids) == 1:
            return (self,)
        middle = len(self.ids) // 2
        return (
            _Prompts(self.indices[:middle], self.ids[:middle]),
            _Prompts(self.indices[middle:], self.ids[middle:]),
        )


def stop_ids(model: Model, tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    """Ids that end an answer: the tokenizer's, and those of the model's generation config."""
    found = {tokenizer.eos_token_id}
    path = model.folder / "generation_config.json"
    if path.is_file():
        given = read_json(path).get("eos_token_id")
        found.update(given if isinstance(given, list) else [given])
    return tuple(sorted(index for index in found if isinstance(index, int)))


def generate(
    module: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    *,
    new_tokens: int,
    stops: Sequence[int],
    batch_tokens: int,
    emit: EventSink = discard,
    cancel: CancelToken | None = None,
) -> list[list[int]]:
    """What a model says after each prompt, always taking the likeliest token.

    Prompts are padded on the left and otherwise continued as each would be alone.

    Args:
        module: The model, in eval mode.
        prompts: Token ids; none may be empty.
        new_tokens: Most tokens of an answer.
        stops: Ids that end an answer; they are not part of it.
        batch_tokens: Positions of one batch, answers included; halved where the memory runs out.
        emit: Where notes go.
        cancel: Polled at every token.

    Raises:
        OutOfMemoryError: Not even one prompt fits.
        NotFiniteError: The score of a token is NaN.
        CancelledByPersonError: After a cancel.
    """
    token = cancel or CancelToken()
    answers: list[list[int]] = [[] for _ in prompts]

    def run(batch: _Prompts) -> None:
        made = _continue(module, batch, new_tokens, stops, token)
        token.raise_if_cancelled()
        for index, ids in zip(batch.indices, made, strict=True):
            answers[index] = _before_stop(ids, stops)

    run_batches(_grouped(prompts, new_tokens, batch_tokens), run, module.device, emit, token)
    return answers


def _grouped(
    prompts: Sequence[Sequence[int]], new_tokens: int, batch_tokens: int
) -> list[_Prompts]:
    order = sorted(range(len(prompts)), key=lambda index: -len(prompts[index]))
    groups = []
    begin = 0
    while begin < len(order):
        longest = len(prompts[order[begin]]) + new_tokens
        chosen = tuple(order[begin : begin + max(1, batch_tokens // longest)])
        groups.append(_Prompts(chosen, tuple(tuple(prompts[index]) for index in chosen)))
        begin += len(chosen)
    return groups


def _continue(
    module: PreTrainedModel,
    batch: _Prompts,
    new_tokens: int,
    stops: Sequence[int],
    cancel: CancelToken,
) -> list[list[int]]:
    import torch
    from transformers import GenerationConfig

    ids, attention = _left_padded(batch.ids)
    settings = GenerationConfig(
        max_new_tokens=new_tokens,
        do_sample=False,
        eos_token_id=list(stops) or None,
        pad_token_id=stops[0] if stops else 0,
    )

    def stopped(given: torch.Tensor, _scores: Any, **_more: Any) -> torch.Tensor:
        return torch.full((len(given),), cancel.cancelled, device=given.device)

    generator: Any = module
    with torch.inference_mode():
        out = generator.generate(
            input_ids=torch.from_numpy(ids).to(module.device),
            attention_mask=torch.from_numpy(attention).to(module.device),
            generation_config=settings,
            logits_processor=[refuse_nan],
            stopping_criteria=[stopped],
        )
    made: list[list[int]] = out[:, ids.shape[1] :].tolist()
    return made


def refuse_nan(_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    """A logits processor that changes nothing: of scores that are NaN no token is the likeliest.

    Raises:
        NotFiniteError: A score is NaN.
    """
    if scores.isnan().any():
        raise not_finite("What the model expects next is NaN.")
    return scores


def _left_padded(
    prompts: Sequence[Sequence[int]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    longest = max(len(prompt) for prompt in prompts)
    ids = np.zeros((len(prompts), longest), dtype=np.int64)
    attention = np.zeros_like(ids)
    for place, prompt in enumerate(prompts):
        ids[place, longest - len(prompt) :] = prompt
        attention[place, longest - len(prompt) :] = 1
    return ids, attention


def _before_stop(ids: list[int], stops: Sequence[int]) -> list[int]:
    ends = [place for place, index in enumerate(ids) if index in stops]
    return ids[: ends[0]] if ends else ids

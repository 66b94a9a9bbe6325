"""How the next token of an answer is drawn: transformers' own warpers, then a generator of its own.

transformers would draw from torch's generator, which is one for all threads: what another job draws
or seeds meanwhile would change the answer, and the answer's seed that job's numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from act_core.evaluate.generate import refuse_nan
from act_core.talk.question import Sampling

if TYPE_CHECKING:
    import torch


def warpers(sampling: Sampling, device: torch.device) -> Any:
    """What comes to transformers' scores before the greatest one is taken: a `LogitsProcessorList`.

    With the same seed the drawn tokens are those that `generate` itself would draw after
    `torch.manual_seed`.

    Args:
        sampling: How tokens are drawn; at temperature zero they only refuse NaN.
        device: Where scores come to lie.
    """
    from transformers import (
        LogitsProcessorList,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    if not sampling.temperature:
        return LogitsProcessorList([refuse_nan])
    found: list[Any] = [refuse_nan, TemperatureLogitsWarper(sampling.temperature)]
    if sampling.top_k:
        found.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        found.append(TopPLogitsWarper(sampling.top_p))
    return LogitsProcessorList([*found, _draw(sampling.seed, device)])


def _draw(seed: int, device: torch.device) -> Any:
    """A processor that leaves one token, drawn by the probabilities that its scores stand for."""
    import torch
    from transformers import LogitsProcessor

    generator = torch.Generator(device).manual_seed(seed)

    class Draw(LogitsProcessor):
        def __call__(self, _ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            token = torch.multinomial(scores.softmax(-1), 1, generator=generator)
            return torch.full_like(scores, -torch.inf).scatter(-1, token, 0.0)

    return Draw()

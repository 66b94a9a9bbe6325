"""One loaded target that answers as itself, as a specialist, or as what a transfer makes of it.

Tokens come from transformers' own `generate`, with its cache and its ways to sample: an answer is
what anyone gets from the exported model with the same settings. A stopping criterion, which it
calls after every token, hands each one on and ends the answer at once when that is wished. A loop
of our own would have to keep up with every family's cache and gain nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from act_core.cancel import CancelToken
from act_core.errors import PromptError
from act_core.evaluate.candidates import Candidate, applied
from act_core.evaluate.generate import stop_ids
from act_core.events import AnswerBegan, AnswerEnded, AnswerText, EventSink, discard
from act_core.models.reference import Model
from act_core.models.resident import load_resident
from act_core.models.tokenizer import load_tokenizer
from act_core.profile.devices import choose_device, is_out_of_memory, too_large
from act_core.talk.decoding import TextStream
from act_core.talk.drawing import warpers
from act_core.talk.prompt import Prompt, render_prompt
from act_core.talk.question import Sampling, Turn

if TYPE_CHECKING:
    import torch


@dataclass(slots=True, eq=False)
class _Spoken:
    """An answer as it comes; handed to transformers as a stopping criterion."""

    candidate: str
    stream: TextStream
    stops: frozenset[int]
    emit: EventSink
    cancel: CancelToken
    began_at: float = field(default_factory=time.monotonic)
    first_s: float = 0.0
    ids: list[int] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    def __call__(self, ids: torch.Tensor, _scores: object, **_more: object) -> torch.Tensor:
        import torch

        token = int(ids[0, -1])
        if not self.ids:
            self.first_s = time.monotonic() - self.began_at
        self.ids.append(token)
        if token not in self.stops:
            self.tell(self.stream.take(token))
        return torch.full((1,), self.cancel.cancelled, device=ids.device)

    def tell(self, text: str) -> None:
        """Hand a piece on."""
        if text:
            self.pieces.append(text)
            self.emit(AnswerText(self.candidate, text, len(self.ids)))


class Talker:
    """The loaded target.

    Args:
        target: The target.
        device: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto`.
        dtype: `float32`, `bfloat16` or `float16`.

    Raises:
        ActError: Everything that `load_tokenizer` and `load_resident` raise.
    """

    def __init__(self, target: Model, *, device: str = "auto", dtype: str = "float32") -> None:
        import torch

        self.target = target
        self._tokenizer = load_tokenizer(target)
        self._stops = stop_ids(target, self._tokenizer)
        self.module = load_resident(target, choose_device(device), getattr(torch, dtype))

    def answer(
        self,
        candidate: Candidate,
        turns: Sequence[Turn],
        sampling: Sampling,
        *,
        chat: bool | None = None,
        emit: EventSink = discard,
        cancel: CancelToken | None = None,
    ) -> AnswerEnded:
        """Let a candidate answer; the target is whole again afterwards.

        Args:
            candidate: Who answers.
            turns: The conversation; its last turn waits.
            sampling: How tokens are drawn. The same seed gives the same answer.
            chat: As `render_prompt`.
            emit: Is sent `AnswerBegan`, `AnswerText` as it comes, and `AnswerEnded`.
            cancel: Polled at every token; the answer then ends with what there is.

        Raises:
            PromptError: The prompt cannot be rendered, is longer than the model reads, or has a
                token that the model has no embedding for.
            IncompatibleModelsError: As `applied`.
            NotFiniteError: The score of a token is NaN.
            OutOfMemoryError: The conversation does not fit.
        """
        prompt = render_prompt(self._tokenizer, turns, chat)
        self._check_known(prompt)
        room = self._room(prompt)
        most = min(sampling.new_tokens, room)
        emit(AnswerBegan(candidate.name, prompt.text, len(prompt.ids)))
        with applied(self.module, self.target, candidate):
            spoken = self._speak(
                candidate.name, prompt, sampling, most, emit, cancel or CancelToken()
            )
        ended = AnswerEnded(
            candidate.name,
            "".join(spoken.pieces),
            len(spoken.ids),
            self._reason(spoken, most, sampling),
            round(spoken.first_s, 4),
            round(time.monotonic() - spoken.began_at, 4),
        )
        emit(ended)
        return ended

    def close(self) -> None:
        """Give the memory back now, whoever still holds the module and wherever this is called."""
        import torch

        for tensor in (*self.module.parameters(), *self.module.buffers()):
            tensor.data = tensor.new_empty(0)
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()

    def _check_known(self, prompt: Prompt) -> None:
        """Some tokenizers have tokens that were added to no model; a GPU would not survive one."""
        highest, embeddings = max(prompt.ids, default=0), self.target.embeddings
        if 0 < embeddings <= highest:
            raise PromptError(
                f"The conversation has the token {highest}, and the model has embeddings for 0 to "
                f"{embeddings - 1} only.",
                remedy="Use the tokenizer that belongs to this model.",
            )

    def _room(self, prompt: Prompt) -> int:
        context = self.target.shape.context
        room = context - len(prompt.ids) if context else 2**31
        if room < 1:
            raise PromptError(
                f"The conversation has {len(prompt.ids):,} tokens; the model reads {context:,}.",
                remedy="Begin a new conversation, or write less.",
            )
        return room

    def _speak(
        self,
        name: str,
        prompt: Prompt,
        sampling: Sampling,
        most: int,
        emit: EventSink,
        cancel: CancelToken,
    ) -> _Spoken:
        import torch

        device = self.module.device
        ids = torch.tensor([prompt.ids], device=device)
        spoken = _Spoken(name, TextStream(self._tokenizer), frozenset(self._stops), emit, cancel)
        generator: Any = self.module
        try:
            with torch.inference_mode():
                generator.generate(
                    input_ids=ids,
                    attention_mask=torch.ones_like(ids),
                    generation_config=generation_config(sampling, most, self._stops),
                    logits_processor=warpers(sampling, device),
                    stopping_criteria=[spoken],
                )
        except Exception as error:
            if is_out_of_memory(error):
                raise too_large(device, repr(error)) from error
            raise
        spoken.tell(spoken.stream.finish())
        return spoken

    def _reason(
        self, spoken: _Spoken, most: int, sampling: Sampling
    ) -> Literal["end", "length", "context", "stopped"]:
        if spoken.ids and spoken.ids[-1] in self._stops:
            return "end"
        if len(spoken.ids) < most:
            return "stopped"
        return "context" if most < sampling.new_tokens else "length"


def generation_config(sampling: Sampling, most: int, stops: Sequence[int]) -> Any:
    """The settings in transformers' words; nothing is left to a model's own defaults.

    Args:
        sampling: How tokens are drawn.
        most: Longest answer in tokens.
        stops: Ids that end an answer.
    """
    from transformers import GenerationConfig

    return GenerationConfig(
        max_new_tokens=most,
        do_sample=False,  # `warpers` leave the token that is drawn
        repetition_penalty=sampling.repetition_penalty,
        eos_token_id=list(stops) or None,
        pad_token_id=stops[0] if stops else 0,
    )

"""One loaded target, on which candidates are measured one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import Encoded, check_context
from act_core.abilities.items import Item
from act_core.abilities.render import Renderer
from act_core.abilities.shots import fit
from act_core.cancel import CancelToken
from act_core.errors import AbilityDataError, NotFiniteError
from act_core.evaluate.answers import EXACT_RULE, is_right
from act_core.evaluate.candidates import Candidate, applied
from act_core.evaluate.choices import CHOICE_RULE, choose
from act_core.evaluate.generate import generate, stop_ids
from act_core.evaluate.labels import LABEL_RULE, classify
from act_core.evaluate.losses import LOSS_RULE, token_losses
from act_core.events import EventSink, Metric, Note, discard
from act_core.hashing import content_hash
from act_core.meters import ProgressMeter
from act_core.models.reference import Model
from act_core.models.resident import load_resident
from act_core.models.tokenizer import load_tokenizer
from act_core.profile.devices import choose_device, first_batch_tokens, fitting_tokens
from act_core.recipe import Ability, Measure

if TYPE_CHECKING:
    import torch

MeasureName = Literal["loss", "exact", "choice", "choice_raw", "label"]
RULES: Mapping[Measure, int] = {
    "loss": LOSS_RULE,
    "exact": EXACT_RULE,
    "choice": CHOICE_RULE,
    "label": LABEL_RULE,
}
# Bytes of logits for one token of the vocabulary: as computed, widened, and exponentiated.
_LOGIT_BYTES = 12
_UNKNOWN_CONTEXT = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What is measured of one ability.

    Attributes:
        ability: Its settings: role, measures, lengths.
        encoded: Its held-out items.
        shots: Exemplars before every question that is answered, chosen or labelled.
    """

    ability: Ability
    encoded: Encoded = field(repr=False)
    shots: tuple[Item, ...] = field(default=(), repr=False)

    def fingerprint(self) -> str:
        """Hash of what decides figures, rules included: ids alone do not tell references."""
        shots = [[shot.prompt, shot.answer] for shot in self.shots]
        return content_hash(
            {
                **({"shots": shots} if shots else {}),
                "encoded": self.encoded.fingerprint,
                "items": [
                    [item.prompt, item.answer, item.choices, item.correct, item.reference]
                    for item in self.encoded.items
                ],
                "role": self.ability.role,
                "measures": [[name, RULES[name]] for name in self.ability.measures],
                "new_tokens": self.ability.new_tokens,
                "length_tokens": self.ability.length_tokens,
            }
        )


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One measure of one candidate, item by item; the figure is sum(sums) / sum(weights).

    Attributes:
        sums: float64 `[items]`: nats, or 1 where right and 0 where wrong.
        weights: float64 `[items]`: predicted counted tokens, or 1.
        said: The generated text or the chosen option of every item; empty for `loss`, and where
            figures were read back without samples.
    """

    sums: NDArray[np.float64] = field(repr=False)
    weights: NDArray[np.float64] = field(repr=False)
    said: tuple[str, ...] = field(default=(), repr=False)

    @property
    def value(self) -> float:
        """The figure."""
        return float(self.sums.sum() / self.weights.sum())


Results = dict[tuple[str, MeasureName], Measured]


class Evaluator:
    """The loaded target and everything to measure with it.

    Args:
        target: The target.
        abilities: What is measured, by name.
        device: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto`.
        dtype: `float32`, `bfloat16` or `float16`.
        batch_tokens: Positions of one batch; None finds a size that fits.
        emit: Where notes go.
        cancel: Polled at batch borders, and at every generated token.

    Attributes:
        batch_tokens: Positions of one batch.

    Raises:
        AbilityDataError: An ability has a measure that its items do not allow.
    """

    def __init__(
        self,
        target: Model,
        abilities: Mapping[str, HeldOut],
        *,
        device: str = "auto",
        dtype: str = "float32",
        batch_tokens: int | None = None,
        emit: EventSink = discard,
        cancel: CancelToken | None = None,
    ) -> None:
        import torch

        for name, held in abilities.items():
            _check_measurable(name, held)
            _check_room(name, held, target.shape.context)
            check_context(name, held.encoded, target.shape.context)
        self.target = target
        self.abilities = abilities
        self._emit = emit
        self._warned: set[str] = set()
        self._cancel = cancel or CancelToken()
        self._tokenizer = load_tokenizer(target)
        self._stops = stop_ids(target, self._tokenizer)
        place = choose_device(device)
        self.module = load_resident(target, place, getattr(torch, dtype))
        self.batch_tokens = batch_tokens or _batch_tokens(target, place, getattr(torch, dtype))

    def measure(
        self,
        candidate: Candidate,
        meter: ProgressMeter | None = None,
        on: Mapping[str, HeldOut] | None = None,
    ) -> Results:
        """Measure a candidate on all abilities; every figure is emitted as it is found.

        Args:
            candidate: What to measure; without moves it is the target itself.
            meter: Is stepped after every ability.
            on: Other items of the same abilities, or a part of them; a measure that has none of
                its items there is left out. By default the evaluator's own.

        Raises:
            IncompatibleModelsError: As `applied`.
            OutOfMemoryError: Not even one item fits.
            NotFiniteError: The candidate answers with NaN or Inf; the target is whole again.
            CancelledByPersonError: After a cancel; the target is whole again.
        """
        results: Results = {}
        with applied(self.module, self.target, candidate):
            for name, held in (self.abilities if on is None else on).items():
                for measure in held.ability.measures:
                    if not (held.encoded.sequences if measure == "loss" else held.encoded.items):
                        continue
                    try:
                        measured = self._measured(held, measure)
                    except NotFiniteError as error:
                        who = f"{candidate.name} cannot be measured on {name}: {error.reason}"
                        raise NotFiniteError(who, remedy=error.remedy) from error
                    for key, found in measured.items():
                        results[name, key] = found
                        self._emit(Metric(candidate.name, name, key, found.value))
                if meter is not None:
                    meter.step()
        return results

    def _measured(self, held: HeldOut, measure: Measure) -> dict[MeasureName, Measured]:
        if measure == "loss":
            losses = token_losses(
                self.module,
                held.encoded.sequences,
                batch_tokens=self.batch_tokens,
                emit=self._emit,
                cancel=self._cancel,
            )
            return {"loss": Measured(losses.nats, losses.tokens.astype(np.float64))}
        if measure == "exact":
            return {"exact": self._exact(held)}
        renderer = Renderer(self._tokenizer, held.ability)
        items, room = self._with_shots(held, renderer)
        if measure == "label":
            labels = classify(
                self.module,
                items,
                renderer,
                length_tokens=room,
                batch_tokens=self.batch_tokens,
                emit=self._emit,
                cancel=self._cancel,
            )
            return {"label": _accuracy(labels.right, _options(items, labels.chosen))}
        choices = choose(
            self.module,
            items,
            renderer,
            length_tokens=room,
            batch_tokens=self.batch_tokens,
            emit=self._emit,
            cancel=self._cancel,
        )
        items = held.encoded.items
        return {
            "choice": _accuracy(choices.right, _options(items, choices.chosen)),
            "choice_raw": _accuracy(choices.right_raw, _options(items, choices.chosen_raw)),
        }

    def _exact(self, held: HeldOut) -> Measured:
        renderer = Renderer(self._tokenizer, held.ability)
        items, room = self._with_shots(held, renderer, held.ability.new_tokens)
        prompts = [renderer.prompt(item) for item in items]
        cut = sum(len(prompt) > room for prompt in prompts)
        if cut:
            self._warn(
                f"{cut} of {len(prompts)} prompts keep their last {room} tokens only, which is "
                "what the settings and the model's context leave beside the answer."
            )
        answers = generate(
            self.module,
            [prompt[-room:] for prompt in prompts],
            new_tokens=held.ability.new_tokens,
            stops=self._stops,
            batch_tokens=self.batch_tokens,
            emit=self._emit,
            cancel=self._cancel,
        )
        texts = [str(self._tokenizer.decode(ids, skip_special_tokens=True)) for ids in answers]
        pairs = zip(texts, held.encoded.items, strict=True)
        steps = any(shot.answer.strip() != (shot.reference or "") for shot in held.shots)
        right = [is_right(text, item, steps=steps) for text, item in pairs]
        return _accuracy(np.array(right, dtype=np.bool_), tuple(texts))

    def _with_shots(
        self, held: HeldOut, renderer: Renderer, new_tokens: int = 0
    ) -> tuple[tuple[Item, ...], int]:
        """Items behind their exemplars, and how many tokens of a prompt are kept.

        Exemplars may fill the model's context, as long prompts without them may not.
        """
        length = held.ability.length_tokens
        context = self.target.shape.context
        if not held.shots:
            return held.encoded.items, max(1, min(length, (context or length) - new_tokens))
        room = max(1, (context or _UNKNOWN_CONTEXT) - new_tokens)
        fitted = [fit(item, held.shots, renderer, room) for item in held.encoded.items]
        fewest = min(count for _, count in fitted)
        if fewest < len(held.shots):
            self._warn(f"Some prompts have room for only {fewest} of {len(held.shots)} exemplars.")
        return tuple(item for item, _ in fitted), room

    def _warn(self, text: str) -> None:
        """Warn once, not at every candidate."""
        if text not in self._warned:
            self._warned.add(text)
            self._emit(Note(text, "warning"))


def _accuracy(right: NDArray[np.bool_], said: tuple[str, ...]) -> Measured:
    return Measured(right.astype(np.float64), np.ones(len(right)), said)


def _options(items: Sequence[Item], chosen: Sequence[int]) -> tuple[str, ...]:
    pairs = zip(items, chosen, strict=True)
    return tuple(item.choices[number].strip() for item, number in pairs)


def _check_measurable(name: str, held: HeldOut) -> None:
    items, measures = held.encoded.items, held.ability.measures
    if "loss" in measures and not held.encoded.predicted_tokens:
        raise AbilityDataError(
            f"No counted token of {name} is predicted by a token before it.",
            remedy="Use longer items, or give them prompts.",
        )
    if "exact" in measures:
        bad = next((i for i in items if i.reference is None or not i.prompt), None)
        if bad is not None:
            raise AbilityDataError(
                f"Item {bad.id} of {name} has no prompt or no answer to compare with.",
                remedy="Remove the measure exact, or give rows with prompt and answer.",
            )
    if {"choice", "label"} & set(measures):
        bad = next((i for i in items if i.correct is None), None)
        if bad is not None:
            raise AbilityDataError(
                f"Item {bad.id} of {name} has no choices.",
                remedy="Remove the measures choice and label, or give rows with choices and "
                "answer.",
            )


def _check_room(name: str, held: HeldOut, context: int) -> None:
    """Answers of the wanted length leave some of the model's context to their prompts."""
    new_tokens = held.ability.new_tokens
    if "exact" in held.ability.measures and 0 < context <= new_tokens:
        raise AbilityDataError(
            f"Answers of {name} may have {new_tokens:,} tokens, and the model reads {context:,} in "
            "all, so no prompt would fit.",
            remedy="Lower new_tokens.",
        )


def _batch_tokens(model: Model, device: torch.device, dtype: torch.dtype) -> int:
    """As for a profile, and no more than leaves room for every token's logits."""
    most = fitting_tokens(device, _LOGIT_BYTES * model.shape.vocabulary)
    return max(1, min(first_batch_tokens(model, device, dtype.itemsize), most))

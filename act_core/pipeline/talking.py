"""Questions to the target, specialists and result of a recipe."""

from __future__ import annotations

from collections.abc import Mapping

from act_core.cancel import CancelToken
from act_core.errors import PromptError
from act_core.evaluate.candidates import Candidate, specialist_candidate
from act_core.events import AnswerEnded, EventSink
from act_core.hub.models import find_model
from act_core.models.reference import Model
from act_core.models.tokenizer import load_tokenizer
from act_core.pipeline.known import known_moves, models_of
from act_core.recipe import Recipe
from act_core.talk.prompt import Prompt, render_prompt
from act_core.talk.question import MASK, RESULT, TARGET, Ask, Question
from act_core.talk.warm import WarmTalker


def ask(
    recipe: Recipe, question: Question, warm: WarmTalker, *, emit: EventSink, token: CancelToken
) -> tuple[AnswerEnded, ...]:
    """Let candidates answer one after the other on one loaded target.

    Nothing is computed but the answers: the result is what the masks or gates of the run folder
    make of the target by the recipe, exactly as an export would hold it.

    Args:
        recipe: Says who there is.
        question: Says who is asked what. The candidate `mask` is the result at the question's
            strength in place of the recipe's.
        warm: Where the loaded target is kept.
        emit: Is sent the answers as they come.
        token: Polled at every token: the answer that is being given ends, and no other begins.

    Returns:
        The answers that were begun.

    Raises:
        PromptError: A candidate is unknown, or a conversation cannot be read.
        MaskError, GatesError, ProfileError: As `known_moves`.
        ActError: Everything that `models_of` and `Talker` raise.
    """
    target, specialists = models_of(recipe)
    everyone = [_candidate(recipe, target, specialists, one, question) for one in question.asks]
    answers = []
    settings = recipe.profile
    with warm.talker(target, device=settings.device, dtype=settings.dtype) as talker:
        for candidate, one in zip(everyone, question.asks, strict=True):
            if token.cancelled:
                break
            answers.append(
                talker.answer(
                    candidate,
                    one.turns,
                    question.sampling,
                    chat=question.chat,
                    emit=emit,
                    cancel=token,
                )
            )
    return tuple(answers)


def prompt_of(target: str, base: str | None, one: Ask, chat: bool | None) -> Prompt:
    """What a candidate would read; of the model only the tokenizer is loaded.

    Raises:
        PromptError: The conversation cannot be rendered.
        ActError: Everything that `find_model` and `load_tokenizer` raise.
    """
    return render_prompt(load_tokenizer(find_model(target, base=base)), one.turns, chat)


def _candidate(
    recipe: Recipe, target: Model, specialists: Mapping[str, Model], one: Ask, question: Question
) -> Candidate:
    name = one.candidate
    if name == TARGET:
        return Candidate(TARGET)
    if name in (RESULT, MASK):
        strength = question.strength if name == MASK else None
        return Candidate(name, known_moves(recipe, target, specialists, strength=strength).moves)
    if name not in specialists:
        known = ", ".join((TARGET, *specialists, RESULT, MASK))
        raise PromptError(f"There is no candidate {name}.", remedy=f"Ask one of: {known}.")
    return specialist_candidate(name, target, specialists[name])

"""`act try`: one prompt to target, specialists and result, answered while one looks on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from act_core.cli.cancelling import cancellable
from act_core.cli.screen import listening, out, say
from act_core.errors import RecipeError
from act_core.events import AnswerBegan, AnswerEnded, AnswerText, Event
from act_core.pipeline.talking import ask
from act_core.recipe import Recipe, load_recipe
from act_core.report.escape import printable
from act_core.talk.question import MASK, RESULT, TARGET, Ask, Question, Sampling, Turn
from act_core.talk.warm import WarmTalker

_ENDS = {
    "end": "ended by itself",
    "length": "cut off: longest answer",
    "context": "cut off: the model reads no more",
    "stopped": "stopped",
}
_CANDIDATES = "target, result, mask, or a specialist's name; may be repeated. By default all."


def talk(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe (YAML).")],
    prompt: Annotated[str, typer.Option("--prompt", help="What is asked; - reads it from stdin.")],
    candidate: Annotated[list[str] | None, typer.Option("--candidate", help=_CANDIDATES)] = None,
    strength: Annotated[
        float | None,
        typer.Option("--strength", min=0, max=2, help="Asks the candidate mask at this strength."),
    ] = None,
    chat: Annotated[
        bool | None,
        typer.Option("--chat/--plain", help="With the chat template; by default where it is."),
    ] = None,
    temperature: Annotated[
        float, typer.Option("--temperature", min=0, max=5, help="0 takes the likeliest token.")
    ] = 0.0,
    top_p: Annotated[float, typer.Option("--top-p", min=0.001, max=1)] = 1.0,
    top_k: Annotated[int, typer.Option("--top-k", min=0, help="0: all tokens.")] = 0,
    repetition_penalty: Annotated[
        float, typer.Option("--repetition-penalty", min=0.01, max=5)
    ] = 1.0,
    new_tokens: Annotated[int, typer.Option("--new-tokens", min=1, help="Longest answer.")] = 128,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")] = False,
) -> None:
    """Ask target, specialists and result the same; the masks of the run folder are used."""
    chosen = load_recipe(recipe)
    turn = Turn(role="user", content=_text(prompt))
    question = Question(
        asks=tuple(Ask(candidate=who, turns=(turn,)) for who in _who(chosen, candidate, strength)),
        chat=chat,
        sampling=Sampling(
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
            repetition_penalty=repetition_penalty,
            new_tokens=new_tokens,
            seed=seed,
        ),
        strength=1.0 if strength is None else strength,
    )
    with cancellable() as token:
        if json:
            with listening(json_events=True) as emit:
                ask(chosen, question, WarmTalker(), emit=emit, token=token)
        else:
            ask(chosen, question, WarmTalker(), emit=_show, token=token)
        token.raise_if_cancelled()


def _who(recipe: Recipe, named: list[str] | None, strength: float | None) -> list[str]:
    """Who is asked: those that are named, else everyone; with a strength the mask too."""
    who = list(dict.fromkeys(named or (TARGET, *recipe.specialists, RESULT)))
    if strength is not None and MASK not in who:
        who.append(MASK)
    known = {TARGET, RESULT, MASK, *recipe.specialists}
    unknown = [name for name in who if name not in known]
    if unknown:
        raise RecipeError(
            f"{recipe.name} has no candidate {unknown[0]}.",
            remedy=f"Name some of: {', '.join(sorted(known))}.",
        )
    return who


def _text(prompt: str) -> str:
    return sys.stdin.read() if prompt == "-" else prompt


def _show(event: Event) -> None:
    """Write answers as they come."""
    if isinstance(event, AnswerBegan):
        say(f"{event.candidate}:")
    elif isinstance(event, AnswerText):
        # A piece may end anywhere, so it is neither wrapped nor ended.
        out.file.write(printable(event.text))
        out.file.flush()
    elif isinstance(event, AnswerEnded):
        rate = f", {event.rate_per_s:.1f} a second" if event.rate_per_s else ""
        say(f"\n({_ENDS[event.reason]}, {event.tokens} tokens{rate})\n")

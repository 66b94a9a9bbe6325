"""`act publish`: a checkpoint put onto the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from act_core.cli.cancelling import cancellable
from act_core.cli.screen import listening, print_json, say
from act_core.errors import RecipeError
from act_core.hub.names import required_name
from act_core.pipeline.loading import loading_lines
from act_core.pipeline.publishing import Key, publish_to_hub
from act_core.settings import load_settings, settings_path


def publish(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="An exported checkpoint.")],
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Where to, on the Hub.")],
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody see it; by default it is private.")
    ] = False,
    reason: Annotated[
        list[str] | None,
        typer.Option(
            "--reason",
            metavar="KEY=SENTENCE",
            help="Why it is published all the same, where a refusal names KEY; goes into the "
            "card. May be repeated.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print events as JSON lines.")] = False,
) -> None:
    """Publish a checkpoint on the Hub, once it is verified and nothing stands against it.

    What was sent before a cancel or a failure is not sent again.
    """
    goal = required_name(name)
    answers = dict(_answer(one) for one in reason or [])
    settings = load_settings(settings_path()).hub
    with cancellable() as token, listening(json) as emit:
        made = publish_to_hub(
            settings, folder, goal, public=public, answers=answers, emit=emit, token=token
        )
    if json:
        print_json(
            {
                "event": "Published",
                "name": made.name.repo,
                "commit": made.name.revision,
                "page": made.page,
                "files": made.files,
                "sent_bytes": made.sent_bytes,
                "loading": loading_lines(folder, made.name.repo),
            }
        )
        return
    say(f"Published: {made.page}, commit {made.name.revision}")
    say(f"{made.files} files are the same there as here; {made.sent_bytes:,} bytes were sent.")
    whose = "everybody" if public else "whoever is logged in and may see it"
    say(f"It is loaded, by {whose}, with:\n{loading_lines(folder, made.name.repo)}")


def _answer(text: str) -> tuple[Key, str]:
    key, equals, sentence = text.partition("=")
    if not equals or key not in get_args(Key):
        raise RecipeError(
            f"--reason {text} names no refusal.",
            remedy="Write it as KEY=SENTENCE, with the key that a refusal has named.",
            title="Wrong usage",
        )
    return cast("Key", key), sentence

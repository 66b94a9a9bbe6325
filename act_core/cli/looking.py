"""`act inspect` and `act check`: models and pairs by their headers, here or on the Hub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from act_core.cli.cancelling import cancellable
from act_core.cli.screen import listening, print_json, say, show_pairs
from act_core.hub.inspect import Inspection
from act_core.hub.layout import cached_files
from act_core.hub.pair import Looked, check_hub_pair, look, model_of
from act_core.models.describe import ModelCard, describe
from act_core.models.pair import require_fit
from act_core.settings import load_settings, settings_path

Base = Annotated[
    str | None, typer.Option("--base", help="Model below an adapter that is named alone.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]
_MOST_LEFT_OUT = 5


def inspect(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="Paths, or names on the Hub.")
    ],
    base: Base = None,
    json: Json = False,
) -> None:
    """Describe models from their headers, without reading or downloading weights."""
    settings = load_settings(settings_path()).hub
    for reference in models:
        with cancellable() as token, listening(json) as emit:
            looked = look(settings, reference, base=base, emit=emit, token=token)
        facts = _facts(describe(model_of(looked))) | dict(_hub_facts(looked))
        if json:
            print_json({"event": "Model", "reference": reference, **facts})
        else:
            show_pairs(reference, {name: value for name, value in facts.items() if value})


def check(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A path, or a name on the Hub.")],
    specialists: Annotated[
        list[str], typer.Argument(metavar="SPECIALIST...", help="Likewise; may be adapters.")
    ],
    base: Base = None,
    json: Json = False,
) -> None:
    """Say whether specialists fit a target; fails where something blocks."""
    settings = load_settings(settings_path()).hub
    every = []
    with cancellable() as token, listening(json) as emit:
        receiver = look(settings, target, base=base, emit=emit, token=token)
        for reference in specialists:
            giver = look(settings, reference, base=base, emit=emit, token=token)
            every.append(check_hub_pair(settings, receiver, giver, emit=emit, token=token))
    for reference, findings in zip(specialists, every, strict=True):
        for finding in findings:
            if json:
                print_json(
                    {
                        "event": "Finding",
                        "specialist": reference,
                        "severity": finding.severity,
                        "title": finding.title,
                        "reason": finding.reason,
                        "remedy": finding.remedy,
                    }
                )
            else:
                say(f"{finding.severity:8} {reference}: {finding.title}. {finding.reason}")
                if finding.remedy:
                    say(f"{'':8} {finding.remedy}")
    for findings in every:
        require_fit(findings)


def _facts(card: ModelCard) -> dict[str, str]:
    return {
        "family": card.family + (" (described automatically)" if card.inferred else ""),
        "source": card.source,
        "parameters": f"{card.parameters:,}",
        "size": f"{card.size_bytes / 1e6:,.1f} MB",
        "dtypes": ", ".join(f"{name} x {count}" for name, count in card.dtypes.items()),
        "layers": str(card.layers),
        "hidden size": f"{card.hidden:,}",
        "heads": f"{card.heads} ({card.kv_heads} key/value)",
        "vocabulary": f"{card.vocabulary:,}" + (" (tied)" if card.tied else ""),
        "context": f"{card.context:,} tokens",
        "special tokens": ", ".join(f"{k} {v}" for k, v in card.special_tokens.items()),
        "chat template": "yes" if card.chat_template else "no",
        "licence": card.licence or "not stated",
        "base model": card.base_model or "not stated",
        "notes": " ".join(card.notes),
    }


def _hub_facts(looked: Looked) -> Iterator[tuple[str, str]]:
    """What a model on the Hub has besides: its commit, and what a download would fetch."""
    if not isinstance(looked, Inspection):
        return
    choice, name = looked.choice, looked.name
    if looked.model.source == "adapter" and choice.source != "adapter":  # which is local itself
        yield "stands on", f"{name} ({choice.size_bytes / 1e6:,.1f} MB)"
        return
    here = cached_files(name, choice.files)
    wanted = sum(file.size_bytes for file in choice.files if file.path not in here)
    yield "commit", name.revision
    if looked.gated:
        yield "access", "gated: open to people who were let in"
    known = f" ({len(here)} are in the cache already)" if here else ""
    files = f"{len(choice.files)} files, {choice.size_bytes / 1e6:,.1f} MB{known}"
    yield "files", files
    yield "to download", f"{wanted / 1e6:,.1f} MB"
    if isinstance(looked.base, Inspection):
        below = looked.base
        yield "stands on", f"{below.name.repo} ({below.choice.size_bytes / 1e6:,.1f} MB)"
    largest = sorted(choice.left_out, key=lambda file: -file.size_bytes)
    shown = [f"{file.path} ({file.why})" for file in largest[:_MOST_LEFT_OUT]]
    more = len(largest) - len(shown)
    yield "left out", ", ".join(shown) + (f" and {more} more" if more else "")
    yield "fetched", f"{looked.fetched_bytes / 1e3:,.1f} KB"

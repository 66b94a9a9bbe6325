"""`act search`: models on the Hub, and which of them fit a target."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from act_core.cancel import CancelToken
from act_core.cli.cancelling import cancellable
from act_core.cli.screen import listening, print_json, say
from act_core.events import EventSink
from act_core.hub.fits import Fit, base_of, fitting
from act_core.hub.pair import look
from act_core.hub.rows import FoundModel
from act_core.hub.search import Kind, Search, Sort, search_models
from act_core.models.families import FAMILIES
from act_core.report.numbers import short_count
from act_core.settings import HubSettings, load_settings, settings_path

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def _count(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMBT]?)", text.strip().upper())
    if found is None:
        raise typer.BadParameter("Write a number of parameters as 1.5B or 360M.")
    return round(float(found[1]) * _UNITS[found[2]])


def _family(text: str) -> str:
    if text not in {family.name for family in FAMILIES}:
        names = ", ".join(family.name for family in FAMILIES)
        raise typer.BadParameter(f"There is no family {text}. There are: {names}.")
    return text


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORDS...", help="Of its name; owner/name; or its address."),
    ] = None,
    base: Annotated[
        str, typer.Option("--base", help="Only models made from this one (owner/name).")
    ] = "",
    kind: Annotated[
        Kind | None, typer.Option("--kind", help="How they were made from it; by default any way.")
    ] = None,
    fits: Annotated[
        str | None,
        typer.Option(
            "--fits",
            metavar="TARGET",
            help="Check each by its headers against this target (a path, or a name on the Hub). "
            "Without words and --base, models made from the target are looked for.",
        ),
    ] = None,
    family: Annotated[
        list[str] | None, typer.Option("--family", parser=_family, help="May be repeated.")
    ] = None,
    least: Annotated[
        int | None,
        typer.Option("--min-parameters", parser=_count, metavar="NUMBER", help="Such as 360M."),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option("--max-parameters", parser=_count, metavar="NUMBER", help="Such as 8B."),
    ] = None,
    licence: Annotated[str, typer.Option("--licence", help="Such as apache-2.0.")] = "",
    gated: Annotated[
        bool | None,
        typer.Option("--gated/--no-gated", help="Only gated ones, or none; by default both."),
    ] = None,
    usable: Annotated[
        bool, typer.Option("--usable", help="Leave out what cannot be used, such as quantised.")
    ] = False,
    sort: Annotated[Sort, typer.Option("--sort", help="What comes first.")] = "downloads",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most models to list.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Search the Hub for models."""
    settings = load_settings(settings_path()).hub
    wanted = Search(
        words=" ".join(words or ()),
        sort=sort,
        families=tuple(family or ()),
        min_parameters=least,
        max_parameters=most,
        licence=licence,
        gated=gated,
        base=base,
        kind=kind,
        usable_only=usable,
    )
    with cancellable() as token, listening(json) as emit:
        if fits is not None:
            _show_fits(_fits(settings, fits, wanted, emit, token), limit, json)
            return
        rows = search_models(settings, wanted, emit=emit, token=token)
        found = list(itertools.islice(rows, limit))
    _show_found(found, json)


def _show_found(found: Sequence[FoundModel], json: bool) -> None:
    for row in found:
        if json:
            print_json({"event": "Found", **_plain(row)})
        else:
            _show(row)
    if not found and not json:
        say("No such model was found.")


def _fits(
    settings: HubSettings, target: str, wanted: Search, emit: EventSink, token: CancelToken
) -> Iterator[Fit]:
    receiver = look(settings, target, emit=emit, token=token)
    if not wanted.base and not wanted.words:
        wanted = Search(**{**asdict(wanted), "base": base_of(receiver)})
    return fitting(settings, receiver, wanted, emit=emit, token=token)


def _show_fits(fits: Iterator[Fit], limit: int, json: bool) -> None:
    """Each as it comes, until so many fit."""
    count = 0
    for fit in fits:
        count += fit.fits
        if json:
            print_json({"event": "Fit", "name": fit.found.name, **_plain_fit(fit)})
        else:
            size = f"{fit.download_bytes / 1e6:,.1f} MB" if fit.download_bytes else ""
            say(f"{'fits' if fit.fits else 'no':5} {fit.found.name}: {size or _reason(fit)}")
            if not fit.fits and size:
                say(f"{'':5} {_reason(fit)}")
        if count == limit:
            break
    if not json:
        say(f"{count:,} fit.")


def _reason(fit: Fit) -> str:
    if fit.error is not None:
        return f"{fit.error.title}. {fit.error.reason}"
    return " ".join(f"{f.title}. {f.reason}" for f in fit.findings if f.severity == "blocks")


def _show(found: FoundModel) -> None:
    """Two lines or three: names are too long for a table on a narrow screen."""
    marks = [f"{short_count(found.parameters)} parameters"] if found.parameters is not None else []
    marks += [found.dtype, found.family, found.licence or "", "adapter" if found.is_adapter else ""]
    marks += ["gated" if found.gated else "", "private" if found.private else ""]
    marks += [f"{short_count(found.downloads)} downloads", f"{short_count(found.likes)} likes"]
    if found.updated is not None:
        marks.append(f"updated {found.updated:%Y-%m-%d}")
    say(found.name)
    say(f"    {', '.join(mark for mark in marks if mark)}")
    if found.unusable:
        say(f"    Cannot be used: {found.unusable}")


def _plain(row: FoundModel) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(row).items()
    }


def _plain_fit(fit: Fit) -> dict[str, Any]:
    return {
        "fits": fit.fits,
        "download_bytes": fit.download_bytes,
        "findings": [asdict(finding) for finding in fit.findings],
        "error": None if fit.error is None else asdict(fit.error),
    }

"""`act download` and `act cache`: models fetched from the Hub, and what its cache holds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from act_core.cli.cancelling import cancellable
from act_core.cli.screen import listening, print_json, say, show_table
from act_core.errors import HubError
from act_core.hub.cache import Cache, CachedRepo, CachedRevision, read_cache
from act_core.hub.clearing import delete_partials, delete_repo, delete_revision
from act_core.hub.download import download as fetch
from act_core.hub.names import Kind, required_name
from act_core.report.numbers import MISSING, size
from act_core.report.table import Table
from act_core.settings import load_settings, settings_path

_SHORT = 8
_DAY_S = 24 * 3600
Json = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]
Dataset = Annotated[bool, typer.Option("--dataset", help="A data set, not a model.")]

cache = typer.Typer(
    help="Say what the Hub's cache holds, or clear it.", invoke_without_command=True
)


def download(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="owner/name, with @revision or :subfolder."),
    ],
    to: Annotated[
        Path | None, typer.Option("--to", help="A folder to fetch one model into.")
    ] = None,
    json: Json = False,
) -> None:
    """Fetch models from the Hub into its cache; one that was cut short goes on where it ended."""
    wanted = [required_name(name) for name in names]
    if to is not None and len(wanted) > 1:
        raise typer.BadParameter("takes one model", param_hint="--to")
    settings = load_settings(settings_path()).hub
    for name in wanted:
        with cancellable() as token, listening(json) as emit:
            done = fetch(settings, name, to=to, emit=emit, token=token)
        if json:
            print_json(
                {
                    "event": "Downloaded",
                    "name": str(done.name),
                    "folder": str(done.folder),
                    "fetched_bytes": done.fetched_bytes,
                }
            )
        else:
            new = (
                f"{size(done.fetched_bytes)} fetched" if done.fetched_bytes else "all there already"
            )
            say(f"{name} (commit {done.name.revision[:_SHORT]}, {new}): {done.folder}")


@cache.callback()
def show(context: typer.Context, json: Json = False) -> None:
    """Say what the Hub's cache holds: commits, sizes, whether models are whole."""
    if context.invoked_subcommand is not None:
        return
    found = read_cache()
    if json:
        for repo in found.repos:
            print_json(_facts(repo))
        return
    if found.repos:
        show_table(_table(found), f"{found.folder}: {size(found.size_bytes)}")
    else:
        say(f"{found.folder}: empty")
    if rest_bytes := sum(partial.size_bytes for partial in found.partials):
        say(
            f"{size(rest_bytes)} are rests of downloads that have not ended: act download goes on "
            "with its own, act cache delete --partials removes them."
        )


@cache.command()
def delete(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="owner/name; with @revision that commit alone."),
    ] = None,
    partials: Annotated[
        bool, typer.Option("--partials", help="Remove the rests of downloads.")
    ] = False,
    dataset: Dataset = False,
    json: Json = False,
) -> None:
    """Remove a repository, one commit of it, or the rests of downloads."""
    if (name is None) == (not partials):
        raise typer.BadParameter("give either a name or --partials")
    if name is None:
        freed_bytes = delete_partials(read_cache().partials)
    else:
        freed_bytes = _delete(name, "dataset" if dataset else "model")
    if json:
        print_json({"event": "Deleted", "freed_bytes": freed_bytes})
    else:
        say(f"{size(freed_bytes)} are free again.")


def _delete(text: str, kind: Kind) -> int:
    """As written: without a revision the whole repository is meant, not its main branch."""
    if "/" not in text:  # an old name, which has no owner
        return delete_repo(text, kind)
    name = required_name(text, kind)
    if name.subfolder:
        raise HubError(
            "A folder of a repository cannot be removed alone.",
            remedy=f"Remove the repository: act cache delete {name.repo}",
        )
    return delete_revision(name) if "@" in text else delete_repo(name.repo, name.kind)


def _table(found: Cache) -> Table:
    header = ("Repository", "Commit", "Size", "Last used", "State")
    rows = []
    for repo in found.repos:
        title = repo.repo if repo.kind == "model" else f"{repo.repo} (data set)"
        used = _days(repo.used_at_s)
        if not repo.revisions:
            state = repo.damaged or "nothing whole yet"
            rows.append((title, MISSING, size(repo.size_bytes), used, state))
        rows += [
            (title, _commit(one), size(one.size_bytes), used, _state(one)) for one in repo.revisions
        ]
    return Table(header, tuple(rows))


def _commit(one: CachedRevision) -> str:
    refs = f" ({', '.join(one.refs)})" if one.refs else ""
    return f"{one.name.revision[:_SHORT]}{refs}"


def _state(one: CachedRevision) -> str:
    if one.missing is None:
        return "not known" if one.name.kind == "model" else MISSING
    if not one.missing:
        return "whole"
    return f"{len(one.missing)} {'file' if len(one.missing) == 1 else 'files'} missing"


def _days(at_s: float | None) -> str:
    if at_s is None:
        return MISSING
    days = int((time.time() - at_s) // _DAY_S)
    return "today" if days < 1 else f"{days} days ago" if days > 1 else "yesterday"


def _facts(repo: CachedRepo) -> dict[str, object]:
    return {
        "event": "Cached",
        "repo": repo.repo,
        "kind": repo.kind,
        "folder": str(repo.folder),
        "size_bytes": repo.size_bytes,
        "used_at_s": repo.used_at_s,
        "damaged": repo.damaged,
        "partial_bytes": sum(partial.size_bytes for partial in repo.partials),
        "revisions": [
            {
                "commit": one.name.revision,
                "refs": list(one.refs),
                "folder": str(one.folder),
                "size_bytes": one.size_bytes,
                "missing": None if one.missing is None else list(one.missing),
            }
            for one in repo.revisions
        ],
    }

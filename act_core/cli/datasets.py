"""`act datasets`: data sets on the Hub, and what one of them holds."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import yaml

from act_core.abilities.hub_preview import SplitLook, preview_split
from act_core.cli.cancelling import cancellable
from act_core.cli.screen import print_json, say, show_table
from act_core.evaluate.browse import shortened
from act_core.hub.dataset_files import DatasetFacts, dataset_facts
from act_core.hub.datasets import FoundDataset, search_datasets
from act_core.hub.names import hub_name
from act_core.report.numbers import MISSING
from act_core.report.table import Table
from act_core.settings import HubSettings, load_settings, settings_path

_ROWS = 3


def datasets(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS", help="Words in the name; or OWNER/NAME, to see what it holds."
        ),
    ],
    language: Annotated[str, typer.Option("--language", help="A code, such as de.")] = "",
    task: Annotated[str, typer.Option("--task", help="Such as question-answering.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="The Hub's short name.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Most rows.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Look for data sets on the Hub, or show the splits and first rows of one."""
    settings = load_settings(settings_path()).hub
    name = hub_name(words[0], "dataset") if len(words) == 1 else None
    with cancellable() as token:
        if name is not None:
            _show_one(settings, dataset_facts(settings, name, token=token), json)
            return
        found = search_datasets(
            settings,
            " ".join(words),
            language=language,
            task=task,
            licence=licence,
            limit=limit,
            token=token,
        )
    if json:
        for row in found:
            print_json(_facts(row))
        return
    header = ("Data set", "Languages", "Size", "Licence", "Downloads", "Updated")
    rows = tuple(
        (
            f"{row.name.repo}{' (gated)' if row.gated else ''}",
            shortened(", ".join(row.languages)) or MISSING,
            row.size or MISSING,
            row.licence or MISSING,
            f"{row.downloads:,}",
            row.updated or MISSING,
        )
        for row in found
    )
    if not rows:
        say("No data set fits.")
        return
    show_table(Table(header, rows), "Data sets; act datasets OWNER/NAME shows what is in one")


def _show_one(settings: HubSettings, facts: DatasetFacts, json: bool) -> None:
    rows = [
        (config.name, split.name, split.rows, len(split.files), split.size_bytes)
        for config in facts.configs
        for split in config.splits
    ]
    if json:
        for config, name, count, files, size_bytes in rows:
            print_json(
                {
                    "event": "Split",
                    "hub": f"{facts.name.repo}@{facts.name.revision}",
                    "config": config,
                    "split": name,
                    "rows": count,
                    "files": files,
                    "size_bytes": size_bytes,
                }
            )
        return
    shown = tuple(
        (
            config,
            name,
            MISSING if count is None else f"{count:,}",
            f"{files:,}",
            f"{size_bytes / 1e6:,.2f}",
        )
        for config, name, count, files, size_bytes in rows
    )
    title = f"{facts.name.repo}, {facts.licence or 'no licence stated'}"
    show_table(Table(("Config", "Split", "Rows", "Files", "MB"), shown), title)
    chosen, first = facts.configs[0], facts.configs[0].splits[0]
    _show_rows(preview_split(settings, facts, chosen.name, first.name, _ROWS), first.name)
    source: dict[str, Any] = {"hub": f"{facts.name.repo}@{facts.name.revision}"}
    if len(facts.configs) > 1:
        source["config"] = chosen.name
    source["split"] = first.name
    say("As a source of an ability in a recipe:")
    say(yaml.safe_dump([source], sort_keys=False).rstrip())


def _show_rows(look: SplitLook, split: str) -> None:
    rows = tuple(
        tuple(shortened(str(row.get(name, ""))) for name in look.columns) for row in look.rows
    )
    show_table(Table(look.columns, rows), f"First rows of {split}")


def _facts(row: FoundDataset) -> dict[str, Any]:
    return {
        "event": "Dataset",
        "name": row.name.repo,
        "downloads": row.downloads,
        "likes": row.likes,
        "updated": row.updated,
        "gated": row.gated,
        "private": row.private,
        "licence": row.licence,
        "languages": row.languages,
        "tasks": row.tasks,
        "size": row.size,
    }

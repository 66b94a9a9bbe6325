"""Searching the Hub for data sets."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from act_core.cancel import CancelToken
from act_core.events import EventSink, discard
from act_core.hub.connection import connect
from act_core.hub.faults import hub_faults
from act_core.hub.names import HubName, hub_name
from act_core.hub.waiting import asked
from act_core.settings import HubSettings

if TYPE_CHECKING:
    from huggingface_hub import DatasetInfo

DatasetSort = Literal["downloads", "likes", "last_modified", "trending_score"]


@dataclass(frozen=True, slots=True)
class FoundDataset:
    """A data set on the Hub.

    Attributes:
        name: The repository.
        downloads: In the last 30 days.
        likes: So many people.
        updated: Day of its last change, as YYYY-MM-DD; empty where not told.
        gated: Its files are open only to people who were let in.
        private: It is.
        licence: The Hub's short name; empty where its card names none.
        languages: Their codes, such as `de`.
        tasks: What it is for, in the Hub's words.
        size: Its number of rows, as a span such as `10K<n<100K`; empty where not told.
    """

    name: HubName
    downloads: int
    likes: int
    updated: str
    gated: bool
    private: bool
    licence: str
    languages: tuple[str, ...]
    tasks: tuple[str, ...]
    size: str


def search_datasets(
    settings: HubSettings,
    words: str = "",
    *,
    language: str = "",
    task: str = "",
    licence: str = "",
    sort: DatasetSort = "downloads",
    limit: int = 30,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> tuple[FoundDataset, ...]:
    """The first data sets that fit.

    Args:
        settings: How the Hub is reached.
        words: Words in the name.
        language: A code, such as `de`; empty: any.
        task: In the Hub's words, such as `question-answering`; empty: any.
        licence: The Hub's short name; empty: any.
        sort: Most first, or newest first.
        limit: At most so many.
        emit: Notes about waits.
        token: Polled, also while the Hub is silent.

    Raises:
        HubError: One of its kinds.
        CancelledByPersonError: Cancelled.
    """
    token = token or CancelToken()

    def found() -> tuple[FoundDataset, ...]:
        with hub_faults("the Hub's list of data sets"):
            rows = connect(settings).list_datasets(
                search=words or None,
                language=language or None,
                task_categories=task or None,
                filter=f"license:{licence}" if licence else None,
                sort=sort,
                limit=limit,
                full=True,
            )
            named = (_found(row) for row in itertools.islice(rows, limit))
            return tuple(row for row in named if row is not None)

    return asked(found, emit, token)


def _found(row: DatasetInfo) -> FoundDataset | None:
    """A row as the Hub gives it; None where its name is none that the Hub allows."""
    name = hub_name(str(row.id), "dataset")
    if name is None:
        return None
    tags = [str(tag) for tag in row.tags or ()]
    return FoundDataset(
        name=name,
        downloads=row.downloads or 0,
        likes=row.likes or 0,
        updated=row.last_modified.date().isoformat() if row.last_modified else "",
        gated=bool(row.gated),
        private=bool(row.private),
        licence=next(iter(_tagged(tags, "license")), ""),
        languages=_tagged(tags, "language"),
        tasks=_tagged(tags, "task_categories"),
        size=next(iter(_tagged(tags, "size_categories")), ""),
    )


def _tagged(tags: list[str], key: str) -> tuple[str, ...]:
    return tuple(tag.partition(":")[2] for tag in tags if tag.startswith(f"{key}:"))

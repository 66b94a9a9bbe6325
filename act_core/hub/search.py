"""Searching the Hub for models: page by page, each in one request, from where the last one ended.

What the Hub cannot filter is filtered here, over as many of its pages as it takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from act_core.cancel import CancelToken
from act_core.errors import HubError, HubNotFoundError
from act_core.events import EventSink, discard
from act_core.hub.connection import connect, endpoint_of
from act_core.hub.faults import hub_faults
from act_core.hub.names import DEFAULT_REVISION, HubName, hub_name, required_name
from act_core.hub.rows import EXPAND, FoundModel, found_model
from act_core.hub.waiting import asked
from act_core.models.families import FAMILIES
from act_core.settings import HubSettings

Sort = Literal["downloads", "likes", "updated", "created", "trending"]
Kind = Literal["finetune", "adapter"]
_SORTS: Mapping[Sort, str] = {
    "downloads": "downloads",
    "likes": "likes",
    "updated": "lastModified",
    "created": "createdAt",
    "trending": "trendingScore",
}
_BILLION = 10**9
_PAGE_ROWS = 100  # of the Hub, where only some are taken
_MOST_LOOKED = 5000
_PATH = "/api/models"
_LIST = "the Hub's list of models"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for.

    Attributes:
        words: Words in the name, an `owner/name`, or the address of a model's page.
        sort: Most first; `updated` and `created`: newest first.
        families: Names of families (`Family.name`); empty: all. Adapters say no family, so that
            they are found without this filter only.
        min_parameters: So many at least.
        max_parameters: So many at most.
        licence: The Hub's short name, e.g. `apache-2.0`; empty: any.
        gated: Only those that are, or that are not; None: both.
        base: `owner/name` of what they were made from; empty: any.
        kind: How they were made from the base; None: in whatever way but quantised.
        usable_only: Leave out rows that cannot be used.
    """

    words: str = ""
    sort: Sort = "downloads"
    families: tuple[str, ...] = ()
    min_parameters: int | None = None
    max_parameters: int | None = None
    licence: str = ""
    gated: bool | None = None
    base: str = ""
    kind: Kind | None = None
    usable_only: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins.

    Attributes:
        address: On the Hub.
        shown: `owner/name` that was shown first, out of order.
    """

    address: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows.

    Attributes:
        rows: None of them twice.
        cursor: Where the next page begins; None at the end.
        looked: Models that were gone through for them.
    """

    rows: tuple[FoundModel, ...]
    cursor: Cursor | None
    looked: int


def search_page(
    settings: HubSettings,
    search: Search,
    cursor: Cursor | None = None,
    *,
    rows: int = 30,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Page:
    """The next rows of a search.

    Args:
        settings: How the Hub is reached.
        search: What is looked for.
        cursor: Of the page before, from whatever thread; None: from the start.
        rows: At least so many, unless the Hub has no more or none fit among 5,000.
        emit: Notes about waits.
        token: Polled between requests, and while the Hub is silent.

    Raises:
        HubNotFoundError: The address of a page leads to no model.
        HubError: One of its other kinds.
        CancelledByPersonError: Cancelled.
    """
    token = token or CancelToken()
    connect(settings)
    found: list[FoundModel] = []
    if cursor is None:
        named = hub_name(search.words)
        if named is not None:
            found += _named(settings, search, named, emit, token)
            if "://" in search.words or named.revision != DEFAULT_REVISION or named.subfolder:
                return Page(tuple(found), None, len(found))
        cursor = Cursor(_address(search, rows), found[0].name if found else "")
    looked, shown = 0, cursor.shown
    after: Cursor | None = cursor
    while after is not None and len(found) < rows and looked < _MOST_LOOKED:
        said, address = _got(settings, after.address, _LIST, emit, token)
        looked += len(said)
        candidates = (found_model(one) for one in said if isinstance(one, dict))
        found += [row for row in candidates if row and row.name != shown and _fits(row, search)]
        after = Cursor(address, shown) if address else None
    return Page(tuple({row.name: row for row in found}.values()), after, looked)


def search_models(
    settings: HubSettings,
    search: Search,
    *,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Iterator[FoundModel]:
    """All rows of a search, fetched as they are taken.

    Raises:
        HubError, CancelledByPersonError: As `search_page`.
    """
    cursor: Cursor | None = None
    while True:
        page = search_page(settings, search, cursor, emit=emit, token=token)
        yield from page.rows
        cursor = page.cursor
        if cursor is None:
            return


def _named(
    settings: HubSettings, search: Search, name: HubName, emit: EventSink, token: CancelToken
) -> list[FoundModel]:
    """The model that is named, whatever the filters; a name that is none may still be words."""
    at = "" if name.revision == DEFAULT_REVISION else f"/revision/{quote(name.revision, safe='')}"
    query = urlencode([("expand", one) for one in EXPAND])
    try:
        said, _ = _got(settings, f"{_PATH}/{name.repo}{at}?{query}", name.repo, emit, token)
    except HubNotFoundError:
        if "://" in search.words:
            raise
        return []
    row = found_model(said[0]) if said and isinstance(said[0], dict) else None
    return [row] if row else []


def _address(search: Search, rows: int) -> str:
    """Of the first page, with everything that the Hub filters itself."""
    types = _model_types(search)
    tags = [f"license:{search.licence.lower()}"] if search.licence else []
    if search.base:
        kind = f"{search.kind}:" if search.kind else ""
        tags.append(f"base_model:{kind}{required_name(search.base).repo}")
    if len(types) == 1:
        tags += types
    if search.usable_only:
        tags.append("safetensors")
    pairs = [("filter", tag) for tag in tags]
    if words := search.words.strip():
        pairs.append(("search", words))
    if search.gated is not None:
        pairs.append(("gated", str(search.gated).lower()))
    if span := _span(search):
        pairs.append(("num_parameters", span))
    filtered_here = any(
        (
            len(types) > 1,
            search.usable_only,
            search.base and not search.kind,
            (search.min_parameters or 0) % _BILLION,
            (search.max_parameters or 0) % _BILLION,
        )
    )
    pairs.append(("sort", _SORTS[search.sort]))
    pairs.append(("limit", str(_PAGE_ROWS if filtered_here else rows)))
    return f"{_PATH}?{urlencode(pairs + [('expand', one) for one in EXPAND])}"


def _model_types(search: Search) -> list[str]:
    """Values of `model_type` of the wanted families."""
    wanted = (family for family in FAMILIES if family.name in search.families)
    return sorted({model_type for family in wanted for model_type in family.model_types})


def _span(search: Search) -> str:
    """The range of parameters in whole billions, as the Hub's own pages write it, or wider."""
    ends = []
    if search.min_parameters and (least := search.min_parameters // _BILLION):
        ends.append(f"min:{least}B")
    if search.max_parameters is not None:
        ends.append(f"max:{max(1, -(-search.max_parameters // _BILLION))}B")
    return ",".join(ends)


def _fits(row: FoundModel, search: Search) -> bool:
    """Whether a row is wanted, by everything that a row tells."""
    count, least, most = row.parameters, search.min_parameters, search.max_parameters
    return not (
        (search.families and row.model_type not in _model_types(search))
        or (least and (count is None or count < least))
        or (most is not None and (count is None or count > most))
        or (search.gated is not None and row.gated != search.gated)
        or (search.licence and row.licence != search.licence.lower())
        or (search.base and not search.kind and row.relation == "quantized")
        or (search.usable_only and row.unusable)
    )


def _got(
    settings: HubSettings, address: str, about: str, emit: EventSink, token: CancelToken
) -> tuple[list[Any], str]:
    """What the Hub says at an address, as a list, and the address of what follows."""
    return asked(lambda: _requested(settings, address, about), emit, token)


def _requested(settings: HubSettings, address: str, about: str) -> tuple[list[Any], str]:
    from huggingface_hub.utils._headers import build_hf_headers
    from huggingface_hub.utils._http import get_session, hf_raise_for_status

    endpoint = endpoint_of(settings)
    with hub_faults(about):
        headers = build_hf_headers(library_name="act-studio")
        answer = get_session().get(endpoint + address, headers=headers)
        hf_raise_for_status(answer)
        said = answer.json()
        following = answer.links.get("next", {}).get("url", "")
    return said if isinstance(said, list) else [said], _below(endpoint, following)


def _below(endpoint: str, address: str) -> str:
    """An address below the endpoint's; mirrors name the Hub itself, which must not get a token."""
    if not address:
        return ""
    parts = urlsplit(address)
    path = parts.path.removeprefix(urlsplit(endpoint).path)
    if path != _PATH:
        raise HubError(
            "The Hub's list of models goes on at an address that is no such list.",
            remedy="Check the endpoint in the settings of the Hub.",
        )
    return f"{path}?{parts.query}"

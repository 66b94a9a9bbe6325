"""Searching: filters and pages against a plain reading of what the Hub holds."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from safetensors.numpy import save

from act_core.cancel import CancelToken
from act_core.errors import (
    CancelledByPersonError,
    HubError,
    HubNotFoundError,
    HubUnreachableError,
)
from act_core.events import Event, Note
from act_core.hub.rows import FoundModel, found_model
from act_core.hub.search import Page, Search, search_models, search_page
from act_core.settings import HubSettings
from tests.hub.loopback import Hub, Repo

TYPES = ("llama", "qwen2", "qwen3", "bert", "mistral")
LICENCES = ("apache-2.0", "mit", "llama3.1")


def _add(hub: Hub, number: int) -> None:
    """One of many models, whose traits follow from its number."""
    model_type = TYPES[number % 5]
    decoder = {"bert": "BertForMaskedLM"}.get(model_type, f"{model_type.title()}ForCausalLM")
    config: dict[str, Any] = {"model_type": model_type, "architectures": [decoder]}
    if number % 7 == 0:
        config["quantization_config"] = {"quant_method": "awq"}
    rows = 10 * (number + 1)
    base, relation = f"lab/base-{number % 3}", ("finetune", "adapter", "quantized")[number % 4 % 3]
    hub.add(
        f"owner{number % 4}/model-{number:03}-{'chat' if number % 2 else 'plain'}",
        files={
            "config.json": json.dumps(config).encode(),
            "model.safetensors": save({"w": np.zeros((rows, 100), np.float16)}),
        },
        gated="auto" if number % 6 == 0 else False,
        meta={
            "downloads": number * 37 % 101,
            "likes": number * 17 % 53,
            "lastModified": f"2025-{number % 12 + 1:02}-01T00:00:00.000Z",
            "createdAt": f"2024-{(number * 5) % 12 + 1:02}-01T00:00:00.000Z",
            "trendingScore": number * 29 % 89,
            "tags": [
                f"license:{LICENCES[number % 3]}",
                f"base_model:{base}",
                f"base_model:{relation}:{base}",
            ],
        },
    )


@pytest.fixture
def many(hub: Hub) -> Hub:
    """60 models, of which the Hub lists 7 at most in one page."""
    for number in range(60):
        _add(hub, number)
    hub.page = 7
    return hub


def number_of(name: str) -> int:
    return int(name.split("-")[1])


def all_pages(settings: HubSettings, search: Search, rows: int = 5) -> list[Page]:
    pages = [search_page(settings, search, rows=rows)]
    while pages[-1].cursor is not None:
        pages.append(search_page(settings, search, pages[-1].cursor, rows=rows))
    return pages


@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        (Search(), lambda n: True),
        (Search(words="chat owner1"), lambda n: n % 2 and n % 4 == 1),
        (Search(families=("llama",)), lambda n: n % 5 == 0),
        (Search(families=("llama", "qwen3")), lambda n: n % 5 in (0, 2)),
        (Search(min_parameters=30_000), lambda n: n >= 29),
        (Search(min_parameters=29_500, max_parameters=40_999), lambda n: 29 <= n < 40),
        (Search(max_parameters=1000), lambda n: n == 0),
        (Search(licence="MIT"), lambda n: n % 3 == 1),
        (Search(gated=True), lambda n: n % 6 == 0),
        (Search(gated=False), lambda n: n % 6),
        (Search(base="lab/base-1", kind="finetune"), lambda n: n % 3 == 1 and n % 4 in (0, 3)),
        (Search(base="lab/base-1", kind="adapter"), lambda n: n % 3 == 1 and n % 4 == 1),
        (Search(base="lab/base-1"), lambda n: n % 3 == 1 and n % 4 != 2),
        (Search(usable_only=True), lambda n: (n % 7 and n % 5 != 3) or n % 4 == 1),
        (Search(words="model-0", families=("qwen2",), licence="apache-2.0", min_parameters=20_000),
         lambda n: n % 5 == 1 and n % 3 == 0 and n >= 19),
        (Search(words="no such model"), lambda n: False),
    ],
)  # fmt: skip
def test_filters(
    many: Hub, settings: HubSettings, search: Search, wanted: Callable[[int], bool]
) -> None:
    pages = all_pages(settings, search)
    names = [row.name for page in pages for row in page.rows]
    expected = [name for _, name in many.repos if wanted(number_of(name))]
    assert sorted(names) == sorted(expected)
    assert all(len(page.rows) >= 5 for page in pages[:-1])
    assert [row.name for row in search_models(settings, search)] == names


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("downloads", "downloads"),
        ("likes", "likes"),
        ("updated", "lastModified"),
        ("created", "createdAt"),
        ("trending", "trendingScore"),
    ],
)
def test_order(many: Hub, settings: HubSettings, sort: Any, key: str) -> None:
    names = [row.name for row in search_models(settings, Search(sort=sort))]
    values = [many.repos["model", name].meta[key] for name in names]
    assert len(values) == 60
    assert values == sorted(values, reverse=True)


def test_a_page_costs_one_request_where_the_hub_filters(many: Hub, settings: HubSettings) -> None:
    page = search_page(settings, Search(families=("llama",), gated=False), rows=5)
    assert len(page.rows) == 5
    assert len(many.log) == 1


@pytest.mark.parametrize(
    ("least", "most", "asked"),
    [
        (10**9, 8 * 10**9, "min:1B,max:8B"),
        (1_500_000_000, 7_100_000_000, "min:1B,max:8B"),
        (360_000_000, None, None),
        (None, 1, "max:1B"),
        (None, None, None),
    ],
)
def test_the_hub_is_asked_for_whole_billions(
    hub: Hub, settings: HubSettings, least: int | None, most: int | None, asked: str | None
) -> None:
    search_page(settings, Search(min_parameters=least, max_parameters=most))
    assert parse_qs(hub.log[0].query).get("num_parameters") == (asked and [asked])


def test_a_page_is_not_asked_for_before_it_is_wanted(many: Hub, settings: HubSettings) -> None:
    rows = search_models(settings, Search())
    assert len(list(itertools.islice(rows, 3))) == 3
    assert len(many.log) < 6
    asked = len(many.log)
    assert len(list(rows)) == 57
    assert len(many.log) > asked


def test_a_page_that_begins_elsewhere_goes_on_from_another_thread(
    many: Hub, settings: HubSettings
) -> None:
    first = search_page(settings, Search(), rows=7)
    pages: list[Page] = []
    thread = threading.Thread(
        target=lambda: pages.append(search_page(settings, Search(), first.cursor, rows=7))
    )
    thread.start()
    thread.join()
    whole = [row.name for row in search_models(settings, Search())]
    assert [row.name for page in (first, *pages) for row in page.rows] == whole[:14]


def test_rows_hold_what_the_hub_says(hub: Hub, settings: HubSettings) -> None:
    _add(hub, 13)  # bert, a fine-tune of base-1
    _add(hub, 15)  # llama, of base-0
    row = next(search_models(settings, Search(words="model-015")))
    assert row == FoundModel(
        name="owner3/model-015-chat",
        commit=hub.repos["model", "owner3/model-015-chat"].refs["main"],
        parameters=16_000,
        size_bytes=32_000,
        dtype="F16",
        family="Llama",
        model_type="llama",
        downloads=15 * 37 % 101,
        likes=15 * 17 % 53,
        updated=row.updated,
        created=row.created,
        licence="apache-2.0",
        gated=False,
        private=False,
        bases=("lab/base-0",),
        relation="finetune",
        is_adapter=False,
        quantised="",
        unusable="",
    )
    assert row.updated is not None
    assert (row.updated.year, row.updated.month) == (2025, 4)


# ----------------------------------------------------------------- names and addresses


def test_a_name_comes_first_and_once(many: Hub, settings: HubSettings) -> None:
    name = "owner1/model-005-chat"
    many.add("other1/owner1-model", files={"config.json": b"{}"})
    rows = list(search_models(settings, Search(words=name, gated=True)))
    assert [row.name for row in rows] == [name]


@pytest.mark.parametrize("form", ["{url}/{name}", "{url}/{name}/tree/main/sub", "hf://{name}"])
def test_an_address_leads_to_its_model_alone(many: Hub, settings: HubSettings, form: str) -> None:
    name = "owner1/model-005-chat"
    page = search_page(settings, Search(words=form.format(url=many.url, name=name)))
    assert ([row.name for row in page.rows], page.cursor) == ([name], None)


def test_names_that_lead_nowhere(many: Hub, settings: HubSettings) -> None:
    assert all_pages(settings, Search(words="owner1/nothing"))[0].rows == ()
    with pytest.raises(HubNotFoundError):
        search_page(settings, Search(words=f"{many.url}/owner1/nothing"))


# -------------------------------------------------------------------------- unusable rows


@pytest.mark.parametrize(
    ("said", "quantised", "unusable"),
    [
        ({"config": {"model_type": "llama", "quantization_config": {"quant_method": "gptq"}}},
         "gptq", "quantised"),
        ({"tags": ["gguf"], "gguf": {"total": 5}, "safetensors": None}, "GGUF files only",
         "quantised"),
        ({"safetensors": {"parameters": {"U8": 90, "F16": 9}}}, "U8", "quantised"),
        ({"tags": ["safetensors", "4-bit"]}, "4-bit", "quantised"),
        ({"tags": [], "safetensors": None}, "", "no safetensors"),
        ({"config": {"model_type": "t5", "architectures": ["T5ForConditionalGeneration"]}}, "",
         "T5ForConditionalGeneration"),
        ({"config": {}}, "", "no config"),
        ({"config": None, "library_name": "peft"}, "", ""),
        ({"config": {"model_type": "zamba", "architectures": ["ZambaForCausalLM"]}}, "", ""),
    ],
)  # fmt: skip
def test_why_a_row_cannot_be_used(said: dict[str, Any], quantised: str, unusable: str) -> None:
    whole = {
        "id": "a/b",
        "tags": ["safetensors"],
        "safetensors": {"parameters": {"BF16": 10}},
        "config": {"model_type": "llama", "architectures": ["LlamaForCausalLM"]},
    }
    row = found_model(whole | said)
    assert row is not None
    assert row.quantised == quantised
    assert unusable in row.unusable
    assert bool(row.unusable) == bool(unusable)


@pytest.mark.parametrize(
    "said",
    [
        {"id": 3},
        {},
        {"id": "a/b", "tags": "x", "config": [], "safetensors": 7, "downloads": "9", "gguf": "x"},
        {"id": "a/b", "safetensors": {"parameters": {"BF16": "1", "F4": 8}}, "lastModified": "x"},
        {"id": "a/b", "config": {"model_type": 5, "architectures": {}}, "tags": [1, None]},
    ],
)
def test_odd_answers_make_no_harm(said: dict[str, Any]) -> None:
    row = found_model(said)
    assert (row is None) == ("/" not in str(said.get("id")))
    assert row is None or (row.downloads, row.updated, row.size_bytes) == (0, None, None)


# ------------------------------------------------------------------- trouble on the way


def test_a_busy_hub_is_waited_for_between_pages(many: Hub, settings: HubSettings) -> None:
    many.fault("GET /api/models", status=503, headers={"Retry-After": "0"}, times=2)
    events: list[Event] = []
    assert len(list(search_models(settings, Search(), emit=events.append))) == 60
    assert [type(event) for event in events] == [Note, Note]
    many.fault("GET /api/models", status=503, headers={"Retry-After": "0"}, times=9)
    with pytest.raises(HubUnreachableError):
        search_page(settings, Search())


def test_a_cancel_between_pages(many: Hub, settings: HubSettings) -> None:
    token = CancelToken()
    rows = search_models(settings, Search(), token=token)
    next(rows)
    token.cancel()
    with pytest.raises(CancelledByPersonError):
        list(rows)
    assert len(many.log) < 8


def test_the_next_page_is_asked_of_the_endpoint_only(
    many: Hub, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror names the Hub itself; a token must not go there."""
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    away = '<https://elsewhere.invalid/api/models?cursor=7&limit=5>; rel="next"'
    many.fault("GET /api/models", headers={"Link": away})
    assert len(search_page(settings, Search(), rows=12).rows) >= 12
    many.fault("GET /api/models", headers={"Link": '<http://x.invalid/steal>; rel="next"'})
    with pytest.raises(HubError, match="no such list"):
        search_page(settings, Search(), rows=12)


def test_a_search_without_any_match_ends_its_page(
    hub: Hub, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"config.json": json.dumps({"model_type": "bert"}).encode()}
    for number in range(12):
        hub.repos["model", f"a/b{number}"] = Repo(f"a/b{number}")
        hub.add(f"a/b{number}", files=files)
    hub.page = 2
    monkeypatch.setattr("act_core.hub.search._MOST_LOOKED", 6)
    pages = all_pages(settings, Search(families=("llama", "qwen2")))
    assert [(page.rows, page.looked) for page in pages] == [((), 6), ((), 6)]

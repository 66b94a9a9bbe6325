"""Data sets of the Hub: found, looked at for a few bytes, and used as abilities."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from act_core.abilities.hub_preview import preview_split
from act_core.abilities.hub_source import fetch_abilities, fetch_source
from act_core.abilities.offers import look
from act_core.abilities.sources import read_rows
from act_core.abilities.split import load_splits
from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import (
    AbilityDataError,
    HubError,
    HubNotFoundError,
    HubUnreachableError,
    LogInNeededError,
)
from act_core.events import Event, Progress, discard
from act_core.hub.dataset_files import dataset_facts
from act_core.hub.dataset_layout import configs_of
from act_core.hub.datasets import search_datasets
from act_core.hub.listing import HubFile
from act_core.hub.names import HubName
from act_core.pipeline.fetching import as_carried_out
from act_core.recipe import Ability, Source, load_recipe, save_recipe
from act_core.settings import HubSettings
from tests.core.project import write_project
from tests.hub.loopback import Blob, Hub

TEXTS = HubName("lab/texts", kind="dataset")


def parquet(first: int, count: int, padding: int = 0, groups: int = 1) -> bytes:
    """Questions with numbers from `first` on, each with so many incompressible characters."""
    rows = [
        {"question": f"What is {n} and one?", "answer": str(n + 1), "more": noise(n, padding)}
        for n in range(first, first + count)
    ]
    out = io.BytesIO()
    table = pa.Table.from_pylist(rows)
    group = count // groups
    pq.write_table(table, out, row_group_size=group, data_page_size=16 << 10, write_batch_size=16)
    return out.getvalue()


def noise(seed: int, length: int) -> str:
    return random.Random(seed).randbytes(length // 2).hex()


def lines(first: int, count: int) -> bytes:
    rows = ({"question": f"What is {n}?", "answer": str(n)} for n in range(first, first + count))
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def layout(paths: str, card: dict[str, Any] | None = None) -> dict[str, dict[str, list[str]]]:
    files = [HubFile(path, 1, "0" * 40) for path in paths.split()]
    return {
        config.name: {split.name: [f.path for f in split.files] for split in config.splits}
        for config in configs_of(files, card or {})
    }


def test_splits_by_names_of_files() -> None:
    assert layout("README.md LICENSE.txt data/train-00000-of-00002.parquet "
                  "data/train-00001-of-00002.parquet data/test_de-00000-of-00001.parquet") == {
        "default": {
            "test_de": ["data/test_de-00000-of-00001.parquet"],
            "train": ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"],
        }
    }  # fmt: skip
    assert layout("dev.csv train.csv eval.csv notes.jsonl .hidden/train.csv") == {
        "default": {"train": ["train.csv"], "validation": ["dev.csv"], "test": ["eval.csv"]}
    }
    assert layout("train/a.jsonl train/b.jsonl latest/x.jsonl") == {
        "default": {"train": ["train/a.jsonl", "train/b.jsonl"]}
    }
    assert layout("one.jsonl two.jsonl same.csv") == {
        "default": {"train": ["one.jsonl", "two.jsonl"]}
    }
    assert layout("build.py data.zip README.md") == {}
    assert layout("de/train/0000.parquet de/partial-test/0000.parquet en/train/0000.parquet") == {
        "de": {"test": ["de/partial-test/0000.parquet"], "train": ["de/train/0000.parquet"]},
        "en": {"train": ["en/train/0000.parquet"]},
    }


@pytest.mark.parametrize(
    ("data_files", "splits"),
    [
        ("de/*.jsonl", {"train": ["de/a.jsonl", "de/b.jsonl"]}),
        ([{"split": "x", "path": ["de/a.jsonl"]}], {"x": ["de/a.jsonl"]}),
        ({"train": "**/a.jsonl"}, {"train": ["de/a.jsonl", "de/deep/a.jsonl", "en/a.jsonl"]}),
        ([{"split": "x", "path": "nothing*"}], None),
        ([{"split": "x", "path": "../../etc/*"}, 7, None], None),
        ({"x": ["**/" * 200 + "a.jsonl"]}, {"x": ["de/a.jsonl", "de/deep/a.jsonl", "en/a.jsonl"]}),
    ],
)
def test_splits_by_the_card(data_files: Any, splits: dict[str, list[str]] | None) -> None:
    paths = "de/a.jsonl de/b.jsonl de/deep/a.jsonl en/a.jsonl"
    found = layout(paths, {"configs": [{"config_name": "c", "data_files": data_files}]})
    assert found == ({"c": splits} if splits else {})


def test_a_card_tells_numbers_of_rows_and_folders() -> None:
    files = [HubFile(path, 1, "0" * 40) for path in ("de/train.csv", "en/train.csv")]
    card = {
        "configs": [{"config_name": "de", "data_dir": "de"}, "broken", {"config_name": "none",
                    "data_dir": "fr"}],
        "dataset_info": {"config_name": "de", "splits": [{"name": "train", "num_examples": 5}, 3]},
    }  # fmt: skip
    (config,) = configs_of(files, card)
    assert [(s.name, s.rows, [f.path for f in s.files]) for s in config.splits] == [
        ("train", 5, ["de/train.csv"])
    ]


def test_search(hub: Hub, settings: HubSettings) -> None:
    tags = ["license:mit", "language:de", "language:fr", "task_categories:question-answering"]
    meta = {"tags": [*tags, "size_categories:1K<n<10K"], "downloads": 5}
    hub.add("lab/questions", kind="dataset", meta=meta, gated="auto")
    hub.add("lab/others", kind="dataset", meta={"downloads": 9})
    hub.add("lab/questions-model")
    assert [row.name.repo for row in search_datasets(settings)] == ["lab/others", "lab/questions"]
    (found,) = search_datasets(settings, "quest", language="de", task="question-answering",
                               licence="mit")  # fmt: skip
    assert (found.licence, found.languages, found.size) == ("mit", ("de", "fr"), "1K<n<10K")
    assert (found.gated, found.downloads, found.name.kind) == (True, 5, "dataset")
    assert not search_datasets(settings, language="en")


def test_a_large_split_is_looked_at_for_little(hub: Hub, settings: HubSettings) -> None:
    content = parquet(0, 2000, padding=4000, groups=2)
    assert len(content) > 4_000_000
    hub.add("lab/texts", kind="dataset", files={"data/train-00000-of-00001.parquet": content})
    facts = dataset_facts(settings, TEXTS)
    found = preview_split(settings, facts, None, "train", 5)
    assert found.columns == ("question", "answer", "more")
    assert [row["answer"] for row in found.rows] == ["1", "2", "3", "4", "5"]
    assert found.rows[0]["more"] == noise(0, 4000)
    assert found.fetched_bytes < len(content) / 3


def test_text_is_looked_at_by_its_beginning(hub: Hub, settings: HubSettings) -> None:
    content = lines(0, 20_000)
    quoted = b"question;answer\n" + b'"two\nlines";yes\n' * 30_000
    files = {"train.jsonl": content, "test.jsonl": b'{"a": 1}\n{"b": broken\n'}
    hub.add("lab/texts", kind="dataset", files=files)
    hub.add("lab/tables", kind="dataset", files={"some.csv": quoted})
    facts = dataset_facts(settings, TEXTS)
    found = preview_split(settings, facts, "default", "train", 3)
    assert [row["answer"] for row in found.rows] == ["0", "1", "2"]
    assert found.fetched_bytes < len(content)
    assert preview_split(settings, facts, None, "test").rows == ({"id": "test-1", "a": 1},)
    tables = dataset_facts(settings, HubName("lab/tables", kind="dataset"))
    assert preview_split(settings, tables, None, "train", 2).rows[1]["question"] == "two\nlines"
    hub.add("lab/bad", kind="dataset", files={"train.parquet": b"PAR1 and nothing"})
    bad = dataset_facts(settings, HubName("lab/bad", kind="dataset"))
    with pytest.raises(AbilityDataError, match="Parquet"):
        preview_split(settings, bad, None, "train")


def test_what_the_hub_has_converted_is_taken_where_there_is_nothing_else(
    hub: Hub, settings: HubSettings
) -> None:
    repo = hub.add("lab/texts", kind="dataset", files={"texts.py": b"import os", "x.zip": b"z"})
    with pytest.raises(HubError, match="script, which is never run"):
        dataset_facts(settings, TEXTS)
    main = repo.refs["main"]
    blob = Blob(data=parquet(0, 4), lfs=True)
    commit = repo.commit({"de/train/0000.parquet": blob}, ref="refs/convert/parquet")
    assert repo.refs["main"] == main
    facts = dataset_facts(settings, TEXTS)
    assert (facts.name, facts.is_converted) == (TEXTS.pinned(commit), True)
    source = Source(hub=f"lab/texts@{commit}", config="de", split="train")
    fetch_source(settings, source, discard, CancelToken())
    assert len(read_rows(source, "calibration")) == 4


def test_an_ability_from_two_splits(hub: Hub, settings: HubSettings, tmp_path: Path) -> None:
    files = {"train.jsonl": lines(0, 30), "test.jsonl": lines(100, 20), "README.md": b"# Texts\n"}
    repo = hub.add("lab/texts", kind="dataset", files=files)
    ability = Ability(
        calibration=(Source(hub="lab/texts", split="train", where={"answer": "7"}),),
        heldout=(Source(hub="lab/texts", split="test"),),
    )
    with pytest.raises(AbilityDataError, match="not on this computer"):
        load_splits({"sums": ability})
    events: list[Event] = []
    hub.fault("/resolve/.*train.jsonl", then=lambda: repo.write(more__jsonl=b"{}"))
    commit = repo.refs["main"]
    fetched = fetch_abilities(settings, {"sums": ability}, events.append, CancelToken())
    assert any(isinstance(e, Progress) and e.stage == "download" for e in events)
    pinned = f"lab/texts@{commit}"
    assert repo.refs["main"] != commit
    assert fetched["sums"].calibration[0].hub == fetched["sums"].heldout[0].hub == pinned

    hub.log.clear()
    repo.write(test__jsonl=lines(0, 5))
    assert fetch_abilities(settings, fetched, events.append, CancelToken()) == fetched
    split = load_splits(fetched)["sums"]
    assert hub.log == []
    assert [item.id for item in split.calibration] == ["texts-train-8"]
    assert len(split.heldout) == 20
    offer = look(fetched["sums"].heldout[0])
    assert offer.suggestion is not None
    assert offer.suggestion.measures == ("loss", "exact")


def test_parts_of_one_split_must_not_mix(hub: Hub, settings: HubSettings) -> None:
    hub.add("lab/texts", kind="dataset", files={"all.jsonl": lines(0, 30)})

    def ability(first: int, last: int) -> dict[str, Ability]:
        sources = [Source(hub="lab/texts", split="train", rows=rows)
                   for rows in ((0, 20), (first, last))]  # fmt: skip
        made = Ability(calibration=(sources[0],), heldout=(sources[1],))
        return fetch_abilities(settings, {"sums": made}, discard, CancelToken())

    split = load_splits(ability(20, 30))["sums"]
    assert (len(split.calibration), len(split.heldout)) == (20, 10)
    assert split.heldout[0].id == "texts-train-21"
    with pytest.raises(AbilityDataError, match="1 held-out item also stands"):
        load_splits(ability(19, 25))


def test_a_run_pins_and_fetches_its_data(
    hub: Hub, own_settings: HubSettings, tmp_path: Path
) -> None:
    files = {"train.jsonl": lines(0, 40), "test.jsonl": lines(100, 25)}
    repo = hub.add("lab/texts", kind="dataset", files=files)
    path = write_project(tmp_path)
    recipe = load_recipe(path)
    sums = recipe.abilities["colours"].model_copy(
        update={
            "calibration": (Source(hub="lab/texts", split="train"),),
            "heldout": (Source(hub="lab/texts", split="test"),),
        }
    )
    abilities = {**recipe.abilities, "colours": sums}
    save_recipe(recipe.model_copy(update={"abilities": abilities}), path)
    assert run(["localize", str(path)]) == 0
    ran = load_recipe(tmp_path / "run" / "recipe.yaml")
    assert ran.abilities["colours"].heldout[0].hub == f"lab/texts@{repo.refs['main']}"
    assert as_carried_out(load_recipe(path)).abilities == ran.abilities

    hub.log.clear()
    profile = tmp_path / "run" / "profiles" / "painter--colours.safetensors"
    before = profile.stat().st_mtime_ns
    assert run(["localize", str(tmp_path / "run" / "recipe.yaml")]) == 0
    assert (profile.stat().st_mtime_ns, hub.log) == (before, [])


def test_of_some_rows_only_their_files_are_fetched(hub: Hub, settings: HubSettings) -> None:
    files = {f"data/train-0000{n}-of-00003.parquet": parquet(10 * n, 10) for n in range(3)}
    hub.add("lab/texts", kind="dataset", files=files)
    source = Source(hub="lab/texts", split="train", rows=(5, 15))
    source = fetch_source(settings, source, discard, CancelToken())
    assert [row["answer"] for row in read_rows(source, "heldout")] == [
        str(n + 1) for n in range(5, 15)
    ]
    assert sum("00002-of" in one.line for one in hub.log) == 0
    whole = source.model_copy(update={"rows": None})
    with pytest.raises(AbilityDataError, match="not on this computer"):
        read_rows(whole, "heldout")


def test_what_goes_wrong_is_told(hub: Hub, settings: HubSettings) -> None:
    hub.add("lab/texts", kind="dataset", files={"train.jsonl": lines(0, 3)}, gated="manual")
    facts = dataset_facts(settings, TEXTS)
    with pytest.raises(LogInNeededError):
        preview_split(settings, facts, None, "train")
    with pytest.raises(HubNotFoundError, match="no split test"):
        facts.split(None, "test")
    with pytest.raises(HubNotFoundError, match="no other"):
        facts.split("other", "train")
    with pytest.raises(HubNotFoundError):
        dataset_facts(settings, HubName("lab/none", kind="dataset"))
    hub.fault("/api/datasets", status=503, headers={"Retry-After": "0"}, times=4)
    with pytest.raises(HubUnreachableError):
        search_datasets(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub": "lab/texts"},
        {"hub": "texts", "split": "train"},
        {"hub": "lab/texts", "split": "train", "builtin": "x"},
        {"file": "x.csv", "split": "train"},
        {"builtin": "x", "rows": (5, 5)},
        {"hub": "../lab/texts", "split": "train"},
    ],
)
def test_sources_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"give|rows|pattern"):
        Source(**wrong)

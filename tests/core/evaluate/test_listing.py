"""A list of samples finds what it is asked for, and each of its rows can be read and written."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from act_core.errors import SamplesError
from act_core.evaluate.listing import Wanted, export_listing, list_samples
from act_core.evaluate.samples import SampleFile, open_samples

# By item: what the target said and what the result said; "4" is right.
SAID = {"a": ("4", "5"), "b": ("3", "4"), "c": ("4", "4"), "d": ("1", "2"), "e": ("1", "1")}


@pytest.fixture
def file(tmp_path: Path) -> SampleFile:
    """Five items, one of them in Greek and long, with an exact match and a loss each."""
    rows: list[dict[str, Any]] = [
        {"act": 1, "key": "k", "ability": "sums", "candidates": ["target", "result", "random"],
         "measures": ["exact", "loss"], "items": len(SAID)},
    ]  # fmt: skip
    for number, (name, (before, after)) in enumerate(SAID.items()):
        answers = {"target": before, "result": after, "random": "?\nno idea"}
        exact = {one: [float(said == "4"), said] for one, said in answers.items()}
        loss = {"target": [2.0], "result": [2.0 + (-1) ** number * number], "random": [9.0]}
        prompt = f"{'λόγος ' * 60 if name == 'c' else ''}Item {name}: two and two?"
        outcomes = {"exact": exact, "loss": loss}
        rows.append({"id": name, "prompt": prompt, "reference": "4", "outcomes": outcomes})
    path = tmp_path / "sums.jsonl"
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return open_samples(path)


def wanted(**changes: Any) -> Wanted:
    given = {"measure": "exact", "candidate": "result", "against": "target", "shown": ("result",)}
    return Wanted(**{**given, **changes})


@pytest.mark.parametrize(
    ("only", "found"),
    [
        (None, "abcde"),
        ("lost", "a"),
        ("recovered", "b"),
        ("changed", "abd"),
        ("still-wrong", "de"),
    ],
)
def test_filters_by_answers(file: SampleFile, only: Any, found: str) -> None:
    listing = list_samples(file, wanted(only=only))
    assert "".join(row.id for row in listing.rows) == found
    assert listing.items == 5


def test_losses_come_by_the_largest_change_and_none_is_still_wrong(file: SampleFile) -> None:
    def order(only: Any) -> str:
        listing = list_samples(file, wanted(measure="loss", only=only))
        return "".join(row.id for row in listing.rows)

    assert order(None) == "edcba"
    assert order("changed") == "edcb"
    assert order("lost") == "ec"
    assert order("still-wrong") == ""


def test_search_looks_at_prompts_and_at_the_answers_shown(file: SampleFile) -> None:
    def found(search: str, *shown: str) -> str:
        return "".join(
            row.id for row in list_samples(file, wanted(search=search, shown=shown)).rows
        )

    assert found("ΛΌΓΟΣ") == "c"
    assert found("item D:") == "d"
    assert found("no idea", "result") == ""
    assert found("no idea", "random") == "abcde"


def test_a_row_is_short_and_its_sample_whole(file: SampleFile) -> None:
    listing = list_samples(file, wanted(shown=("random", "target")))
    row = listing.rows[2]
    assert row.prompt.startswith("… ")
    assert row.prompt.endswith("Item c: two and two?")
    assert [one.said for one in row.outcomes] == ["? no idea", "4"]
    whole = file.at(row.offset)
    assert whole.prompt.startswith("λόγος ")
    assert whole.outcomes["exact"]["random"].said == "?\nno idea"
    assert [file.at(one.offset) for one in listing.rows] == list(file)


def test_exports_what_is_listed(file: SampleFile, tmp_path: Path) -> None:
    listing = list_samples(file, wanted(only="changed", shown=("target", "result", "random")))
    export_listing(listing, tmp_path / "changed.jsonl")
    lines = (tmp_path / "changed.jsonl").read_text("utf-8").splitlines()
    first = json.loads(lines[0])
    assert [json.loads(line)["id"] for line in lines] == ["a", "b", "d"]
    assert first["answers"]["result"] == {"value": 0.0, "said": "5"}

    export_listing(listing, tmp_path / "changed.csv")
    with (tmp_path / "changed.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == ["a", "b", "d"]
    assert rows[1]["result said"] == "4"
    assert float(rows[1]["result value"]) == 1
    assert rows[0]["random said"] == "?\nno idea"


def test_a_file_that_was_written_again_is_said_to_be(file: SampleFile) -> None:
    row = list_samples(file, wanted()).rows[-1]
    file.path.write_text("{}\n", "utf-8")
    with pytest.raises(SamplesError, match="has changed"):
        file.at(row.offset)

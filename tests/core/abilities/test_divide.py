"""One file or pasted text as two splits that share nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from act_core.abilities.builtins import BUILTIN_SETS
from act_core.abilities.divide import divide_file, divide_text, rows_of_text
from act_core.abilities.items import items_of
from act_core.abilities.sources import builtin_names, read_rows
from act_core.abilities.split import Split, check_disjoint
from act_core.errors import AbilityDataError
from act_core.recipe import Source
from act_core.resources import resource_path


def test_a_file_becomes_two_halves_that_share_nothing(tmp_path: Path) -> None:
    rows = [{"id": f"r{n}", "text": f"sentence {n % 15}"} for n in range(20)]
    path = tmp_path / "all.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    made = divide_file(path, tmp_path / "data", "plain", 5)
    assert (made.calibration.name, made.heldout.name) == (
        "plain_calib.jsonl", "plain_heldout.jsonl",
    )  # fmt: skip
    assert made.calibration_rows + made.heldout_rows == 20
    assert made.repeated_rows == 5
    halves = [
        items_of(read_rows(Source(file=place), "calibration"), None)
        for place in (made.calibration, made.heldout)
    ]
    check_disjoint({"plain": Split(*halves)})
    assert {item.id for half in halves for item in half} == {f"r{n}" for n in range(20)}


def test_the_seed_decides_and_nothing_is_written_over(tmp_path: Path) -> None:
    text = "\n\n".join(f"Paragraph {n}." for n in range(10))
    first, again, other = (divide_text(text, tmp_path, "a", seed) for seed in (1, 1, 2))
    assert first.calibration != again.calibration
    assert first.calibration.read_bytes() == again.calibration.read_bytes()
    assert first.calibration.read_bytes() != other.calibration.read_bytes()


def test_pasted_text_is_read_as_json_lines_or_paragraphs() -> None:
    assert rows_of_text('{"text": "a"}\n\n{"text": "b"}\n') == [{"text": "a"}, {"text": "b"}]
    assert rows_of_text("one\ntwo\n \nthree\n") == [{"text": "one\ntwo"}, {"text": "three"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Nothing was pasted"),
        ("only one", "1 different"),
        ('{"text": "a"}\n{"text"', "Line 2"),
        ('{"text": "a"}\n[1]', "not a JSON object"),
        ("Twice.\n\ntwice", "1 different"),
    ],
)
def test_text_that_cannot_be_split_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(AbilityDataError) as caught:
        divide_text(text, tmp_path, "a", 0)
    assert said in caught.value.reason
    assert caught.value.remedy
    assert not list(tmp_path.iterdir())


def test_every_shipped_set_is_introduced_with_the_licence_that_its_folder_states() -> None:
    assert tuple(one.name for one in BUILTIN_SETS) == builtin_names()
    stated = resource_path("abilities", "README.md").read_text("utf-8")
    for one in BUILTIN_SETS:
        row = next(line for line in stated.splitlines() if f"`{one.name}`" in line)
        assert one.licence in row
        for split in ("calibration", "heldout"):
            count = len(read_rows(Source(builtin=one.name), split))
            assert str(count) in one.sentence

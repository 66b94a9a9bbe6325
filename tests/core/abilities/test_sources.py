"""Rows come out of every format as they went in, and bad data is named by file and line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from act_core.abilities.sources import builtin_names, read_rows
from act_core.abilities.split import load_splits
from act_core.errors import AbilityDataError
from act_core.recipe import Ability, Source
from act_core.resources import resource_path

ROWS = [
    {"id": "a", "lang": "de", "text": "Zeile\u2028mit Trenner\x85und \x1d Zeichen"},
    {"id": "b", "lang": "en", "text": 'one, two; "three"\nand a second line'},
    {"id": "c", "lang": "de", "text": "日本語とไทย"},
]


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_bytes(("\n".join(lines) + "\n").encode())
    return path


def rows_of(path: Path, **where: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in read_rows(Source(file=path, where=where), "calibration")]


def test_jsonl_lines_end_at_newlines_only(tmp_path: Path) -> None:
    assert rows_of(write_jsonl(tmp_path / "x.jsonl", ROWS)) == ROWS


def test_jsonl_of_windows_with_mark_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "a"}\r\n\r\n{"text": "b"}\r\n')
    assert rows_of(path) == [{"id": "x-1", "text": "a"}, {"id": "x-2", "text": "b"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_with_quotes_and_line_breaks(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(ROWS[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)
    assert rows_of(path) == ROWS


def test_parquet_keeps_lists_and_numbers(tmp_path: Path) -> None:
    rows = [{"id": "q", "question": "?", "choices": ["x", "y"], "answer": 1}]
    path = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    assert rows_of(path) == rows


def test_text_has_one_item_a_paragraph(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(b"Erste\nZeile.\r\n\r\n \r\nZweiter Absatz.\n\n")
    assert rows_of(path) == [
        {"id": "book-1", "text": "Erste\nZeile."},
        {"id": "book-2", "text": "Zweiter Absatz."},
    ]


def test_filter_keeps_rows_with_all_values(tmp_path: Path) -> None:
    rows = [{"id": str(i), "lang": "de" if i % 2 else "en", "ok": i > 2} for i in range(5)]
    path = write_jsonl(tmp_path / "x.jsonl", rows)
    assert [row["id"] for row in rows_of(path, lang="de", ok=True)] == ["3"]


def test_filter_tells_true_from_one_but_reads_text_of_csv(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", [{"id": "t", "v": True}, {"id": "n", "v": 1}])
    assert [row["id"] for row in rows_of(path, v=1)] == ["n"]
    table = tmp_path / "x.csv"
    table.write_text("id,level,ok\na,3,TRUE\nb,4,false\n", "utf-8")
    assert [row["id"] for row in rows_of(table, level=3, ok=True)] == ["a"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.jsonl", b"", "has no rows"),
        ("e.txt", b" \n\n \n", "has no rows"),
        ("e.csv", b"", "has no rows"),
        ("u.jsonl", b'{"text": "a"}\n{"text": "\xff"}\n', r"not UTF-8 text \(line 2"),
        ("u.txt", b"caf\xe9", "not UTF-8 text"),
        ("u.csv", b"text\ncaf\xe9\n", "not UTF-8 text"),
        ("j.jsonl", b'{"text": "a"}\n\n{"text": \n', "Line 3 .* not valid JSON"),
        ("j.jsonl", b"[" * 100_000, "Line 1 .* not valid JSON"),
        ("j.jsonl", b'["text"]\n', "Line 1 .* not a JSON object"),
        ("c.csv", b"a,b\n1,2\n1,2,3\n", "Line 3 .* as many fields"),
        ("c.csv", b"a,b\n1\n", "Line 2 .* as many fields"),
        ("c.csv", b'a,b\n1,"2\n', "not valid CSV"),
        ("p.parquet", b"PAR1 but not really PAR1", "not a valid Parquet file"),
        ("p.parquet", b"", "not a valid Parquet file"),
        ("x.json", b"[]", r"cannot be read\. .*\.jsonl"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AbilityDataError, match=message) as caught:
        rows_of(path)
    assert str(path) in caught.value.reason
    assert caught.value.remedy


def test_missing_file_and_folder(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    for name in ("no.jsonl", "folder.jsonl"):
        with pytest.raises(AbilityDataError, match="cannot be read"):
            rows_of(tmp_path / name)


def test_filter_on_unknown_field_names_the_nearest(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", ROWS)
    with pytest.raises(AbilityDataError, match="Did you mean lang"):
        rows_of(path, lan="de")


def test_filter_that_leaves_nothing(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", ROWS)
    with pytest.raises(AbilityDataError, match=r"No row .* lang = fr"):
        rows_of(path, lang="fr")


def test_unknown_builtin_names_the_nearest() -> None:
    with pytest.raises(AbilityDataError, match="Did you mean plain-de"):
        read_rows(Source(builtin="plain_de"), "heldout")
    with pytest.raises(AbilityDataError, match="no built-in set"):
        read_rows(Source(builtin="../demo"), "heldout")


def test_builtin_sets_make_disjoint_items() -> None:
    names = builtin_names()
    assert {"plain-en", "plain-de", "plain-fr", "plain-es", "arithmetic"} <= set(names)
    abilities = {
        name: Ability(calibration=(Source(builtin=name),), heldout=(Source(builtin=name),))
        for name in names
    }
    for name, split in load_splits(abilities).items():
        for items in (split.calibration, split.heldout):
            assert len(items) >= 40, name
            assert len({item.text for item in items}) == len(items), name


def test_arithmetic_set_is_what_its_script_writes_and_is_right(tmp_path: Path) -> None:
    script = resource_path().parent / "scripts" / "arithmetic_ability.py"
    if not script.is_file():
        pytest.skip("the scripts are part of a checkout only")
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    for split in ("calibration", "heldout"):
        shipped = resource_path("abilities", "arithmetic", f"{split}.jsonl").read_bytes()
        assert (tmp_path / f"{split}.jsonl").read_bytes() == shipped
        for row in rows_of(tmp_path / f"{split}.jsonl"):
            one, sign, other, _ = row["prompt"].split()
            results = {
                "+": int(one) + int(other), "-": int(one) - int(other), "*": int(one) * int(other)
            }  # fmt: skip
            assert int(row["answer"]) == results[sign]

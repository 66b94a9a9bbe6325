"""What people type and paste, as the recipe holds it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from act_core.recipe import Source
from act_gui.jobs.words import about_text
from act_gui.pages.abilities_parts.edits import where_of, where_text
from act_gui.widgets.model_picker import ModelPicker, reference_of, short_name
from act_gui.widgets.source_field import source_text, sources_of


def test_a_reference_becomes_absolute_where_it_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("base", "ad", "a+b"):
        (tmp_path / name).mkdir()
    whole = str(tmp_path / "base")
    for written in ("base", f"'{whole}'", f" {whole}\n", "~/base", f"file://{whole}"):
        assert reference_of(written) == whole
    assert reference_of("base+ad") == f"{whole}+{tmp_path / 'ad'}"
    assert reference_of("a+b") == str(tmp_path / "a+b")
    assert reference_of("name/on-a-hub") == "name/on-a-hub"
    assert reference_of("") == ""
    assert short_name(f"{whole}+{tmp_path / 'ad'}") == "base + ad"
    assert short_name(str(tmp_path / "a+b")) == "a+b"


def test_what_is_being_written_is_not_written_over(qtbot: QtBot) -> None:
    picker = ModelPicker("Target", adapters=False)
    qtbot.addWidget(picker)
    picker.set_reference("/one")
    qtbot.keyClicks(picker.line, "x")
    picker.set_reference("/one")
    assert picker.line.text() == "/onex"
    picker.set_reference("/two")
    assert picker.line.text() == "/two"


def test_sources_are_written_and_read_back(tmp_path: Path) -> None:
    odd = tmp_path / "one; two.jsonl"
    odd.write_text("{}", "utf-8")
    assert sources_of(str(odd)) == (Source(file=odd),)
    several = (
        Source(file=tmp_path / "a.jsonl"),
        Source(builtin="plain-de"),
        Source(hub="lab/texts", split="train"),
        Source(hub=f"lab/texts@{'a' * 40}", config="de-en", split="test", rows=(10, 200)),
    )
    assert sources_of(source_text(several)) == several
    assert sources_of(" ; ") == ()


def test_filters_are_written_and_read_back() -> None:
    where: dict[str, str | int | bool] = {"lang": "de", "level": 3, "checked": True}
    assert where_of("lang = de, level=3,checked = TRUE") == where
    assert where_of(where_text([Source(builtin="x", where=where)])) == where
    assert where_of(" ") == {}
    with pytest.raises(ValueError, match="field = value"):
        where_of("lang")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "a few seconds"),
        (44, "about 40 s"),
        (95, "about 2 min"),
        (3000, "about 50 min"),
        (9000, "about 2.5 h"),
    ],
)
def test_an_expected_time_is_coarse(seconds: float, text: str) -> None:
    assert about_text(seconds) == text

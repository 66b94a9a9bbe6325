"""Settings survive a restart, and a damaged file harms nothing."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from act_core.settings import (
    HubSettings,
    Settings,
    home_folder,
    load_settings,
    save_settings,
    settings_path,
)


def test_settings_come_back_as_saved(tmp_path: Path) -> None:
    path = tmp_path / "home" / "settings.json"
    settings = Settings(theme="dark", font_percent=150, explain=False).with_recent(tmp_path)

    save_settings(settings, path)

    assert load_settings(path) == settings


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    for before in (path, tmp_path / "settings.json.partial"):  # as other versions left them
        before.write_text("{}")
        before.chmod(0o644)

    save_settings(Settings(hub=HubSettings(proxy="http://me:secret@proxy:1")), path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_settings(path).hub.proxy == "http://me:secret@proxy:1"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_missing_file_is_the_first_start(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.json") == Settings()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        '{"theme": "pink"}',
        '{"font_percent": 500}',
        '{"font_percent": true}',
        '{"font_percent": "100"}',
        '{"recent": "folder"}',
        '{"recent": [1]}',
        '{"explain": 1}',
    ],
)
def test_a_damaged_file_is_set_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, "utf-8")

    settings = load_settings(path)

    assert settings == Settings()
    assert not path.exists()
    assert (tmp_path / "settings.json.damaged").read_text("utf-8") == text


def test_keys_of_a_newer_version_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"theme": "light", "fresh_idea": 3}), "utf-8")

    assert load_settings(path) == Settings(theme="light")


def test_the_last_opened_project_stands_first_and_ten_are_kept(tmp_path: Path) -> None:
    settings = Settings()

    for number in range(12):
        settings = settings.with_recent(tmp_path / str(number))
    settings = settings.with_recent(tmp_path / "5").without_recent(tmp_path / "11")

    assert settings.recent[:2] == (str(tmp_path / "5"), str(tmp_path / "10"))
    assert len(settings.recent) == 9


def test_the_variable_names_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACT_HOME", str(tmp_path))

    assert home_folder() == tmp_path
    assert settings_path() == tmp_path / "settings.json"

"""`act search`, `act inspect` and `act check` on names of the Hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from act_core.cli.main import run
from act_core.models.describe import describe
from act_core.models.reference import resolve
from act_core.settings import HubSettings
from tests.core.tiny import write_specialist, write_tiny
from tests.hub.loopback import Hub


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    base = write_tiny(folder / "base", "llama", seed=1)
    return {
        "lab/base": base,
        "a/tuned": write_specialist(folder / "tuned", base, seed=2),
        "b/other": write_tiny(folder / "other", "qwen2", seed=3, shards=2),
    }


@pytest.fixture
def filled(hub: Hub, own_settings: HubSettings, models: Mapping[str, Path]) -> Hub:
    """Three models, two of them said to be made from the first; settings that lead there."""
    tags = ["base_model:lab/base", "base_model:finetune:lab/base", "license:mit"]
    for downloads, (name, folder) in enumerate(models.items()):
        meta = {"downloads": 1000 - downloads, "tags": [] if name == "lab/base" else tags}
        hub.add(name, folder, meta=meta)
    return hub


def lines(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[Any]]:
    code = run([*arguments, "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_search(filled: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = lines(["search"], capsys)
    assert code == 0
    assert [row["name"] for row in found] == ["lab/base", "a/tuned", "b/other"]
    assert (found[1]["licence"], found[1]["relation"]) == ("mit", "finetune")
    _, found = lines(["search", "--base", "lab/base", "--kind", "finetune", "--limit", "1"], capsys)
    assert [row["name"] for row in found] == ["a/tuned"]
    options = ["--family", "qwen2", "--min-parameters", "0.5K", "--max-parameters", "1M"]
    _, found = lines(["search", *options, "--no-gated", "--usable"], capsys)
    assert [row["name"] for row in found] == ["b/other"]
    assert run(["search", "tuned", "--sort", "likes"]) == 0
    shown = capsys.readouterr().out
    assert "a/tuned" in shown
    assert "Llama" in shown


@pytest.mark.parametrize(
    "wrong",
    [["--family", "nothing"], ["--max-parameters", "many"], ["--sort", "size"], ["--kind", "x"]],
)
def test_wrong_options_of_search_are_told(
    filled: Hub, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["search", *wrong]) == 2
    assert wrong[0] in capsys.readouterr().err
    assert not filled.log


def test_inspect_says_of_a_name_what_it_says_of_the_folder(
    filled: Hub, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, folder in models.items():
        code, said = lines(["inspect", name], capsys)
        _, (local,) = lines(["inspect", str(folder)], capsys)
        assert code == 0
        assert {**said[-1], **local} == {**said[-1], "reference": str(folder)}
        assert said[-1]["commit"] == filled.repos["model", name].refs["main"]
        size = sum(file.size for file in filled.repos["model", name].files.values())
        assert said[-1]["to download"] == f"{size / 1e6:,.1f} MB"
    assert describe(resolve(folder)).parameters > 10_000
    assert not [one for one in filled.downloads() if one.line.endswith("/tokenizer.json")]


def test_check_names_of_the_hub(
    filled: Hub, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = lines(["check", "lab/base", "a/tuned"], capsys)
    assert (code, [one["title"] for one in found]) == (0, ["Lineage not checked yet"])
    code, found = lines(["check", str(models["lab/base"]), "a/tuned", "b/other"], capsys)
    assert code == 1
    titles = [(one.get("specialist"), one.get("title")) for one in found if "title" in one]
    assert ("b/other", "Different families") in titles
    code, found = lines(["check", "lab/base", "lab/nothing"], capsys)
    assert (code, found[-1]["error"]["kind"]) == (1, "HubNotFoundError")


def test_search_for_what_fits_in_a_process_of_its_own(filled: Hub, tmp_path: Path) -> None:
    """Heavy libraries are imported there for the first time, while two threads want them."""
    own = {"HF_ENDPOINT": filled.url, "HF_HOME": str(tmp_path / "own"), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-m", "act_core.cli", "search", "--fits", "lab/base"]
    done = subprocess.run(
        command, env={**os.environ, **own}, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if line.startswith(("fits", "no"))]
    assert [line.partition(":")[0] for line in said] == ["fits  a/tuned", "no    b/other"]
    assert "Different families" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 fit."

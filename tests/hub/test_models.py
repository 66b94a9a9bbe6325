"""Names of the Hub wherever a model is meant: found, pinned, fetched once, and named to others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
import yaml
from huggingface_hub import constants
from safetensors.torch import save_file

from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import HubNotFoundError, HubOfflineError, ReferenceNotFoundError
from act_core.events import Event, Note, discard
from act_core.hub import waiting
from act_core.hub.download import download
from act_core.hub.models import fetch_model, find_model, public_reference
from act_core.hub.names import HubName
from act_core.models.reference import resolve
from act_core.pipeline.fetching import as_carried_out, with_models_here
from act_core.pipeline.known import models_of
from act_core.recipe import load_recipe
from act_core.settings import HubSettings
from act_core.transfer.verify import verify_folder
from tests.core.project import changed, write_project
from tests.core.tiny import write_specialist, write_tiny
from tests.hub.loopback import Hub


def _write_adapter(folder: Path, base: Path) -> Path:
    """A LoRA on one module, as PEFT writes it, whose base is on the Hub."""
    module = "model.layers.0.mlp.up_proj"
    rows, columns = resolve(base).facts[f"{module}.weight"].shape
    sizes = {"lora_A": (2, columns), "lora_B": (rows, 2)}
    folder.mkdir()
    tensors = {
        f"base_model.model.{module}.{name}.weight": torch.full(shape, 0.1)
        for name, shape in sizes.items()
    }
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["up_proj"]}
    config["base_model_name_or_path"] = "lab/base"
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    base = write_tiny(folder / "base", "llama", seed=1)
    (base / "README.md").write_text("---\nlicense: mit\n---\n")
    return {
        "base": base,
        "tuned": write_specialist(folder / "tuned", base, seed=2, scale=0.2),
        "shards": write_tiny(folder / "shards", "llama", seed=3, shards=2),
        "adapter": _write_adapter(folder / "adapter", base),
    }


@pytest.fixture
def filled(
    hub: Hub,
    own_settings: HubSettings,
    models: Mapping[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Hub:
    """The models on the Hub, and settings that lead there."""
    monkeypatch.setattr(waiting, "FIRST_WAIT_S", 0.01)
    for name, folder in models.items():
        hub.add(f"lab/{name}", folder)
    return hub


def commit(hub: Hub, name: str) -> str:
    return hub.repos["model", f"lab/{name}"].refs["main"]


def test_found_only_where_all_of_it_is_here(
    filled: Hub, settings: HubSettings, models: Mapping[str, Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with pytest.raises(ReferenceNotFoundError, match="act download lab/base"):
        find_model("lab/base")
    done = download(settings, HubName("lab/base"))
    found = find_model("lab/base")
    assert (found.reference, found.folder) == ("lab/base", done.folder)
    assert found.fingerprint() == resolve(models["base"]).fingerprint()
    shards = download(settings, HubName("lab/shards")).folder
    lost = sorted(path.name for path in shards.glob("model-*"))[1]
    (shards / lost).unlink()
    with pytest.raises(ReferenceNotFoundError, match=lost):
        find_model("lab/shards")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(models["tuned"], tmp_path / "lab" / "base")
    assert find_model("lab/base").fingerprint() == resolve(models["tuned"]).fingerprint()


def test_fetched_once_and_pinned(filled: Hub, settings: HubSettings) -> None:
    pinned = fetch_model(settings, "lab/shards")
    assert pinned == f"lab/shards@{commit(filled, 'shards')}"
    assert find_model(pinned).reference == pinned
    filled.log.clear()
    assert fetch_model(settings, pinned) == pinned
    assert not filled.log
    assert fetch_model(settings, "lab/shards") == pinned
    assert not filled.downloads()


def test_adapters_by_name(
    filled: Hub, settings: HubSettings, models: Mapping[str, Path], tmp_path: Path
) -> None:
    both = resolve(f"{models['base']}+{models['adapter']}")
    base, adapter = (f"lab/{name}@{commit(filled, name)}" for name in ("base", "adapter"))
    alone = fetch_model(settings, "lab/adapter")
    assert alone == f"{base}+{adapter}"
    assert find_model(alone).fingerprint() == both.fingerprint()
    assert find_model("lab/adapter").fingerprint() == both.fingerprint()
    assert fetch_model(settings, "lab/base+lab/adapter") == alone
    mixed = fetch_model(settings, f"lab/base+{models['adapter']}")
    assert mixed == f"{base}+{models['adapter']}"
    assert find_model(mixed).fingerprint() == both.fingerprint()
    assert fetch_model(settings, "lab/adapter", base=str(models["base"])) == adapter
    local = shutil.copytree(models["adapter"], tmp_path / "mine")
    config = json.loads((local / "adapter_config.json").read_text())
    named = {**config, "revision": "main"}
    (local / "adapter_config.json").write_text(json.dumps(named))
    assert fetch_model(settings, str(local)) == f"{base}+{local}"
    assert public_reference(f"{base}+{local}") == f"{base}+mine"


def test_offline_and_out_of_reach(filled: Hub, settings: HubSettings) -> None:
    offline = HubSettings(endpoint=settings.endpoint, offline=True)
    with pytest.raises(HubOfflineError, match="everything"):
        fetch_model(offline, "lab/shards")
    pinned = fetch_model(settings, "lab/shards")
    filled.repos["model", "lab/shards"].write(README__md=b"new")
    assert fetch_model(offline, "lab/shards") == pinned
    filled.__exit__()
    events: list[Event] = []
    assert fetch_model(settings, "lab/shards", emit=events.append) == pinned
    assert isinstance(events[-1], Note)
    assert "from the cache, at commit" in events[-1].text
    folder = find_model(pinned).folder
    next(folder.glob("model-*")).unlink()
    with pytest.raises(HubOfflineError, match="model-"):
        fetch_model(offline, "lab/shards")


def test_recipes_hold_paths_where_they_exist_else_names(
    filled: Hub, tmp_path: Path, models: Mapping[str, Path]
) -> None:
    recipe = write_project(tmp_path)
    shutil.copytree(models["base"], tmp_path / "lab" / "base")
    specialists = {
        "one": {"model": "lab/tuned"},
        "two": {"model": "lab/base+lab/adapter@v1"},
        "three": {"model": "lab/tuned:sub/folder"},
        "four": {"model": "missing"},
    }
    loaded = load_recipe(changed(recipe, target="lab/base", specialists=specialists))
    assert loaded.target == str(tmp_path / "lab" / "base")
    assert [one.model for one in loaded.specialists.values()] == [
        "lab/tuned",
        f"{tmp_path}/lab/base+lab/adapter@v1",
        "lab/tuned:sub/folder",
        str(tmp_path / "missing"),
    ]
    with pytest.raises(HubNotFoundError, match="no/such"):
        with_models_here(loaded.model_copy(update={"target": "no/such"}), discard, CancelToken())


def test_a_run_by_names_pins_them_everywhere(
    filled: Hub, settings: HubSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = changed(
        write_project(tmp_path),
        target="lab/base",
        base="lab/base",
        specialists={"painter": {"model": "lab/tuned"}},
    )
    assert run(["run", str(recipe), "--json"]) == 0
    base, tuned = (f"lab/{name}@{commit(filled, name)}" for name in ("base", "tuned"))
    ran = yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text())
    assert (ran["target"], ran["base"]) == (base, base)
    assert ran["specialists"]["painter"]["model"] == tuned
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["models"]["target"]["reference"] == base
    assert len(filled.requests("GET /api/models/lab/base")) == 1  # for target and base together
    out = tmp_path / "run" / "model"
    assert not any(path.is_symlink() for path in out.rglob("*"))
    card = (out / "README.md").read_text()
    assert f"commit {commit(filled, 'base')}" in card
    assert yaml.safe_load(card.split("---")[1])["base_model"] == ["lab/base", "lab/tuned"]
    text = (out / "act_recipe.yaml").read_text()
    assert str(tmp_path) not in text
    made_of = yaml.safe_load(text)
    assert made_of["target"]["reference"] == base
    assert made_of["recipe"]["specialists"]["painter"]["model"] == tuned
    colours = made_of["recipe"]["abilities"]["colours"]
    assert colours["heldout"][0]["file"] == "colours_heldout.jsonl"
    for name in (out / "README.md", tmp_path / "run" / "report.md"):
        assert constants.HF_HUB_CACHE not in name.read_text()
    assert verify_folder(out, answer=False).passed
    filled.repos["model", "lab/base"].write(README__md=b"changed")
    assert fetch_model(settings, "lab/base") != base
    loaded = load_recipe(recipe)
    assert as_carried_out(loaded).target == base
    assert models_of(loaded)[0].reference == base
    capsys.readouterr()


def test_download_and_cache_on_the_command_line(
    filled: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["download", "lab/base", "lab/adapter"]) == 0
    said = capsys.readouterr().out
    assert commit(filled, "base")[:8] in said
    assert run(["download", "lab/base", "--to", str(tmp_path / "out"), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["folder"] == str(tmp_path / "out")
    assert lines[-1]["fetched_bytes"] == 0
    assert resolve(tmp_path / "out")
    assert run(["cache"]) == 0
    said = capsys.readouterr().out
    assert "lab/adapter" in said
    assert "whole" in said
    assert run(["cache", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert run(["cache", "delete", f"lab/base@{commit(filled, 'base')}"]) == 0
    assert run(["cache", "delete", "lab/adapter"]) == 0
    assert run(["cache", "delete", "--partials"]) == 0
    capsys.readouterr()
    assert run(["cache"]) == 0
    assert "empty" in capsys.readouterr().out
    for wrong in (["cache", "delete"], ["download", "a/b", "c/d", "--to", "x"]):
        assert run(wrong) == 2
    assert run(["download", "nothing"]) == 1
    assert run(["cache", "delete", "lab/base"]) == 1
    capsys.readouterr()

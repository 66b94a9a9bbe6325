"""A model on the Hub by its headers: as the downloaded one, for a few KB, at one commit."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import struct
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from act_core.cancel import CancelToken
from act_core.errors import (
    ActError,
    CancelledByPersonError,
    CorruptCheckpointError,
    DownloadError,
    HubChangedError,
    HubNotFoundError,
    HubOfflineError,
    LogInNeededError,
    QuantisedModelError,
    ReferenceNotFoundError,
    UnsafeFileError,
    UnsupportedModelError,
    WeightsNotHereError,
)
from act_core.events import Event, Note, Progress
from act_core.hub import inspect
from act_core.hub.download import download
from act_core.hub.inspect import Inspection, exact_choice, inspect_model
from act_core.hub.listing import list_files
from act_core.hub.names import HubName, required_name
from act_core.hub.pair import check_hub_pair, look, model_of
from act_core.models.describe import describe
from act_core.models.memory import profile_memory, resident_memory, transfer_memory
from act_core.models.pair import Finding, check_pair
from act_core.models.reference import Model, resolve
from act_core.settings import HubSettings
from tests.core.tiny import write_specialist, write_tiny
from tests.hub.loopback import Blob, Hub

KB = 1024


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Two families with a fine-tune each; the second is sharded; an adapter on the first."""
    folder = tmp_path_factory.mktemp("models")
    llama = write_tiny(folder / "llama", "llama", seed=1, layers=4)
    readme = "---\nlicense: apache-2.0\nbase_model: lab/base\n---\n# Model\n"
    (llama / "README.md").write_text(readme, "utf-8")
    sharded = write_tiny(folder / "sharded", "qwen2", seed=2, dtype="bfloat16", shards=3)
    tuned = write_specialist(folder / "tuned", llama, seed=3)
    sharded_tuned = write_specialist(folder / "sharded-tuned", sharded, seed=4)
    return {
        "llama": llama,
        "sharded": sharded,
        "tuned": tuned,
        "sharded-tuned": sharded_tuned,
        "adapter": _write_adapter(folder / "adapter", llama),
    }


def _write_adapter(folder: Path, base: Path) -> Path:
    """As peft's save_pretrained writes it."""
    folder.mkdir()
    generator = torch.Generator().manual_seed(5)
    tensors = {}
    for name, tensor in load_file(base / "model.safetensors").items():
        if name.endswith(("q_proj.weight", "down_proj.weight")):
            module = f"base_model.model.{name.removesuffix('.weight')}"
            outputs, inputs = tensor.shape
            tensors[f"{module}.lora_A.weight"] = 0.1 * torch.randn(4, inputs, generator=generator)
            tensors[f"{module}.lora_B.weight"] = 0.1 * torch.randn(outputs, 4, generator=generator)
    save_file(tensors, folder / "adapter_model.safetensors", {"format": "pt"})
    config = {
        "peft_type": "LORA", "r": 4, "lora_alpha": 8, "revision": None,
        "base_model_name_or_path": "lab/llama", "target_modules": ["q_proj", "down_proj"],
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    return folder


@pytest.fixture
def filled(hub: Hub, models: Mapping[str, Path]) -> Hub:
    """The Hub with all models, as `lab/NAME`."""
    for name, folder in models.items():
        hub.add(f"lab/{name}", folder)
    return hub


def seen(settings: HubSettings, name: str, **more: Any) -> Inspection:
    return inspect_model(settings, required_name(name), **more)


def same_but_reference(ours: Model, theirs: Model) -> None:
    assert ours.facts == theirs.facts
    assert (ours.shape, ours.family, ours.config) == (theirs.shape, theirs.family, theirs.config)
    cards = (dataclasses.replace(describe(model), reference="") for model in (ours, theirs))
    assert len({repr(card) for card in cards}) == 1
    sizes: dict[str, Any] = {"dtype": "BF16", "batch_tokens": 64}
    assert resident_memory(ours, **sizes) == resident_memory(theirs, **sizes)
    assert transfer_memory(ours) == transfer_memory(theirs)
    more: dict[str, Any] = {"tokens": 99, "backward": True}
    assert profile_memory(ours, [ours], **sizes, **more) == profile_memory(
        theirs, [theirs], **sizes, **more
    )


def asked_bytes(hub: Hub) -> int:
    """Bytes that all requests for files have asked for; one without a range is for all of it."""
    whole = 0
    for one in hub.downloads():
        if not one.to_cdn and any(
            one.line.endswith(path) and blob.lfs
            for repo in hub.repos.values()
            for files in repo.commits.values()
            for path, blob in files.items()
        ):
            continue  # redirected
        path = one.line.split(" ")[1].rpartition("/")[2]
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", one.headers.get("range", ""))
        if found:
            whole += int(found[2]) - int(found[1]) + 1
        elif one.to_cdn:
            whole += hub.lfs[path].size
        else:
            _, repo, commit, file = re.fullmatch(
                r"GET (/)([^/]+/[^/]+)/resolve/([^/]+)/(.+)", one.line
            ).groups()  # type: ignore[union-attr]
            whole += hub.repos["model", repo].commits[commit][file].size
    return whole


@pytest.mark.parametrize("name", ["llama", "sharded"])
def test_headers_say_what_the_download_says(
    filled: Hub, settings: HubSettings, models: Mapping[str, Path], name: str
) -> None:
    inspection = seen(settings, f"lab/{name}")
    local = resolve(models[name])
    same_but_reference(inspection.model, local)
    assert inspection.model.reference == f"lab/{name}"
    assert inspection.name.revision == filled.repos["model", f"lab/{name}"].refs["main"]
    weights = sum(path.stat().st_size for path in local.weights.files)
    assert sum(file.size_bytes for file in inspection.choice.weights) == weights
    with pytest.raises(WeightsNotHereError):
        inspection.model.weights.read(next(iter(local.facts)))


def test_large_weights_stay_there(hub: Hub, settings: HubSettings, tmp_path: Path) -> None:
    """Oracle: the requests themselves, and the sizes of what they name."""
    folder = write_tiny(tmp_path / "m", "llama", seed=1, layers=2)
    large = {"model.embed_tokens.weight": torch.zeros(60_000, 32)}
    file = folder / "model.safetensors"
    save_file({**load_file(file), **large}, file, {"format": "pt"})
    hub.add("lab/large", folder)
    inspection = seen(settings, "lab/large")
    assert file.stat().st_size > 7 << 20
    small = sum(f.stat().st_size for f in folder.iterdir() if f.suffix in {".json", ".jinja"})
    assert asked_bytes(hub) <= 64 * KB + small
    assert inspection.fetched_bytes <= 66 * KB + small
    assert all("range" in one.headers for one in hub.downloads() if one.to_cdn)
    same_but_reference(inspection.model, resolve(folder))


def test_a_header_longer_than_the_guess_takes_a_second_request(
    hub: Hub, settings: HubSettings, tmp_path: Path
) -> None:
    folder = write_tiny(tmp_path / "m", "llama", seed=1)
    file = folder / "model.safetensors"
    save_file(load_file(file), file, {"format": "pt", "long": "x" * (100 * KB)})
    hub.add("lab/m", folder)
    same_but_reference(seen(settings, "lab/m").model, resolve(folder))
    ranges = [one.headers.get("range") for one in hub.downloads() if one.to_cdn]
    length = 8 + struct.unpack("<Q", file.read_bytes()[:8])[0]
    assert ranges == [f"bytes=0-{64 * KB - 1}", f"bytes={64 * KB}-{length - 1}"]


def test_one_commit_throughout(
    filled: Hub, settings: HubSettings, models: Mapping[str, Path]
) -> None:
    """The repository changes after every request; what is seen is the first commit."""
    repo = filled.repos["model", "lab/sharded"]
    first = repo.refs["main"]
    other = {"config__json": b"{}", "README__md": b"changed"}
    filled.fault("GET .*/resolve/", times=99, then=lambda: repo.write(**other))
    inspection = seen(settings, "lab/sharded")
    assert repo.refs["main"] != first
    same_but_reference(inspection.model, resolve(models["sharded"]))
    about = [one.line for one in filled.downloads() if not one.to_cdn]
    assert about
    assert all(f"/resolve/{first}/" in line for line in about)
    assert len(filled.requests("GET /api/")) == 1


def test_what_is_known_is_not_asked_again(filled: Hub, settings: HubSettings) -> None:
    first = seen(settings, "lab/llama")
    filled.log.clear()
    second = seen(settings, "lab/llama")
    assert second.model.facts == first.model.facts
    assert (len(filled.log), second.fetched_bytes) == (1, 0)
    filled.repos["model", "lab/llama"].write(README__md=b"new")
    seen(settings, "lab/llama")
    assert filled.downloads()


@pytest.mark.parametrize(("target", "specialist"), [("llama", "tuned"), ("sharded", "llama")])
def test_the_pair_check_finds_what_it_finds_locally(
    filled: Hub,
    settings: HubSettings,
    models: Mapping[str, Path],
    target: str,
    specialist: str,
) -> None:
    ours, theirs = resolve(models[target]), resolve(models[specialist])
    expected = _but_lineage(check_pair(ours, theirs))
    sides = [seen(settings, f"lab/{name}") for name in (target, specialist)]
    assert _but_lineage(check_hub_pair(settings, *sides)) == expected
    assert _but_lineage(check_hub_pair(settings, ours, sides[1])) == expected
    assert not [one for one in filled.downloads() if one.line.endswith("/tokenizer.json")]


def _but_lineage(findings: tuple[Finding, ...]) -> list[Finding]:
    return [f for f in findings if f.distance is None and "Lineage" not in f.title]


def test_other_tokenizers_are_fetched_and_compared(
    filled: Hub, settings: HubSettings, models: Mapping[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    shutil.copytree(models["tuned"], folder)
    words = (folder / "tokenizer.json").read_text("utf-8")
    (folder / "tokenizer.json").write_text(words.replace('"ß"', '"ẞ"'), "utf-8")
    filled.add("lab/other", folder)
    sides = [seen(settings, f"lab/{name}") for name in ("llama", "other")]
    expected = _but_lineage(check_pair(resolve(models["llama"]), resolve(folder)))
    found = _but_lineage(check_hub_pair(settings, *sides))
    assert [finding.title for finding in found] == ["Different tokens"]
    assert found == expected


def test_an_adapter_with_its_base(
    filled: Hub, settings: HubSettings, models: Mapping[str, Path]
) -> None:
    local = resolve(f"{models['llama']}+{models['adapter']}")
    for reference in (
        "lab/adapter",
        "lab/llama+lab/adapter",
        f"{models['llama']}+lab/adapter",
        f"lab/llama+{models['adapter']}",
        str(models["adapter"]),
    ):
        same_but_reference(model_of(look(settings, reference)), local)
    named = seen(settings, "lab/adapter", base=required_name("lab/tuned"))
    assert isinstance(named.base, Inspection)
    assert named.base.name.repo == "lab/tuned"
    found = check_hub_pair(settings, resolve(models["llama"]), named)
    titles = [finding.title for finding in found]
    assert titles == ["Lineage not checked yet"]


def test_an_adapter_of_a_local_path_needs_a_base(
    hub: Hub, settings: HubSettings, models: Mapping[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "adapter"
    shutil.copytree(models["adapter"], folder)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**config, "base_model_name_or_path": "/etc"}), "utf-8")
    hub.add("lab/adapter", folder)
    with pytest.raises(ReferenceNotFoundError, match="not on the Hub"):
        seen(settings, "lab/adapter")


def test_a_model_in_a_subfolder_and_at_a_revision(
    hub: Hub, settings: HubSettings, models: Mapping[str, Path]
) -> None:
    files = {f"a/b/{p.name}": p.read_bytes() for p in models["llama"].iterdir()}
    repo = hub.add("lab/deep", files={**files, "model.safetensors": b"other", "config.json": b"{}"})
    first = repo.refs["main"]
    repo.commit({}, "nothing left")
    inspection = seen(settings, f"lab/deep@{first}:a/b")
    same_but_reference(inspection.model, resolve(models["llama"]))
    assert {file.path for file in inspection.choice.files} == files.keys()
    with pytest.raises(ReferenceNotFoundError):
        seen(settings, "lab/deep:a/b")
    with pytest.raises(HubNotFoundError):
        seen(settings, "lab/deep@nothing")


def test_what_the_cache_holds_is_looked_at_with_its_weights(
    filled: Hub, settings: HubSettings, models: Mapping[str, Path]
) -> None:
    events: list[Event] = []
    target = resolve(models["llama"])
    for name in ("lab/tuned", "lab/llama", "lab/adapter"):
        download(settings, required_name(name))
    filled.log.clear()
    for reference in ("lab/tuned", "lab/adapter", "lab/llama+lab/adapter"):
        found = check_hub_pair(settings, target, look(settings, reference))
        assert [finding.title for finding in found if finding.distance] == ["Same lineage"]
    assert not filled.downloads()
    offline = dataclasses.replace(settings, offline=True)
    looked = look(offline, "lab/tuned", emit=events.append)
    assert check_hub_pair(offline, target, looked) == check_pair(target, resolve(models["tuned"]))
    assert [type(event) for event in events] == [Note]
    with pytest.raises(HubOfflineError):
        look(offline, "lab/sharded")
    filled.repos["model", "lab/tuned"].write(README__md=b"new")
    newer = look(settings, "lab/tuned")
    found = check_hub_pair(settings, target, newer)
    assert [finding.title for finding in found] == ["Lineage not checked yet"]


# ------------------------------------------------------------------------------- refusals


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _refused(
    hub: Hub, settings: HubSettings, files: Mapping[str, bytes], error: type[ActError], match: str
) -> None:
    hub.add("lab/bad", files=files)
    with pytest.raises(error, match=match) as caught:
        seen(settings, "lab/bad")
    assert type(caught.value) is error
    assert caught.value.remedy
    assert "inspected" not in str(caught.value), "our own folder is nobody's business"


@pytest.mark.parametrize(
    "name",
    [
        *("../x.safetensors", "/x.safetensors", "a/x.safetensors", "..\\x.safetensors"),
        *("C:x.safetensors", "NUL.safetensors", "x\n.safetensors", "gone.safetensors"),
    ],
)
def test_an_index_that_names_what_it_must_not(
    hub: Hub, settings: HubSettings, models: Mapping[str, Path], name: str
) -> None:
    files = _content(models["sharded"])
    index = json.loads(files["model.safetensors.index.json"])
    index["weight_map"][next(iter(index["weight_map"]))] = name
    files["model.safetensors.index.json"] = json.dumps(index).encode()
    _refused(hub, settings, files, CorruptCheckpointError, r"lab/bad: .*names")
    assert name == "gone.safetensors" or not any(one.to_cdn for one in hub.log)


@pytest.mark.parametrize(
    "name", ["LICENSE..\\..\\x", "licence.", "LICENSE.txt:stream", "NOTICE_\x01", "license"]
)
def test_files_with_names_that_must_not_be_used(
    hub: Hub, settings: HubSettings, models: Mapping[str, Path], name: str
) -> None:
    files = {**_content(models["llama"]), name: b"", "LICENSE": b""}
    _refused(hub, settings, files, CorruptCheckpointError, "names the file")


Change = Callable[[dict[str, bytes]], object]


def _header(length: int, text: bytes = b"{}") -> bytes:
    return struct.pack("<Q", length) + text


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (lambda f: f.update({"config.json": b"{" + b" " * (1 << 20)}), CorruptCheckpointError,
         "make sense"),
        (lambda f: f.update({"config.json": b'{"a":' * 50_000}), CorruptCheckpointError, "JSON"),
        (lambda f: f.update({"config.json": b"[]"}), CorruptCheckpointError, "object"),
        (lambda f: f.pop("config.json"), ReferenceNotFoundError, "config.json is missing"),
        (lambda f: f.update({"model.safetensors": b""}), CorruptCheckpointError, "truncated"),
        (lambda f: f.update({"model.safetensors": b"\0" * 7}), CorruptCheckpointError, "truncat"),
        (lambda f: f.update({"model.safetensors": _header(1 << 62)}), CorruptCheckpointError,
         "truncated"),
        (lambda f: f.update({"model.safetensors": _header(26 << 20, b" " * (26 << 20))}),
         CorruptCheckpointError, "said to have"),
        (lambda f: f.update({"model.safetensors": f["model.safetensors"][:-1]}),
         CorruptCheckpointError, "bytes where its header"),
        (lambda f: f.update({"model.safetensors": f["model.safetensors"] + b"\0"}),
         CorruptCheckpointError, "bytes where its header"),
        (lambda f: f.update({"model.safetensors": _header(2, b"[]")}), CorruptCheckpointError,
         "object"),
        (lambda f: f.update({"pytorch_model.bin": f.pop("model.safetensors")}), UnsafeFileError,
         "pickle"),
        (lambda f: f.update({"m-Q4.gguf": f.pop("model.safetensors")}), UnsupportedModelError,
         r"m-Q4\.gguf"),
        (lambda f: f.update({"x/model.safetensors": f.pop("model.safetensors")}),
         ReferenceNotFoundError, "folders x"),
        (lambda f: f.update({"config.json": f["config.json"][:-2]
         + b',"quantization_config":{"quant_method":"awq"}}'}), QuantisedModelError, "awq"),
        (lambda f: f.update({"config.json": f["config.json"].replace(b'"llama"', b'"made-up"')}),
         UnsupportedModelError, "made-up"),
    ],
)  # fmt: skip
def test_models_that_are_refused(
    hub: Hub,
    settings: HubSettings,
    models: Mapping[str, Path],
    change: Change,
    error: type[ActError],
    match: str,
) -> None:
    files = _content(models["llama"])
    change(files)
    _refused(hub, settings, files, error, match)


def test_answers_that_are_not_what_was_announced(
    filled: Hub, settings: HubSettings, tmp_path: Path
) -> None:
    filled.fault("GET .*/config.json", flip=3)
    with pytest.raises(DownloadError, match="hash"):
        seen(settings, "lab/llama")
    filled.fault("GET .*/config.json", headers={"X-Repo-Commit": "0" * 40})
    with pytest.raises(HubChangedError):
        seen(settings, "lab/llama")
    sha = filled.repos["model", "lab/llama"].files["model.safetensors"].sha256
    filled.fault(f"GET /cdn/{sha}", headers={"Content-Range": "bytes 0-65535/99999999"})
    with pytest.raises(DownloadError, match="as long"):
        seen(settings, "lab/llama")
    filled.fault(f"GET /cdn/{sha}", cut=100)
    events: list[Event] = []
    inspection = seen(settings, "lab/llama", emit=events.append)
    assert len(inspection.model.facts) > 10, "a broken connection is tried again"


def test_a_server_that_knows_no_ranges_is_not_read_to_the_end(
    filled: Hub, settings: HubSettings, models: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.hub.handler import Handler

    def whole(self: Handler, blob: Blob, headers: dict[str, str]) -> None:
        self.send(200, blob.read(0, blob.size), headers)

    monkeypatch.setattr(Handler, "_content", whole)
    same_but_reference(seen(settings, "lab/llama").model, resolve(models["llama"]))


def test_a_gated_model_is_told_and_no_token_leaves_the_hub(
    hub: Hub, settings: HubSettings, models: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = hub.add("org/gated", models["llama"], gated="auto")
    with pytest.raises(LogInNeededError):
        seen(settings, "org/gated")
    repo.allowed.add("reader")
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    inspection = seen(settings, "org/gated")
    assert inspection.gated
    assert any(one.to_cdn for one in hub.log)
    assert not any("authorization" in one.headers for one in hub.log if one.to_cdn)


def test_a_cancel_is_heard_while_the_hub_is_silent(filled: Hub, settings: HubSettings) -> None:
    token = CancelToken()
    filled.fault("GET /cdn/", delay_s=5, then=token.cancel, times=9)
    started = time.monotonic()
    with pytest.raises(CancelledByPersonError):
        seen(settings, "lab/sharded", token=token)
    assert time.monotonic() - started < 2


def test_progress_counts_headers(filled: Hub, settings: HubSettings) -> None:
    events: list[Event] = []
    seen(settings, "lab/sharded", emit=events.append)
    progress = [event for event in events if isinstance(event, Progress)]
    assert (progress[-1].done, progress[-1].total, progress[-1].unit) == (3, 3, "headers")


# ---------------------------------------------------------------------------- what is chosen


def test_each_weight_once_and_nothing_else(
    hub: Hub, settings: HubSettings, models: Mapping[str, Path]
) -> None:
    files = _content(models["sharded"])
    wanted = {*files, "LICENSE.txt", "README.md", "additional_chat_templates/tool.jinja"}
    unwanted = {
        "consolidated.safetensors": "second time",
        "model.fp16.safetensors": "second time",
        "model.safetensors": "second time",
        "pytorch_model-00001-of-00002.bin": "pickle",
        "original/consolidated.00.pth": "pickle",
        "onnx/model.onnx": "another folder",
        "m.gguf": "another format",
        "modeling_x.py": "code",
        "figure.png": "not needed",
        "checkpoint-9/model.safetensors": "another folder",
    }
    more = dict.fromkeys((*unwanted, *(wanted - files.keys())), b"x" * 99)
    hub.add("lab/full", files={**files, **more})
    listing = list_files(settings, HubName("lab/full"))
    choice = exact_choice(settings, listing)
    assert {file.path for file in choice.files} == wanted
    assert choice.size_bytes == sum(len((files | more)[name]) for name in wanted)
    assert all(unwanted[out.path] in out.why for out in choice.left_out)
    assert {out.path for out in choice.left_out} == unwanted.keys()
    index = json.loads(files["model.safetensors.index.json"])
    assert {file.name for file in choice.weights} == set(index["weight_map"].values())
    assert [file.role for file in choice.files if file.name == "config.json"] == ["config"]


def test_one_gguf_file_by_name(hub: Hub, settings: HubSettings) -> None:
    hub.add("lab/gguf", files={"a-Q4.gguf": b"GGUF" * 9, "a-Q8.gguf": b"GGUF" * 18})
    listing = list_files(settings, required_name("lab/gguf:a-Q8.gguf"))
    choice = exact_choice(settings, listing)
    assert [(file.path, file.size_bytes) for file in choice.files] == [("a-Q8.gguf", 72)]
    assert choice.source == "gguf"
    with pytest.raises(ReferenceNotFoundError, match="GGUF"):
        seen(settings, "lab/gguf:a-Q8.gguf")
    with pytest.raises(ReferenceNotFoundError, match="no file"):
        exact_choice(settings, list_files(settings, required_name("lab/gguf:a-Q9.gguf")))


def test_two_threads_that_look_at_once_do_so_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, inside, most = threading.Barrier(2), set(), []

    def make_lock() -> Any:
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1.0)  # so that neither has a lock before the other wants one
        return threading.Lock()

    monkeypatch.setattr(inspect, "threading", SimpleNamespace(Lock=make_lock))

    def look(number: int) -> None:
        with inspect.alone(tmp_path, CancelToken()):
            inside.add(number)
            time.sleep(0.05)
            most.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(look, range(2)))
    assert most == [1, 1]

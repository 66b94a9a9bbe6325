"""Downloads: whole or not at all, nothing twice, and whatever happens to the network."""

from __future__ import annotations

import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import constants, hf_hub_download, snapshot_download

from act_core.cancel import CancelToken
from act_core.errors import (
    AccessRefusedError,
    ActError,
    CancelledByPersonError,
    CorruptCheckpointError,
    DiskFullError,
    DownloadError,
    HubError,
    HubNotFoundError,
    LogInNeededError,
    OutputError,
)
from act_core.events import Event, Finished, Note, Progress, Started
from act_core.hub import batch, fetch, waiting
from act_core.hub.download import Downloaded, download, download_files, fetch_paths, plan_download
from act_core.hub.listing import HubFile, Listing
from act_core.hub.names import HubName
from act_core.settings import HubSettings
from tests.core.tiny import write_tiny
from tests.hub.loopback import Hub, Repo

NAME = HubName("lab/model")
WEIGHTS = bytes(os.urandom(1 << 14) * 48)  # 768 KiB


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries of milliseconds."""
    monkeypatch.setattr(waiting, "FIRST_WAIT_S", 0.01)


@pytest.fixture
def repo(hub: Hub) -> Repo:
    """A repository that looks like a model."""
    files = {
        "config.json": b"{}",
        "tokenizer.json": b'{"a": 1}',
        "model.safetensors": WEIGHTS,
        "pytorch_model.bin": b"pickle",
    }
    return hub.add("lab/model", files=files)


def get(settings: HubSettings, name: HubName = NAME, **more: object) -> Downloaded:
    return download(settings, name, **more)  # type: ignore[arg-type]


def cached(name: str = "models--lab--model") -> Path:
    return Path(constants.HF_HUB_CACHE) / name


def parts() -> list[Path]:
    return list(cached().rglob("*.act-part"))


def test_every_client_finds_what_was_fetched_and_fetches_nothing(
    hub: Hub, settings: HubSettings, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    repo = hub.add("lab/model", write_tiny(tmp_path / "m", "llama", seed=1))
    commit = repo.refs["main"]
    events: list[Event] = []
    done = get(settings, emit=events.append)
    assert done.name == NAME.pinned(commit)
    assert done.folder == cached() / "snapshots" / commit
    sizes = {path: blob.size for path, blob in repo.files.items()}
    assert done.fetched_bytes == sum(sizes[p.name] for p in done.folder.iterdir())
    assert events[0] == Started("download", done.fetched_bytes, "bytes")
    assert isinstance(events[-1], Finished)
    reached = [event for event in events if isinstance(event, Progress)]
    assert reached[-1].done == done.fetched_bytes
    assert reached[-1].rate_per_s
    for path in done.folder.iterdir():
        assert path.read_bytes() == repo.files[path.name].read(0, sizes[path.name])
        assert not os.path.isabs(os.readlink(path))
    assert not parts()
    asked = len(hub.downloads())
    again = get(settings)
    assert again == Downloaded(done.name, done.folder, 0)
    names = [path.name for path in done.folder.iterdir()]
    assert snapshot_download("lab/model", allow_patterns=names) == str(done.folder)
    assert hf_hub_download("lab/model", "config.json", revision=commit)
    offline = snapshot_download("lab/model", local_files_only=True, allow_patterns=names)
    assert offline == str(done.folder)
    AutoModelForCausalLM.from_pretrained(done.folder)
    AutoTokenizer.from_pretrained(done.folder)
    assert len(hub.downloads()) == asked


def test_what_the_real_client_has_fetched_is_not_fetched_again(
    hub: Hub, repo: Repo, settings: HubSettings
) -> None:
    snapshot_download("lab/model", allow_patterns=["*.safetensors"], endpoint=hub.url)
    hub.log.clear()
    get(settings)
    fetched = {one.line.rpartition("/")[2] for one in hub.downloads() if not one.to_cdn}
    assert fetched == {"config.json", "tokenizer.json"}


def test_a_new_commit_fetches_only_what_has_changed(
    hub: Hub, repo: Repo, settings: HubSettings
) -> None:
    old = get(settings)
    repo.write(config__json=b'{"new": 1}')
    hub.log.clear()
    new = get(settings)
    assert [one.line.rpartition("/")[2] for one in hub.downloads()] == ["config.json"]
    assert (old.folder / "config.json").read_bytes() == b"{}"
    assert (new.folder / "config.json").read_bytes() == b'{"new": 1}'
    assert (new.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (cached() / "refs" / "main").read_text() == new.name.revision
    hub.log.clear()
    assert get(settings, old.name).folder == old.folder
    assert not hub.log


def test_a_repository_that_changes_meanwhile_is_not_mixed(
    hub: Hub, repo: Repo, settings: HubSettings
) -> None:
    commit = repo.refs["main"]
    hub.fault("resolve/.*/config.json", then=lambda: repo.write(model__safetensors=b"other"))
    done = get(settings)
    assert done.name.revision == commit
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_broken_connection_goes_on_where_it_ended(
    hub: Hub, repo: Repo, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "WORTH_BYTES", 200_000)
    for cut in (100_000, 200_000, 0):
        hub.fault("/cdn/", cut=cut)
    events: list[Event] = []
    done = get(settings, emit=events.append)
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS
    asked = [one.headers.get("range") for one in hub.downloads() if one.to_cdn]
    assert asked == [None, "bytes=100000-", "bytes=300000-", "bytes=300000-"]
    assert len([event for event in events if isinstance(event, Note)]) == 2
    assert done.fetched_bytes == len(WEIGHTS) + 10


def test_a_busy_hub_is_waited_for(hub: Hub, repo: Repo, settings: HubSettings) -> None:
    hub.fault("resolve", status=503, times=6)
    hub.fault("/cdn/", status=429, headers={"Retry-After": "0"})
    assert (get(settings).folder / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("stall", ["before", "body"])
def test_a_cancel_is_heard_under_a_silent_server_and_what_has_come_is_kept(
    hub: Hub, repo: Repo, settings: HubSettings, stall: str
) -> None:
    if stall == "before":
        hub.fault("/cdn/", delay_s=8)
    else:
        hub.fault("/cdn/", bytes_per_s=20 * 65536, cut=10 * 65536)
        hub.fault("/cdn/", delay_s=8)
    token = CancelToken()
    timer = threading.Timer(1.0, token.cancel)
    timer.start()
    with pytest.raises(CancelledByPersonError):
        get(settings, token=token)
    timer.join()
    assert not [one for one in threading.enumerate() if one.name.startswith("act-download")]
    assert not (cached() / "refs").exists()
    there = sum(path.stat().st_size for path in parts())
    assert there == (0 if stall == "before" else 10 * 65536)
    plan = plan_download(settings, NAME)
    assert plan.missing_bytes == len(WEIGHTS) - there
    hub.log.clear()
    started = time.monotonic()
    done = get(settings)
    assert time.monotonic() - started < 2
    assert done.fetched_bytes == len(WEIGHTS) - there
    assert len(hub.downloads()) == 2  # the Hub's redirect, and the CDN
    assert not parts()


def test_cancel_takes_less_than_two_seconds(hub: Hub, repo: Repo, settings: HubSettings) -> None:
    hub.fault("/cdn/", bytes_per_s=1000)
    token = CancelToken()
    cancelled_at = 0.0

    def emit(event: Event) -> None:
        nonlocal cancelled_at
        if isinstance(event, Progress) and not token.cancelled:
            cancelled_at = time.monotonic()
            token.cancel()

    with pytest.raises(CancelledByPersonError):
        get(settings, emit=emit, token=token)
    assert time.monotonic() - cancelled_at < 2


def test_a_killed_process_is_taken_up(hub: Hub, repo: Repo, settings: HubSettings) -> None:
    hub.fault("/cdn/", bytes_per_s=20 * 16384, cut=20 * 16384)
    hub.fault("/cdn/", delay_s=30)
    code = (
        "from act_core.hub.download import download; from act_core.hub.names import HubName;"
        "from act_core.settings import HubSettings;"
        f"download(HubSettings(endpoint={hub.url!r}), HubName('lab/model'))"
    )
    home = {"HF_HOME": str(cached().parents[1]), "HF_HUB_OFFLINE": "0"}
    child = subprocess.Popen([sys.executable, "-c", code], env=os.environ | home)
    try:
        while sum(path.stat().st_size for path in parts()) < 20 * 16384:
            assert child.poll() is None
            time.sleep(0.02)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    hub.faults.clear()
    (part,) = parts()
    assert WEIGHTS.startswith(part.read_bytes())
    hub.log.clear()
    done = get(settings)
    assert done.fetched_bytes == len(WEIGHTS) - 20 * 16384
    ranges = [one.headers.get("range") for one in hub.downloads()]
    assert ranges == ["bytes=327680-"] * 2
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS


def _leave_part(repo: Repo, data: bytes) -> Path:
    part = cached() / "blobs" / f"{repo.files['model.safetensors'].sha256}.act-part"
    part.parent.mkdir(parents=True)
    part.write_bytes(data)
    return part


def test_a_part_that_was_whole_needs_no_request(
    hub: Hub, repo: Repo, settings: HubSettings
) -> None:
    part = _leave_part(repo, WEIGHTS)
    get(settings)
    assert not [one for one in hub.downloads() if "model.safetensors" in one.line]
    assert not part.exists()


@pytest.mark.parametrize("left", [b"x" * 1000, WEIGHTS + b"more", WEIGHTS[:-1] + b"?"])
def test_a_part_that_is_damaged_costs_one_fresh_try(
    hub: Hub, repo: Repo, settings: HubSettings, left: bytes
) -> None:
    _leave_part(repo, left)
    done = get(settings)
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS
    assert hub.downloads()[-1].headers.get("range") is None


def test_a_flipped_byte_costs_one_fresh_try_and_a_second_one_ends_it(
    hub: Hub, repo: Repo, settings: HubSettings
) -> None:
    hub.fault("/cdn/", flip=5000)
    events: list[Event] = []
    get(settings, emit=events.append)
    assert any(isinstance(event, Note) and "once more" in event.text for event in events)
    shutil.rmtree(cached())
    hub.fault("/cdn/", flip=5000, times=2)
    with pytest.raises(DownloadError, match="hash"):
        get(settings)
    assert not list(cached().glob("snapshots/*/model.safetensors"))
    assert not (cached() / "blobs" / repo.files["model.safetensors"].sha256).exists()
    hub.log.clear()
    assert (get(settings).folder / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("match", "how", "error"),
    [
        ("/cdn/", {"headers": {"Content-Length": "1000"}}, DownloadError),
        ("/cdn/", {"status": 416}, DownloadError),
        ("resolve/.*safetensors", {"headers": {"X-Linked-Etag": '"0000"'}}, DownloadError),
        ("resolve/.*safetensors", {"headers": {"X-Repo-Commit": "0" * 40}}, HubError),
        ("/cdn/", {"status": 403}, HubError),
        ("resolve/.*safetensors", {"status": 401, "code": "GatedRepo"}, LogInNeededError),
        ("resolve/.*safetensors", {"status": 403}, AccessRefusedError),
        ("resolve/.*safetensors", {"status": 404, "code": "EntryNotFound"}, HubNotFoundError),
    ],
)
def test_what_cannot_be_right_ends_it(
    hub: Hub,
    repo: Repo,
    settings: HubSettings,
    match: str,
    how: dict[str, object],
    error: type[ActError],
) -> None:
    hub.fault(match, times=9, **how)
    with pytest.raises(error):
        get(settings)
    assert not list(cached().glob("snapshots/*/model.safetensors"))
    assert not (cached() / "refs").exists()
    hub.faults.clear()
    assert (get(settings).folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_server_without_ranges_sends_from_the_beginning(
    hub: Hub, repo: Repo, settings: HubSettings
) -> None:
    _leave_part(repo, WEIGHTS[:5000])
    for blob in repo.files.values():
        if blob.lfs:
            hub.lfs[blob.sha256] = blob
    hub.ranges = False
    done = get(settings)
    assert (done.folder / "model.safetensors").read_bytes() == WEIGHTS


def test_the_token_stays_with_the_hub(
    hub: Hub, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("lab/closed", files={"config.json": b"{}", "model.safetensors": b"x"}, gated="auto")
    hub.repos["model", "lab/closed"].allowed.add("reader")
    with pytest.raises(LogInNeededError):
        get(settings, HubName("lab/closed"))
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    get(settings, HubName("lab/closed"))
    to_cdn = [one for one in hub.downloads() if one.to_cdn]
    assert to_cdn
    assert not any("hf_reader" in str(one.headers) for one in to_cdn)
    asked = [one for one in hub.downloads() if not one.to_cdn][-1]
    assert asked.headers["authorization"] == "Bearer hf_reader"


@pytest.mark.parametrize(
    "path",
    ["../x.json", "/etc/x", "a/../../x", "C:/x", "a\\b", "con.json", "a/", ".", "x\0y", "a//b"],
)
def test_names_that_lead_elsewhere_are_refused_before_anything_is_written(
    hub: Hub, settings: HubSettings, tmp_path: Path, path: str
) -> None:
    listing = Listing(NAME.pinned("0" * 40), (HubFile(path, 1, "0" * 40),))
    with pytest.raises(CorruptCheckpointError, match="names the file"):
        download_files(settings, listing, listing.files, to=tmp_path / "out")
    unhashed = HubFile("model.safetensors", 1, "../../x")
    with pytest.raises(CorruptCheckpointError, match="hash"):
        download_files(settings, listing, [unhashed])
    assert not (tmp_path / "out").exists()
    assert not cached().exists()
    assert not hub.log


def test_a_disk_that_is_too_small_is_told_before_the_first_byte(
    hub: Hub, repo: Repo, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(free=len(WEIGHTS) + batch.RESERVE_BYTES)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: free)
    with pytest.raises(DiskFullError, match="still to come"):
        get(settings)
    assert not hub.downloads()
    free.free += 10
    get(settings)


def test_a_disk_that_fills_up_keeps_the_part(
    hub: Hub, repo: Repo, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.FileIO):
        """A file on a disk with room for 300,000 bytes."""

        def write(self, data: memoryview) -> int:  # type: ignore[override]
            room = 300_000 - os.fstat(self.fileno()).st_size
            if not room:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data[:room])

    def opened(path: Path, mode: str = "r", *more: int, **options: object) -> object:
        is_part = path.name.endswith(".act-part")
        return Full(path, "a+b") if is_part else real_open(path, mode, *more, **options)

    real_open: Callable[..., object] = Path.open
    # Small files are fetched at the same time, and how far they come is left to chance.
    fetch_paths(settings, NAME, ["config.json", "tokenizer.json"])
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", opened)
        with pytest.raises(DiskFullError):
            get(settings)
    assert [part.stat().st_size for part in parts()] == [300_000]
    assert get(settings).fetched_bytes == len(WEIGHTS) - 300_000


def test_a_cache_that_cannot_be_written(hub: Hub, repo: Repo, settings: HubSettings) -> None:
    cached().parent.mkdir(parents=True)
    cached().write_text("in the way")
    with pytest.raises(OutputError):
        get(settings)
    assert not hub.downloads()


def test_into_a_folder(hub: Hub, repo: Repo, settings: HubSettings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    hub.fault("/cdn/", cut=100_000)
    done = get(settings, to=out)
    assert done.folder == out
    assert {p.name for p in out.iterdir()} == {
        ".cache", "config.json", "tokenizer.json", "model.safetensors",
    }  # fmt: skip
    assert (out / "model.safetensors").read_bytes() == WEIGHTS
    assert not cached().exists() or not list(cached().glob("blobs/*"))
    asked = len(hub.downloads())
    assert get(settings, to=out).fetched_bytes == 0
    names = ["config.json", "tokenizer.json", "model.safetensors"]
    snapshot_download("lab/model", local_dir=out, revision=done.name.revision, allow_patterns=names)
    assert len(hub.downloads()) == asked
    assert get(settings).fetched_bytes  # the cache has none of it
    asked = len(hub.downloads())
    assert get(settings, to=tmp_path / "copy").fetched_bytes == 0
    assert len(hub.downloads()) == asked
    (out / "config.json").unlink()
    (out / "config.json").write_text("my own")
    os.utime(out / "config.json", (time.time() + 60,) * 2)
    with pytest.raises(OutputError, match="not fetched"):
        get(settings, to=out)
    assert (out / "config.json").read_text() == "my own"


def test_without_links_the_files_themselves_lie_there(
    hub: Hub, repo: Repo, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", True)
    done = get(settings)
    assert not any(path.is_symlink() for path in done.folder.iterdir())
    asked = len(hub.downloads())
    assert get(settings).fetched_bytes == 0
    hf_hub_download("lab/model", "model.safetensors", revision=done.name.revision)
    assert len(hub.downloads()) == asked


def test_two_downloads_of_one_repository_fetch_once(
    hub: Hub, repo: Repo, settings: HubSettings
) -> None:
    hub.fault("/cdn/", delay_s=0.5)
    notes: list[Event] = []
    fetched: list[int] = []

    def one() -> None:
        fetched.append(get(settings, emit=notes.append).fetched_bytes)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fetched) == [0, len(WEIGHTS) + 10]
    assert any(isinstance(event, Note) and "another download" in event.text.lower()
               for event in notes)  # fmt: skip


def test_single_files_of_a_data_set(hub: Hub, settings: HubSettings) -> None:
    hub.add("lab/set", files={"a/b.parquet": b"PAR1", "c.txt": b"c"}, kind="dataset")
    name = HubName("lab/set", kind="dataset")
    found = fetch_paths(settings, name, ["a/b.parquet"])
    assert found["a/b.parquet"].read_bytes() == b"PAR1"
    assert not list(cached("datasets--lab--set").rglob("c.txt"))
    commit = hub.repos["dataset", "lab/set"].refs["main"]
    hub.log.clear()
    assert fetch_paths(settings, name.pinned(commit), ["a/b.parquet"]) == found
    assert not hub.log
    with pytest.raises(HubNotFoundError, match="no file"):
        fetch_paths(settings, name, ["nothing"])

"""The Hub's cache: what of it can be used, and what may be thrown away."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from huggingface_hub import constants, snapshot_download

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError, HubError
from act_core.events import Event, Progress
from act_core.hub.cache import read_cache
from act_core.hub.clearing import delete_partials, delete_repo, delete_revision
from act_core.hub.download import download, fetch_paths
from act_core.hub.names import HubName
from act_core.settings import HubSettings
from tests.hub.loopback import Hub, Repo

NAME = HubName("lab/model")
WEIGHTS = bytes(range(256)) * 1024


@pytest.fixture
def repo(hub: Hub) -> Repo:
    return hub.add("lab/model", files={"config.json": b"{}", "model.safetensors": WEIGHTS})


def folder(name: str = "models--lab--model") -> Path:
    return Path(constants.HF_HUB_CACHE) / name


def break_off(settings: HubSettings, hub: Hub) -> None:
    """A download that is cancelled while its weights come."""
    hub.fault("/cdn/", cut=65536)
    hub.fault("/cdn/", delay_s=5)
    token = CancelToken()
    timer = threading.Timer(0.7, token.cancel)
    timer.start()
    with pytest.raises(CancelledByPersonError):
        download(settings, NAME, token=token)
    timer.join()
    hub.faults.clear()


def test_nothing_is_there_yet(hub: Hub) -> None:
    cache = read_cache()
    assert (cache.repos, cache.size_bytes, cache.partials) == ((), 0, ())


def test_whole_and_not_whole(hub: Hub, repo: Repo, settings: HubSettings) -> None:
    break_off(settings, hub)
    (begun,) = read_cache().repos
    (part,) = begun.partials
    assert (begun.repo, part.size_bytes, part.running, begun.damaged) == (
        "lab/model", 65536, False, "",
    )  # fmt: skip
    assert [one.missing for one in begun.revisions] == [("model.safetensors",)]
    old = download(settings, NAME).name
    new = repo.write(config__json=b'{"b": 2}')
    download(settings, NAME)
    hub.add("lab/set", files={"a.txt": b"text"}, kind="dataset")
    fetch_paths(settings, HubName("lab/set", kind="dataset"), ["a.txt"])
    sets, models = read_cache().repos
    assert (sets.kind, sets.revisions[0].missing, sets.size_bytes) == ("dataset", None, 4)
    assert {one.name.revision: (one.refs, one.missing) for one in models.revisions} == {
        old.revision: ((), ()),
        new: (("main",), ()),
    }
    assert models.size_bytes == len(WEIGHTS) + 10
    assert not models.partials
    assert models.used_at_s


def test_what_others_fetched_is_told_as_far_as_can_be(hub: Hub, repo: Repo) -> None:
    snapshot_download("lab/model", allow_patterns=["config.json"])
    (found,) = read_cache().repos
    assert found.revisions[0].missing == ("model.safetensors",)
    (folder() / "trees" / f"{repo.refs['main']}.json").unlink()
    import huggingface_hub._tree_cache as kept

    kept._IN_MEMORY_TREE_CACHE.clear()
    assert read_cache().repos[0].revisions[0].missing is None


def test_models_in_folders_are_whole_by_themselves(hub: Hub, settings: HubSettings) -> None:
    files = {f"{below}{name}": b"{}" for below in ("", "a/", "b/")
             for name in ("config.json", "model.safetensors")}  # fmt: skip
    hub.add("lab/many", files=files)
    download(settings, HubName("lab/many", subfolder="a"))
    (found,) = read_cache().repos
    assert found.revisions[0].missing == ()


def test_deleting(hub: Hub, repo: Repo, settings: HubSettings) -> None:
    old = download(settings, NAME)
    repo.write(model__safetensors=WEIGHTS[::-1])
    new = download(settings, NAME)
    freed_bytes = delete_revision(old.name)
    assert len(WEIGHTS) <= freed_bytes < len(WEIGHTS) + 2000
    assert not old.folder.exists()
    assert (new.folder / "model.safetensors").read_bytes() == WEIGHTS[::-1]
    assert (new.folder / "config.json").read_bytes() == b"{}"
    with pytest.raises(HubError, match="not in the Hub's cache"):
        delete_revision(old.name)
    delete_revision(NAME)
    assert not folder().exists()
    with pytest.raises(HubError, match="not in the Hub's cache"):
        delete_repo("lab/model")
    download(settings, NAME)
    assert delete_repo("lab/model") > len(WEIGHTS)
    assert not folder().exists()
    assert read_cache().repos == ()


def test_damaged_repositories_can_be_deleted(hub: Hub, repo: Repo, settings: HubSettings) -> None:
    done = download(settings, NAME)
    (done.folder / "config.json").resolve().unlink()
    (found,) = read_cache().repos
    assert "lead nowhere" in found.damaged
    assert download(settings, NAME).fetched_bytes == 2
    (done.folder / "config.json").resolve().unlink()
    delete_repo("lab/model")
    assert not folder().exists()


def test_rests_are_removed_but_not_from_below_a_download(
    hub: Hub, repo: Repo, settings: HubSettings
) -> None:
    break_off(settings, hub)
    orphan = folder() / "blobs" / f"{'a' * 64}.1234abcd.incomplete"
    orphan.write_bytes(b"x" * 100)
    assert sorted(one.size_bytes for one in read_cache().partials) == [100, 65536]
    hub.fault("/cdn/", bytes_per_s=20 * 4096)
    token, began = CancelToken(), threading.Event()

    def emit(event: Event) -> None:
        if isinstance(event, Progress) and event.done > 70_000:
            began.set()

    def work() -> None:
        with pytest.raises(CancelledByPersonError):
            download(settings, NAME, emit=emit, token=token)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert began.wait(20)
        partials = read_cache().partials
        assert {one.path.suffix: one.running for one in partials} == {
            ".incomplete": False,
            ".act-part": True,
        }
        assert delete_partials(partials) == 100
        for delete in (lambda: delete_repo("lab/model"), lambda: delete_revision(NAME)):
            with pytest.raises(HubError, match="being downloaded"):
                delete()
    finally:
        token.cancel()
        thread.join()
    assert delete_partials(read_cache().partials) >= 65536
    assert download(settings, NAME).fetched_bytes == len(WEIGHTS)

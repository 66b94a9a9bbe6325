"""A folder on its way to the Hub: whole or not at all, nothing twice, and compared at the end."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from act_core.cancel import CancelToken
from act_core.errors import (
    AccessRefusedError,
    CancelledByPersonError,
    HubChangedError,
    HubError,
    LogInNeededError,
    PublishError,
)
from act_core.events import Event, EventSink, Note, Progress, discard
from act_core.hub.access import log_in, log_out
from act_core.hub.names import HubName
from act_core.hub.publish import Published, publish_folder
from act_core.settings import HubSettings
from tests.hub.loopback import Blob, Hub, Repo

MARK = "act_recipe.yaml"
NAME = HubName("lab/result")


@pytest.fixture
def folder(tmp_path: Path, hub: Hub, settings: HubSettings) -> Path:
    """Two large files and some small ones; somebody who may write is logged in."""
    log_in(settings, "hf_writer")
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / ".cache").mkdir()
    for number in (1, 2):
        piece = bytes(range(256)) * 2000
        (folder / f"model-0000{number}.safetensors").write_bytes(piece + bytes([number]))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# It\n")
    (folder / MARK).write_text("act: 1\n")
    (folder / "sub" / "note.txt").write_text("grün")
    (folder / ".cache" / "left").write_text("behind")
    (folder / ".hidden").write_text("behind")
    return folder


def put(
    settings: HubSettings,
    folder: Path,
    *,
    public: bool = False,
    replaced: dict[str, bytes] | None = None,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> Published:
    return publish_folder(
        settings, folder, NAME, public=public, replaced=replaced or {}, mark=MARK,
        message="Publish", emit=emit, token=token or CancelToken(),
    )  # fmt: skip


def contents(repo: Repo) -> dict[str, bytes]:
    files = {path: blob.read(0, blob.size) for path, blob in repo.files.items()}
    return {path: content for path, content in files.items() if path != ".gitattributes"}


def local(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in named.items() if not name.startswith(".")}


def test_a_folder_is_published_and_nothing_goes_twice(
    hub: Hub, settings: HubSettings, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events: list[Event] = []
    made = put(settings, folder, emit=events.append, replaced={MARK: b"act: 1\nclean: true\n"})
    repo = hub.repos["model", "lab/result"]
    assert repo.private
    assert contents(repo) == {**local(folder), MARK: b"act: 1\nclean: true\n"}
    assert made.name == NAME.pinned(repo.refs["main"])
    assert made.page == f"{hub.url}/lab/result"
    assert made.files == 5
    assert made.sent_bytes == sum(map(len, contents(repo).values()))
    done = {event.stage: event for event in events if isinstance(event, Progress)}
    assert all(done[stage].done == done[stage].total > 1_000_000 for stage in ("hash", "upload"))
    assert not any("authorization" in one.headers for one in hub.log if one.to_cdn)

    hub.log.clear()
    again = put(settings, folder, replaced={MARK: b"act: 1\nclean: true\n"})
    assert (again.name, again.sent_bytes) == (made.name, 0)
    assert not hub.requests("PUT")
    assert not [one for one in hub.log if "/commit/" in one.line]

    (folder / "sub" / "note.txt").write_text("blau")
    (folder / "model-00002.safetensors").rename(folder / "model-00003.safetensors")
    changed = put(settings, folder, replaced={MARK: b"act: 1\nclean: true\n"})
    assert (changed.sent_bytes, hub.requests("PUT")) == (4, [])
    assert set(contents(repo)) == set(local(folder)), "the old shard would be loaded beside"
    assert capsys.readouterr() == ("", "")


def test_a_cut_upload_goes_on_with_the_file_that_was_cut(
    hub: Hub, settings: HubSettings, folder: Path
) -> None:
    hub.fault("PUT /lfs/", take=70_000)
    events: list[Event] = []
    put(settings, folder, emit=events.append)
    assert contents(hub.repos["model", "lab/result"]) == local(folder)
    assert len(hub.requests("PUT")) == 3
    assert any(isinstance(event, Note) and "Next try" in event.text for event in events)
    rows = [event.done for event in events if isinstance(event, Progress)]
    assert max(rows) == sum(map(len, local(folder).values()))


def test_a_cancel_ends_it_soon_and_what_was_sent_stays_sent(
    hub: Hub, settings: HubSettings, folder: Path
) -> None:
    first = hub.fault("PUT /lfs/")
    token, stopped_at = CancelToken(), [0.0]

    def cancel() -> None:
        stopped_at[0] = time.monotonic()
        token.cancel()

    slow = hub.fault("PUT /lfs/", delay_s=3, then=threading.Timer(0.3, cancel).start)
    with pytest.raises(CancelledByPersonError):
        put(settings, folder, token=token)
    assert time.monotonic() - stopped_at[0] < 2
    assert first.times == slow.times == 0
    assert not contents(hub.repos["model", "lab/result"])
    hub.log.clear()
    put(settings, folder)
    assert len(hub.requests("PUT")) == 1
    assert contents(hub.repos["model", "lab/result"]) == local(folder)


def test_somebody_else_was_faster(hub: Hub, settings: HubSettings, folder: Path) -> None:
    put(settings, folder)
    repo = hub.repos["model", "lab/result"]
    (folder / "sub" / "note.txt").write_text("blau")
    hub.fault("/commit/", then=lambda: repo.write(other__txt=b"theirs"))
    with pytest.raises(HubChangedError):
        put(settings, folder)
    assert contents(repo)["other.txt"] == b"theirs"
    assert contents(repo)["sub/note.txt"] == "grün".encode()


def test_an_answer_that_is_lost_is_no_second_commit(
    hub: Hub, settings: HubSettings, folder: Path
) -> None:
    hub.fault("/commit/", cut=5)
    made = put(settings, folder)
    repo = hub.repos["model", "lab/result"]
    assert len([one for one in hub.log if "/commit/" in one.line]) == 1
    assert made.name.revision == repo.refs["main"]
    assert contents(repo) == local(folder)


def test_what_the_hub_has_made_of_it_is_compared(
    hub: Hub, settings: HubSettings, folder: Path
) -> None:
    def spoil() -> None:
        repo = hub.repos["model", "lab/result"]
        blob = Blob(data=b"x" * repo.files["model-00001.safetensors"].size, lfs=True)
        repo.commits[repo.refs["main"]]["model-00001.safetensors"] = blob

    hub.fault("/revision/")
    hub.fault("/revision/", then=spoil)
    with pytest.raises(HubError, match=r"model-00001\.safetensors"):
        put(settings, folder)


def test_places_that_are_not_free(hub: Hub, settings: HubSettings, folder: Path) -> None:
    hub.add("lab/result", files={"weights.safetensors": b"theirs"}, private=True)
    with pytest.raises(PublishError, match="something that ACT Studio did not publish"):
        put(settings, folder)
    hub.add("lab/result")
    with pytest.raises(PublishError, match="is public, not private"):
        put(settings, folder)
    put(settings, folder, public=True)
    with pytest.raises(PublishError, match="is public, not private"):
        put(settings, folder)


def test_a_card_that_the_hub_refuses_sends_nothing(
    hub: Hub, settings: HubSettings, folder: Path
) -> None:
    (folder / "README.md").write_text("---\nlicense: 1\n---\n")
    hub.refused.append("license: 1")
    with pytest.raises(PublishError, match="front matter"):
        put(settings, folder)
    assert not hub.requests("PUT")


def test_who_may_not_write(
    hub: Hub, settings: HubSettings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    with pytest.raises(AccessRefusedError, match="right"):
        put(settings, folder)
    monkeypatch.delenv("HF_TOKEN")
    log_out()
    hub.log.clear()
    with pytest.raises(LogInNeededError):
        put(settings, folder)
    assert not hub.log

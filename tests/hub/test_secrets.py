"""A token is in the Hub's own store and nowhere else, whatever fails."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from PySide6.QtWidgets import QApplication

from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import ActError, record_of
from act_core.events import Event, Failed
from act_core.hub.names import HubName
from act_core.hub.publish import publish_folder
from act_core.run_log import event_line
from act_core.settings import HubSettings
from act_gui.crash import CrashReports, crash_note
from act_gui.log import LogStore, log_error, logger
from tests.core.project import write_project
from tests.hub.loopback import Hub

TOKEN = "hf_TellTale0123456789AbCdEf"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A checkpoint in the run folder of a project."""
    assert run(["transfer", str(write_project(tmp_path / "project"))]) == 0
    return tmp_path / "project" / "run" / "model"


@pytest.fixture
def log(model: Path, tmp_path: Path, qapp: QApplication) -> Iterator[LogStore]:
    """The window's log, which takes everything."""
    store = LogStore(tmp_path / "home" / "act.log")
    levels = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    yield store
    logging.getLogger().setLevel(levels)
    store.close()


def holding(folder: Path) -> set[str]:
    """Files that hold the token."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name for path in files if TOKEN.encode() in path.read_bytes()}


def test_a_token_shows_up_nowhere(
    hub: Hub,
    own_settings: HubSettings,
    model: Path,
    log: LogStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hub.tokens[TOKEN] = {"name": "writer", "role": "write", "orgs": ["lab"]}
    hub.add("lab/sums", kind="dataset", files={"train.jsonl": b'{"text": "x"}\n'}, gated="auto")
    hub.add("org/model", files={"config.json": b"{}"}, gated="manual")

    def act(*arguments: str) -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO(TOKEN + "\n"))
        return run(list(arguments))

    def publish() -> Exception:
        with pytest.raises(ActError) as caught:
            publish_folder(
                own_settings, model, HubName("lab/result"), public=False, replaced={},
                mark="act_recipe.yaml", message="x", emit=events.append, token=CancelToken(),
            )  # fmt: skip
        return caught.value

    events: list[Event] = []
    assert act("login", "--json") == 0
    assert act("whoami") == 0
    assert act("datasets", "sums") == 0
    hub.fault("PUT /lfs/", status=403, message=f"signature of {TOKEN} is over", times=9)
    raised = [publish()]
    del hub.tokens[TOKEN]  # withdrawn: everything is a 401 from here on
    assert act("datasets", "sums", "--json") == 1
    assert act("datasets", "lab/sums") == 1
    assert act("login") == act("whoami") == 1
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert act("login") == act("logout") == 1
    raised += [publish(), ValueError(f"sent Authorization: Bearer {TOKEN}")]

    for error in raised:
        record = record_of(error)
        log_error(record)
        events.append(Failed("publish", record))
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logger.exception("asked with %s", TOKEN)
    reports = CrashReports(tmp_path / "home" / "crashes")
    (tmp_path / "crash-1.log").write_text(f"Fatal: {TOKEN}")
    note = crash_note(tmp_path / "crash-1.log")
    (tmp_path / "crash-1.log").unlink()
    reports.close()

    said = capsys.readouterr()
    seen = [said.out, said.err, repr(note), *map(repr, events), *map(event_line, events)]
    seen += [line.text for line in log.lines]
    assert not [text for text in seen if TOKEN in text]
    assert any("hf_***" in line.text for line in log.lines)
    store = {Path(constants.HF_TOKEN_PATH).name, Path(constants.HF_STORED_TOKENS_PATH).name}
    assert holding(tmp_path) == store
    assert any(TOKEN in one.headers.get("authorization", "") for one in hub.log)
    assert not any(TOKEN in str(one.headers) for one in hub.log if one.to_cdn)

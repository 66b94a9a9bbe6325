"""The commands around the account: what a person sees, and what a script reads."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import get_token

from act_core.cli.main import run
from act_core.settings import HubSettings
from tests.hub.loopback import Hub

Act = Callable[..., tuple[int, str, str]]


@pytest.fixture
def act(
    hub: Hub,
    own_settings: HubSettings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Act:
    """Runs a command line: exit code, standard output, standard error."""

    def call(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capsys.readouterr()
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_in_and_out(act: Act) -> None:
    assert "Nobody is logged in" in act("whoami")[1]
    code, said, _ = act("login", typed="hf_writer\n")
    assert code == 0
    assert "writer" in said
    assert "lab" in said
    assert "hf_writer" not in said
    assert get_token() == "hf_writer"
    assert json.loads(act("whoami", "--json")[1])["role"] == "write"
    assert act("logout")[:2] == (0, "Logged out.\n")
    assert act("logout")[1] == "Nobody was logged in.\n"
    code, _, error = act("login", typed="hf_wrong\n")
    assert (code, get_token()) == (1, None)
    assert "wrong, expired or withdrawn" in error


def test_data_sets(hub: Hub, act: Act) -> None:
    rows = "".join(json.dumps({"question": f"[b]{n}", "answer": n}) + "\n" for n in range(9))
    meta = {"downloads": 1234, "tags": ["license:mit", "language:de"]}
    repo = hub.add("lab/sums", kind="dataset", files={"train.jsonl": rows.encode()}, meta=meta)
    assert "lab/sums" in act("datasets", "sums", "--language", "de")[1]
    assert act("datasets", "sums", "--language", "fr")[1] == "No data set fits.\n"
    assert json.loads(act("datasets", "sums", "--json")[1])["downloads"] == 1234
    said = act("datasets", "lab/sums")[1]
    assert "[b]2" in said
    assert f"- hub: lab/sums@{repo.refs['main']}\n  split: train" in said
    facts = json.loads(act("datasets", "lab/sums", "--json")[1])
    assert (facts["config"], facts["split"], facts["files"]) == ("default", "train", 1)
    assert act("datasets", "lab/none")[0] == 1


def test_publishing_asks_for_reasons(act: Act, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    assert "before you have logged in" in act("publish", str(tmp_path / "model"), "lab/x")[2]
    act("login", typed="hf_writer\n")
    code, _, error = act("publish", str(tmp_path / "model"), "lab/x")
    assert code == 1
    assert "is not verified" in error
    assert act("publish", "x", "lab/x", "--reason", "because")[0] == 2
    assert act("publish", "x", "no name")[0] == 1

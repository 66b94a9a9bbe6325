"""How repositories are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from act_core.errors import HubNotFoundError
from act_core.hub.names import HubName, hub_name, is_local, required_name

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("lab/model", HubName("lab/model")),
        (" lab/model@v1.0 ", HubName("lab/model", "v1.0")),
        (f"lab/m-1.5_x@{COMMIT}", HubName("lab/m-1.5_x", COMMIT)),
        ("lab/model:checkpoints/last", HubName("lab/model", subfolder="checkpoints/last")),
        ("lab/model@refs/pr/1:sub", HubName("lab/model", "refs/pr/1", "sub")),
        ("https://huggingface.co/lab/model", HubName("lab/model")),
        ("https://huggingface.co/lab/model/tree/dev/sub", HubName("lab/model", "dev", "sub")),
        ("https://hub.test/lab/model/blob/main/sub/a.txt?x=1", HubName("lab/model", "main", "sub")),
        ("https://huggingface.co/datasets/lab/set", HubName("lab/set", kind="dataset")),
    ],
)
def test_names_are_read(text: str, name: HubName) -> None:
    assert hub_name(text) == name
    assert hub_name(str(name), name.kind) == name


@pytest.mark.parametrize(
    "text",
    [
        "", "model", "lab/", "a/b/c", "../lab/model", "lab/..", "lab/model:../x", "lab/model@../x",
        "lab/model:a\\b", "-lab/model", "lab/model-", "ftp://host/lab/model", "https://host/lab",
        "https://host/lab/model/tree/main/%2e%2e/x", "C:\\models\\x", "lab /model",
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(text: str) -> None:
    assert hub_name(text) is None
    with pytest.raises(HubNotFoundError, match="not the name"):
        required_name(text)


def test_pins() -> None:
    name = HubName("lab/model", subfolder="sub")
    assert not name.is_pinned
    assert name.pinned(COMMIT).is_pinned
    assert name.pinned(COMMIT).short_revision == COMMIT[:12]
    assert name.pinned("a-branch-with-a-long-name").short_revision == "a-branch-with-a-long-name"
    assert str(name.pinned(COMMIT)) == f"lab/model@{COMMIT}:sub"


def test_local_paths_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_local("lab/model")
    (tmp_path / "lab" / "model").mkdir(parents=True)
    assert is_local("lab/model")
    assert all(is_local(text) for text in ("./x/y", "../x/y", "~/x", "/x/y"))

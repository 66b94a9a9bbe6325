"""From the Hub to the Hub by mouse: found, checked, fetched, worked with, published, loaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from PySide6.QtWidgets import QPushButton

from act_core.hub.part import PART_SUFFIX
from act_core.resources import resource_path
from act_core.settings import HubSettings, Settings, save_settings, settings_path
from tests.flows.hub_steps import (
    PROJECT,
    Wanted,
    begin,
    check_pair,
    choose_data,
    interrupt_download,
    load_published,
    log_in,
    look_at,
    publish,
    resume_download,
    show_what_fits,
)
from tests.flows.person import Person, from_profile_to_export
from tests.hub.loopback import Hub, Logged

_DEMO = resource_path("demo")
_MOST_S = 120.0
_TOKEN = "hf_writer"
_HEADER_BYTES = 1 << 16
WANTED = Wanted(
    words="demo base",
    target="lab/demo-base",
    specialist="lab/demo-german",
    bring=(_DEMO / "abilities/german_calib.jsonl", _DEMO / "abilities/german_heldout.jsonl"),
    keep="lab/english-numbers",
    keep_rows=200,
    result="writer/german-numbers",
)


@pytest.fixture
def family(hub: Hub, settings: HubSettings, act_home: Path) -> Hub:
    """The demo's models and some of its data on the Hub, to which the settings lead."""
    save_settings(Settings(theme="light", hub=settings), settings_path())
    tags = ["license:apache-2.0", "base_model:lab/demo-base", "base_model:finetune:lab/demo-base"]
    made = {"tags": tags}
    hub.add(WANTED.target, _DEMO / "base", meta={"downloads": 300, "tags": tags[:1]})
    hub.add(WANTED.specialist, _DEMO / "german-specialist", meta={"downloads": 200, **made})
    hub.add("lab/demo-cipher", _DEMO / "cipher-specialist", meta={"downloads": 100, **made})
    hub.add("lab/demo-gated", _DEMO / "base", gated="manual", allowed={"writer"})
    rows = [
        (_DEMO / f"abilities/english_{part}.jsonl").read_bytes() for part in ("calib", "heldout")
    ]
    data = {"README.md": b"---\nlicense: apache-2.0\n---\n", "train.jsonl": b"".join(rows)}
    hub.add(WANTED.keep, files=data, kind="dataset")
    return hub


def test_from_the_search_to_the_published_model(
    make_window: Callable[..., Any], family: Hub, act_home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "here" / PROJECT
    person = Person(make_window())

    begin(person, folder.parent, WANTED)
    fits = show_what_fits(person)
    assert fits == {WANTED.specialist: "fits", "lab/demo-cipher": "fits"}
    findings = check_pair(person, WANTED)
    assert not [finding for finding in findings if finding.severity == "blocks"]
    looked_at = [one for one in family.log if one.to_cdn]
    assert looked_at
    assert all(_last(one) < _HEADER_BYTES for one in looked_at)  # of headers alone

    family.log.clear()
    interrupt_download(person, family, WANTED, least_bytes=700_000, bytes_per_s=1_500_000)
    (rest,) = Path(constants.HF_HUB_CACHE).rglob(f"*{PART_SUFFIX}")
    kept = rest.stat().st_size
    assert kept >= 700_000
    person.window = make_window()
    resume_download(person, folder, WANTED, most_s=_MOST_S)
    assert _ranges(family, WANTED.specialist) == [None, f"bytes={kept}-"]
    assert _ranges(family, WANTED.target) == [None]
    small = [one.line for one in family.downloads() if one.line.endswith((".json", ".md"))]
    assert len(small) == len(set(small))

    choose_data(person, WANTED, most_s=_MOST_S, small=(300, 12))
    exported = from_profile_to_export(person, most_s=_MOST_S)
    publish(person, WANTED, _TOKEN, most_s=_MOST_S)

    load_published(person, WANTED, exported)
    assert [one for one in family.downloads() if f"/{WANTED.result}/resolve/" in one.line]
    _names_repositories_at_commits(family, folder, exported)
    _holds_no_token(family, tmp_path)


def test_a_gated_repository_leads_to_the_login_and_can_be_read_then(
    make_window: Callable[..., Any], family: Hub, tmp_path: Path
) -> None:
    person = Person(make_window())
    window = person.window
    assert window.desk.create(tmp_path / "project")
    details = look_at(person, "lab/demo-gated")
    assert details.fault.error.title == "Log in to the Hub"
    buttons = details.fault.findChildren(QPushButton)
    person.click(next(button for button in buttons if button.text() == "Log in…"))
    log_in(person, _TOKEN)
    person.wait(details.download_button.isEnabled, 20, "what may be read now")
    assert details.fault is None


def _last(one: Logged) -> int:
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", one.headers.get("range", ""))
    return 1 << 62 if found is None else int(found[2])


def _ranges(hub: Hub, name: str) -> list[str | None]:
    """What was asked of a repository's weights, in order."""
    sha = hub.repos["model", name].files["model.safetensors"].sha256
    return [one.headers.get("range") for one in hub.requests(f"GET /cdn/{sha}")]


def _names_repositories_at_commits(hub: Hub, folder: Path, exported: Path) -> None:
    """In the recipe of the run and in the report; in the card too, data sets by name alone."""
    run = folder / "runs" / "main"
    names = [
        f"{repo.id}@{repo.refs['main']}"
        for (_kind, name), repo in hub.repos.items()
        if name in (WANTED.target, WANTED.specialist, WANTED.keep)
    ]
    for path in (run / "recipe.yaml", run / "report.md"):
        text = path.read_text("utf-8")
        assert [name for name in names if name not in text] == [], path.name
    card = (exported / "README.md").read_text("utf-8")
    for model in (WANTED.target, WANTED.specialist):
        assert f"| {model} | commit {hub.repos['model', model].refs['main']} |" in card
    assert f"datasets:\n- {WANTED.keep}\n" in card


def _holds_no_token(hub: Hub, place: Path) -> None:
    """Nothing that was written, sent to the CDN or published, but the client's own store."""
    stores = (Path(constants.HF_TOKEN_PATH), Path(constants.HF_STORED_TOKENS_PATH))
    files = [path for path in place.rglob("*") if path.is_file() and path not in stores]
    assert [path for path in files if _TOKEN.encode() in path.read_bytes()] == []
    published = hub.repos["model", WANTED.result].files
    assert [
        name for name, one in published.items() if _TOKEN.encode() in one.read(0, one.size)
    ] == []
    assert not [one for one in hub.log if one.to_cdn and "authorization" in one.headers]

"""A checkpoint published: refused in words before anything is sent, then loaded from there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
import yaml
from huggingface_hub import constants, snapshot_download
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import CancelledByPersonError, PublishError
from act_core.events import Event, Note, Progress, discard
from act_core.hub.access import log_in
from act_core.hub.names import HubName
from act_core.models.describe import front_matter_of
from act_core.models.places import remember_place
from act_core.pipeline.loading import loading_lines, loading_of
from act_core.pipeline.publishing import check_publish, publish_to_hub
from act_core.settings import HubSettings
from tests.core.project import changed, write_project
from tests.hub.loopback import Hub

COMMITS = {"base": "a" * 40, "painter": "b" * 40}
CARD = (
    "---\nlicense: apache-2.0\nbase_model:\n- lab/base\n- lab/painter\n"
    "base_model_relation: merge\n---\n\n# Mine\n"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of two models that lie in a cache of the Hub, each with its licence."""
    folder = tmp_path_factory.mktemp("project")
    recipe = write_project(folder)
    places = {}
    for name, at in (("base", "target"), ("painter", "specialist")):
        place = folder / "hub" / f"models--lab--{name}" / "snapshots" / COMMITS[name]
        shutil.copytree(folder / at, place)
        (place / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n")
        places[name] = str(place)
    changed(recipe, target=places["base"], specialists={"painter": {"model": places["painter"]}})
    assert run(["transfer", str(recipe)]) == 0
    (folder / "run" / "model" / "README.md").write_text(CARD)
    return folder / "run" / "model"


@pytest.fixture(autouse=True)
def cache(hub: Hub, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache with both models."""
    folder = made.parents[1] / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def keys(folder: Path, name: str = "lab/result") -> list[str]:
    ready = check_publish(folder, HubName(name), emit=discard, token=CancelToken())
    return [objection.key for objection in ready.objections]


def test_what_is_published_loads_and_tells_nothing_of_this_computer(
    hub: Hub, settings: HubSettings, made: Path, tmp_path: Path
) -> None:
    log_in(settings, "hf_writer")
    name = HubName("lab/result")
    ready = check_publish(made, name, emit=discard, token=CancelToken())
    assert (ready.objections, hub.requests("POST")) == ((), [])
    events: list[Event] = []
    published = publish_to_hub(
        settings, made, name, public=True, ready=ready, emit=events.append, token=CancelToken()
    )
    assert {event.stage for event in events if isinstance(event, Progress)} == {"hash", "upload"}

    there = Path(snapshot_download("lab/result", endpoint=hub.url, cache_dir=tmp_path / "theirs"))
    assert there.name == published.name.revision
    everything = b"".join(path.read_bytes() for path in there.rglob("*") if path.is_file())
    assert str(made.parents[1]).encode() not in everything
    recipe = yaml.safe_load((there / "act_recipe.yaml").read_text())
    assert recipe["target"]["reference"] == f"lab/base@{COMMITS['base']}"
    assert recipe["specialists"]["painter"]["reference"] == f"lab/painter@{COMMITS['painter']}"
    assert recipe["recipe"]["run"] == "run"
    model = AutoModelForCausalLM.from_pretrained(there)
    stored = load_file(made / "model.safetensors")
    assert torch.equal(model.state_dict()["lm_head.weight"], stored["lm_head.weight"])
    assert (made / "README.md").read_text() == CARD


def test_whoever_reads_it_is_told_the_published_name(
    hub: Hub, own_settings: HubSettings, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_in(own_settings, "hf_writer")
    mine = f"{loading_lines(folder)}\nmodel = PeftModel.from_pretrained(model, {str(folder)!r})"
    theirs = 'AutoModelForCausalLM.from_pretrained("lab/base")'
    card = f"{CARD}\n{mine}\n{theirs}\n".replace("'", '"')
    (folder / "README.md").write_text(card)
    before = loading_of(folder)
    assert (before.lines, before.published) == (loading_lines(folder), "")
    assert run(["publish", str(folder), "lab/result@dev"]) == 1
    assert "as a whole repository" in capsys.readouterr().err
    assert hub.requests("POST") == []

    assert run(["publish", str(folder), "lab/result"]) == 0

    said, repo = capsys.readouterr().out, hub.repos["model", "lab/result"]
    published = repo.files["README.md"].read(0, len(card) * 2).decode()
    assert published.count('"lab/result"') == 2
    assert theirs in published
    assert str(folder) not in published
    assert loading_lines(folder, "lab/result") in said
    assert "logged in and may see it" in said  # it is private
    now = loading_of(folder)
    assert (now.published, now.public) == ("lab/result", False)
    assert now.lines == loading_lines(folder, "lab/result")
    assert (folder / "README.md").read_text() == card
    (folder / "README.md").write_text(f"{card}Other.\n")  # what lies there now was not published
    assert loading_of(folder) == before


def test_each_refusal_can_be_answered_in_the_card(
    hub: Hub, settings: HubSettings, folder: Path
) -> None:
    log_in(settings, "hf_writer")
    hub.log.clear()
    (folder / "README.md").write_text("# No front matter\n")
    (folder / "notes.md").write_text("made in\n/home/jane/models with hf_AbCdEfGhIjKlMnOpQr\n")
    name = HubName("lab/result")

    def publish(**answers: str) -> None:
        publish_to_hub(
            settings, folder, name, answers=answers, emit=discard, token=CancelToken(),  # type: ignore[arg-type]
        )  # fmt: skip

    with pytest.raises(PublishError) as caught:
        publish(secret="too short")
    said = str(caught.value)
    assert "notes.md, line 2" in said
    assert "license: apache-2.0" in said
    assert all(key in said for key in ("card-licence", "card-base", "secret", "path"))
    assert "AbCdEf" not in said
    assert not hub.log

    publish(
        secret="It is the example of the Hub's own handbook.",
        path="Jane is a figure\n# of a novel.",
        **dict.fromkeys(("card-licence", "card-base"), "The card is for our own people."),
    )
    repo = hub.repos["model", "lab/result"]
    blob = repo.files["README.md"]
    card = blob.read(0, blob.size).decode()
    assert "Publisher says: Jane is a figure # of a novel." in card.replace("The publ", "Publ")
    assert "AbCdEf" not in card
    assert "jane/" not in card


def test_the_licences_of_ingredients_bind(folder: Path, cache: Path) -> None:
    card = cache / "models--lab--painter" / "snapshots" / COMMITS["painter"] / "README.md"
    before = card.read_text()
    found = {}
    try:
        for licence in ("cc-by-nd-4.0", "cc-by-nc-4.0", "llama3.1", "", "my-own"):
            card.write_text(f"---\nlicense: {licence}\n---\n" if licence else "# None\n")
            found[licence] = keys(folder)
        card.write_text("---\nlicense: other\nlicense_name: gemma\n---\n")
        found["gemma"] = keys(folder)
    finally:
        card.write_text(before)
    assert found == {
        "cc-by-nd-4.0": ["licence"],
        "cc-by-nc-4.0": ["licence"],
        "llama3.1": ["licence", "name"],
        "": ["unknown licence"],
        "my-own": ["unknown licence"],
        "gemma": ["licence"],
    }


def test_what_was_changed_since_is_not_verified(folder: Path) -> None:
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert keys(folder) == ["unverified"]
    (folder / "act_recipe.yaml").unlink()
    assert keys(folder) == ["unverified"]


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("other.json", '{"a": "C:\\\\Users\\\\me"}', "path"),
        ("extra.json", '{"key": "AKIAABCDEFGHIJKLMNOP"}', "secret"),
        ("extra.json", '{"url": "https://me:secret@host.test/x"}', "secret"),
        ("extra.json", '{"url": "https://host.test/home/me", "or": "and/or", "t": "</s>"}', None),
        # A vocabulary may hold anything, but not be the only one of its name.
        ("tokenizer.model", "/home/me/x", "unverified"),
    ],
)
def test_secrets_and_places_are_found(
    folder: Path, name: str, content: str, key: str | None
) -> None:
    (folder / name).write_text(content)
    assert keys(folder) == ([key] if key else [])


def test_headers_of_weights_are_looked_through(folder: Path) -> None:
    header = json.dumps({"__metadata__": {"from": "/home/me/run"}}).encode()
    extra = folder / "extra.safetensors"
    extra.write_bytes(len(header).to_bytes(8, "little") + header)
    assert "path" in keys(folder)


def test_models_that_are_on_no_hub_are_told(tmp_path: Path) -> None:
    assert run(["transfer", str(write_project(tmp_path))]) == 0
    ready = check_publish(
        tmp_path / "run" / "model", HubName("lab/x"), emit=discard, token=CancelToken()
    )
    assert [finding.key for finding in ready.refusals] == ["card-licence", "card-base"]
    assert 'from_pretrained("lab/x")' in ready.replaced["README.md"].decode()
    assert front_matter_of(ready.replaced["README.md"].decode())


def test_a_warning_is_told_and_a_cancel_heard(
    settings: HubSettings, folder: Path, cache: Path
) -> None:
    log_in(settings, "hf_writer")
    recipe = folder / "act_recipe.yaml"
    (folder / "TARGET_README.md").unlink()
    content = yaml.safe_load(recipe.read_text())
    bare = cache / "models--lab--base" / "snapshots" / COMMITS["base"]
    moved = Path(shutil.copytree(bare, folder.parent / "elsewhere"))
    (moved / "README.md").unlink()
    content["target"]["reference"] = moved.name
    remember_place(content["target"]["fingerprint"], str(moved))
    recipe.write_text(yaml.safe_dump(content))
    token, events = CancelToken(), []

    def listen(event: Event) -> None:
        events.append(event)
        if isinstance(event, Note):
            token.cancel()

    with pytest.raises(CancelledByPersonError):
        publish_to_hub(settings, folder, HubName("lab/x"), emit=listen, token=token)
    assert any(isinstance(event, Note) and "elsewhere names none" in event.text for event in events)

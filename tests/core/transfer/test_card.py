"""The model card says what took part, and the Hub can read it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard

from act_core.models.reference import resolve
from act_core.recipe import Transfer
from act_core.transfer.card import (
    CardFacts,
    CardModel,
    card_model,
    licence_of,
    model_card,
    replace_card,
)
from act_core.transfer.verify import Check, VerificationReport
from tests.core.tiny import write_tiny

TARGET = CardModel("target", "owner/forgetful", "commit 0123abc", "apache-2.0")
BASE = CardModel("base", "owner/base", "content 99", "apache-2.0")
GERMAN = CardModel("specialist german", "german", "content 77", "apache-2.0")


def facts(*models: CardModel, figures: tuple[tuple[str, ...], ...] = ()) -> CardFacts:
    return CardFacts(
        title="with-german",
        models=models,
        abilities=("german",),
        kept=("maths", "english"),
        scorer="attributed",
        channels=1234,
        share=0.05,
        choices=Transfer(strength=0.8, norms="move", embeddings=0.5),
        figures=figures,
        verification=VerificationReport((Check("side files", 7, "files identical"),), 1.0),
    )


def parsed(text: str, tmp_path: Path) -> tuple[dict[str, Any], str]:
    """Front matter and body as the Hub's own library reads them."""
    path = tmp_path / "README.md"
    path.write_text(text, "utf-8")
    card = ModelCard.load(path)
    return card.data.to_dict(), card.text


def test_the_hub_reads_parents_relation_and_licence(tmp_path: Path) -> None:
    adapter = CardModel("specialist maths", "owner/base+lab/maths", "commit 1", "apache-2.0")
    data, body = parsed(model_card(facts(TARGET, BASE, GERMAN, adapter)), tmp_path)

    assert data["base_model"] == ["owner/forgetful", "owner/base", "lab/maths"]
    assert data["base_model_relation"] == "merge"
    assert data["library_name"] == "transformers"
    assert data["license"] == "apache-2.0"
    assert "datasets" not in data
    for said in ("commit 0123abc", "content 77", "attributed", "1234", "5.00%", "0.8",
                 "blended at strength 0.5", "the specialist's", "the target's", "maths, english",
                 "7 files identical", 'from_pretrained("with-german")', "act verify"):  # fmt: skip
        assert said in body
    assert "$" not in body


def test_a_specialist_that_is_named_base_gives_all_the_same(tmp_path: Path) -> None:
    base = CardModel("specialist base", "owner/base", "content 99", "apache-2.0")

    body = parsed(model_card(facts(TARGET, BASE, base)), tmp_path)[1]

    assert "owner/forgetful with german from owner/base." in body


def test_the_hub_reads_what_was_calibrated_on(tmp_path: Path) -> None:
    told = dataclasses.replace(facts(TARGET, GERMAN), datasets=("lab/texts", "lab/sums"))

    assert parsed(model_card(told), tmp_path)[0]["datasets"] == ["lab/texts", "lab/sums"]


def test_figures_become_a_table_that_text_cannot_break(tmp_path: Path) -> None:
    rows = (("candidate", "german"), ("result", "0.91 | <b>bold</b>\nnew line"))

    body = parsed(model_card(facts(TARGET, GERMAN, figures=rows)), tmp_path)[1]

    assert "| candidate | german |\n| --- | --- |\n" in body
    assert "| result | 0.91 \\| &lt;b>bold&lt;/b> new line |" in body
    assert "Nothing has been measured" not in body
    assert "Nothing has been measured" in model_card(facts(TARGET, GERMAN))


@pytest.mark.parametrize("other", ["mit", ""])
def test_licences_that_differ_or_lack_are_noted_and_none_is_claimed(
    tmp_path: Path, other: str
) -> None:
    german = CardModel("specialist german", "german", "content 77", other)

    data, body = parsed(model_card(facts(TARGET, german)), tmp_path)

    assert "license" not in data
    assert "owner/forgetful: apache-2.0." in body
    assert (f"german: {other}." if other else "german: its card names no licence.") in body


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: mit\n---\n# A", "mit"),
        ("---\r\ntags: [a]\r\nlicense: apache-2.0\r\n---\r\ntext", "apache-2.0"),
        ("# no front matter\nlicense: mit", ""),
        ("---\nlicense: [a, b]\n---\n", ""),
        ("---\nlicense: 'mit\n---\n", ""),
        ("---\nlicense: mit | <script>\n---\n", ""),
        ("---\n!!python/object/apply:os.getcwd []\n---\n", ""),
        (b"---\nlicense: \xff\n---\n", ""),
        (None, ""),
    ],
)
def test_a_licence_is_read_from_a_models_own_card(
    tmp_path: Path, card: str | bytes | None, licence: str
) -> None:
    if card is not None:
        data = card if isinstance(card, bytes) else card.encode()
        (tmp_path / "README.md").write_bytes(data)

    assert licence_of(tmp_path) == licence


def test_a_model_of_the_hub_cache_is_named_by_id_and_commit(tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    snapshot = tmp_path / "models--some-owner--a--b" / "snapshots" / commit
    cached = card_model("target", resolve(write_tiny(snapshot, "llama", seed=1)))
    local = card_model("specialist german", resolve(write_tiny(tmp_path / "mine", "llama", seed=1)))

    assert (cached.name, cached.identity) == ("some-owner/a--b", f"commit {commit}")
    assert local.name == "mine"
    assert local.identity == f"content {resolve(tmp_path / 'mine').fingerprint()}"


def test_a_card_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("old")

    replace_card(tmp_path, model_card(facts(TARGET, GERMAN)))

    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    head = (tmp_path / "README.md").read_text("utf-8").split("---\n")[1]
    assert yaml.safe_load(head)["base_model"] == ["owner/forgetful"]

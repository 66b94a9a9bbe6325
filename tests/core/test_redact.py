"""What may be shown holds no secret, and everything else of a text stays."""

from __future__ import annotations

import pytest

from act_core.errors import ActError, record_of
from act_core.events import Note
from act_core.redact import redacted, with_login, without_login


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("through http://me:s3cret@proxy:8080.", "through http://***@proxy:8080."),
        ("http://me:s3@cret@proxy:8080/x", "http://***@proxy:8080/x"),
        ("http://me:s3/cret@proxy:8080", "http://***@proxy:8080"),
        ("socks5://s3cret@proxy", "socks5://***@proxy"),
        ("Proxy-Authorization: Basic czNjcmV0", "Proxy-Authorization: Basic ***"),
        ("Authorization: Bearer s3cret", "Authorization: Bearer ***"),
        ("PASSWORD=s3cret&x=1", "PASSWORD=***&x=1"),
        ("https://cdn.test/file?Signature=s3cret", "https://cdn.test/file?***"),
        ("token hf_s3cret", "token hf_***"),
    ],
)
def test_secrets_go_and_the_rest_stays(text: str, shown: str) -> None:
    assert redacted(text) == shown
    error = ActError(text, remedy=text, detail=text, title=text)
    assert "s3" not in f"{record_of(error)} {record_of(ValueError(text))} {Note(text)}"


@pytest.mark.parametrize(
    "text",
    [
        "https://huggingface.co/lab/model@main",
        "https://hub.test:8443/lab/model@main",
        "lab/model@main:sub and me@example.org",
        "Basic settings; the bearer",
    ],
)
def test_what_opens_nothing_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://proxy:8080", "http://proxy:8080"),
        ("proxy:8080", "proxy:8080"),
        ("", ""),
        ("http://me:s3cret@proxy:8080", "http://***@proxy:8080"),
        ("me:s3cret@proxy:8080", "***@proxy:8080"),
        ("http://me:s3 / @cret@proxy:8080", "http://***@proxy:8080"),
    ],
)
def test_an_address_without_its_login_leads_back_to_it(address: str, shown: str) -> None:
    assert without_login(address) == shown
    assert with_login(shown, address) == address
    assert with_login(shown.replace("8080", "9090"), address) == address.replace("8080", "9090")


def test_another_login_takes_the_place_of_the_known_one() -> None:
    known = "http://me:s3cret@proxy:8080"

    assert with_login("http://you:other@proxy:8080", known) == "http://you:other@proxy:8080"
    assert with_login("", known) == ""

"""The way to the Hub: no hidden waits, no token where it must not go, every failure in words."""

from __future__ import annotations

import time

import pytest
from huggingface_hub import constants

from act_core.cancel import CancelToken
from act_core.errors import (
    AccessRefusedError,
    ActError,
    EnvironmentOfflineError,
    HubError,
    HubNotFoundError,
    HubOfflineError,
    HubUnreachableError,
    LogInNeededError,
    TermsNotAcceptedError,
    TokenRefusedError,
)
from act_core.events import Event, Note
from act_core.hub.connection import connect, endpoint_of
from act_core.hub.faults import hub_faults
from act_core.hub.waiting import patiently
from act_core.redact import redacted
from act_core.settings import HubSettings
from tests.hub.loopback import Hub


def _commit_of(settings: HubSettings, repo: str, token: str | None = None) -> str:
    with hub_faults(repo):
        return connect(settings).model_info(repo, token=token).sha or ""


def test_a_repository_is_found(hub: Hub, settings: HubSettings) -> None:
    repo = hub.add("lab/model", files={"config.json": b"{}"})
    assert _commit_of(settings, "lab/model") == repo.refs["main"]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_told_at_once_and_asked_again_by_us(
    hub: Hub, settings: HubSettings, status: int
) -> None:
    hub.add("lab/model")
    hub.fault("/api/models/lab/model", status=status, headers={"Retry-After": "0"}, times=2)
    started = time.monotonic()
    with pytest.raises(HubUnreachableError, match=str(status)):
        _commit_of(settings, "lab/model")
    assert time.monotonic() - started < 1
    events: list[Event] = []
    patiently(lambda: _commit_of(settings, "lab/model"), events.append, CancelToken())
    assert [type(event) for event in events] == [Note]
    assert len(hub.requests("GET /api/models/lab/model")) == 3


def test_waits_are_the_servers_and_can_be_cancelled(hub: Hub, settings: HubSettings) -> None:
    hub.add("lab/model")
    hub.fault("/api/models", status=429, headers={"Retry-After": "300"}, times=9)
    token = CancelToken()

    def cancel(event: Event) -> None:
        assert isinstance(event, Note)
        assert "300 s" in event.text
        token.cancel()

    started = time.monotonic()
    with pytest.raises(ActError, match="cancelled"):
        patiently(lambda: _commit_of(settings, "lab/model"), cancel, token)
    assert time.monotonic() - started < 2


def test_nobody_there(settings: HubSettings, hub: Hub) -> None:
    hub.__exit__()
    with pytest.raises(HubUnreachableError, match="does not answer"):
        _commit_of(settings, "lab/model")


def test_access_is_told_apart(hub: Hub, settings: HubSettings) -> None:
    repo = hub.add("org/gated", files={"config.json": b"{}"}, gated="manual")
    hub.add("org/secret", private=True)

    def check(name: str, token: str | None) -> None:
        with hub_faults(name):
            connect(settings).auth_check(name, token=token)

    with pytest.raises(LogInNeededError):
        check("org/gated", None)
    with pytest.raises(TermsNotAcceptedError):
        check("org/gated", "hf_reader")
    repo.requests["reader"] = "awaiting"
    with pytest.raises(AccessRefusedError, match="awaits"):
        check("org/gated", "hf_reader")
    repo.requests["reader"] = "rejected"
    with pytest.raises(AccessRefusedError, match="refused"):
        check("org/gated", "hf_reader")
    repo.allowed.add("reader")
    check("org/gated", "hf_reader")
    with pytest.raises(HubNotFoundError, match="private"):
        check("org/secret", "hf_reader")
    with pytest.raises(TokenRefusedError):
        check("org/gated", "hf_wrong")
    with pytest.raises(HubNotFoundError, match="revision"), hub_faults("org/gated"):
        connect(settings).model_info("org/gated", revision="none")


def test_an_answer_that_is_none(hub: Hub, settings: HubSettings) -> None:
    hub.add("lab/model")
    hub.fault("/api/models/lab/model", cut=5)
    with pytest.raises(HubError):
        _commit_of(settings, "lab/model")


def test_offline_sends_nothing(
    hub: Hub, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HubOfflineError):
        connect(HubSettings(endpoint=hub.url, offline=True))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EnvironmentOfflineError, match="HF_HUB_OFFLINE"):
        connect(settings)
    assert not hub.log


@pytest.mark.parametrize(
    "broken",
    [
        HubSettings(endpoint="huggingface"),
        HubSettings(proxy="no proxy at all"),
        HubSettings(certificates="/no/such/file.pem"),
    ],
)
def test_settings_that_cannot_work_are_told(hub: Hub, broken: HubSettings) -> None:
    with pytest.raises(HubError, match=r"cannot be used|is not the address"):
        _commit_of(broken, "lab/model")


def test_the_endpoint_is_the_environments_where_none_is_set(hub: Hub) -> None:
    assert endpoint_of(HubSettings()) == hub.url
    assert endpoint_of(HubSettings(endpoint="https://mirror.test/")) == "https://mirror.test"


def test_secrets_are_taken_out() -> None:
    text = "hf_AbC123 at https://me:pass@proxy.test/x?Signature=abc, Bearer xyz"
    clean = redacted(text)
    assert not any(secret in clean for secret in ("AbC123", "pass@", "Signature", "xyz"))
    assert "proxy.test/x" in clean

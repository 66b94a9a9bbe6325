"""Who is logged in, what that opens, and whether the way to the Hub works."""

from __future__ import annotations

import socket
import stat
import time
from pathlib import Path

import pytest
from huggingface_hub import constants, get_token
from huggingface_hub.utils import get_stored_tokens

from act_core.cancel import CancelToken
from act_core.errors import (
    ActError,
    HubError,
    HubOfflineError,
    HubUnreachableError,
    TokenRefusedError,
)
from act_core.hub.access import access_of, account, log_in, log_out, token_source
from act_core.hub.names import HubName, required_name
from act_core.hub.reach import Step, try_connection
from act_core.settings import HubSettings
from tests.hub.loopback import Hub


def test_a_login_is_that_of_every_tool(hub: Hub, settings: HubSettings) -> None:
    assert (token_source(), account(settings)) == (None, None)
    assert not hub.log
    found = log_in(settings, " hf_writer\n")
    assert (found.name, found.role, found.organisations) == ("writer", "write", ("lab",))
    assert found.may_write
    assert found.owners == ("writer", "lab")
    assert get_token() == "hf_writer"
    assert get_stored_tokens() == {"test": "hf_writer"}
    assert stat.S_IMODE(Path(constants.HF_TOKEN_PATH).stat().st_mode) == 0o600
    assert account(settings) == found
    log_out()
    assert (token_source(), get_token(), get_stored_tokens()) == (None, None, {})


def test_logging_out_leaves_the_tokens_of_others(hub: Hub, settings: HubSettings) -> None:
    log_in(settings, "hf_reader")
    Path(constants.HF_STORED_TOKENS_PATH).write_text(
        "[test]\nhf_token = hf_reader\n[work]\nhf_token = hf_writer\n"
    )
    log_out()
    assert get_stored_tokens() == {"work": "hf_writer"}
    log_out()
    assert get_token() is None


@pytest.mark.parametrize("secret", ["hf_wrong", "", "hf_wri\x00ter", "hf_wrïter"])
def test_a_wrong_token_is_not_stored(hub: Hub, settings: HubSettings, secret: str) -> None:
    log_in(settings, "hf_reader")
    with pytest.raises(TokenRefusedError) as caught:
        log_in(settings, secret)
    assert get_token() == "hf_reader"
    assert not secret or secret not in str(caught.value.record())
    assert not account(settings).may_write  # type: ignore[union-attr]


def test_a_token_of_the_environment_is_told_as_such(
    hub: Hub, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    found = account(settings)
    assert found is not None
    assert (found.name, found.source) == ("reader", "environment")
    with pytest.raises(HubError, match="HF_TOKEN"):
        log_out()
    with pytest.raises(HubError, match="HF_TOKEN"):
        log_in(settings, "hf_writer")
    monkeypatch.setenv("HF_TOKEN", "hf_old")
    with pytest.raises(TokenRefusedError):
        account(settings)


def test_each_repository_of_a_plan_is_told_apart(hub: Hub, settings: HubSettings) -> None:
    gated = hub.add("org/gated", gated="manual")
    hub.add("org/open")
    hub.add("org/texts", kind="dataset")
    hub.add("org/secret", private=True)
    names = [required_name(name) for name in ("org/open", "org/gated@v1:sub", "org/secret")]
    names.append(HubName("org/texts", kind="dataset"))

    def states() -> list[str]:
        return [access.state for access in access_of(settings, names)]

    assert states() == ["open", "log in", "missing", "open"]
    log_in(settings, "hf_reader")
    assert states() == ["open", "terms", "missing", "open"]
    gated.requests["reader"] = "awaiting"
    assert states() == ["open", "awaiting", "missing", "open"]
    gated.requests["reader"] = "rejected"
    assert states() == ["open", "refused", "missing", "open"]
    found = access_of(settings, names)
    assert [access.page.removeprefix(hub.url) for access in found] == [
        "/org/open", "/org/gated", "/org/secret", "/datasets/org/texts",
    ]  # fmt: skip
    assert all(bool(access.remedy) == (access.state != "open") for access in found)
    gated.allowed.add("reader")
    assert states() == ["open", "open", "missing", "open"]
    assert not hub.downloads()


def test_what_concerns_no_repository_alone_ends_the_check(
    hub: Hub, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/open")
    monkeypatch.setenv("HF_TOKEN", "hf_old")
    with pytest.raises(TokenRefusedError):
        access_of(settings, [HubName("org/open")])
    hub.fault("auth-check", status=503)
    with pytest.raises(HubUnreachableError):
        access_of(settings, [HubName("org/open")])
    with pytest.raises(HubOfflineError):
        access_of(HubSettings(endpoint=hub.url, offline=True), [HubName("org/open")])


def _passed(steps: tuple[Step, ...]) -> dict[str, bool | None]:
    return {step.name: step.passed for step in steps}


def test_the_way_is_tried_step_by_step(
    hub: Hub, settings: HubSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    steps: list[Step] = []
    assert tuple(steps) != try_connection(settings, steps.append)
    assert _passed(tuple(steps)) == {
        "settings": True, "certificates": None, "proxy": None, "Hub": True, "token": None,
    }  # fmt: skip
    log_in(settings, "hf_writer")
    assert "writer" in try_connection(settings)[-1].text
    monkeypatch.setenv("HF_TOKEN", "hf_old")
    last = try_connection(settings)[-1]
    assert (last.name, last.passed) == ("token", False)
    hub.fault("/api/models", status=429)
    last = try_connection(settings)[-1]
    assert (last.name, last.passed) == ("Hub", False)
    assert "busy" in last.text


def test_the_step_that_fails_says_why(
    hub: Hub, settings: HubSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://me:hf_Secret12@127.0.0.1:{free.getsockname()[1]}"
    cases = (
        (HubSettings(endpoint=hub.url, offline=True), "settings", "switched off"),
        (HubSettings(endpoint="hub"), "settings", "is not the address"),
        (HubSettings(endpoint=hub.url, certificates=str(tmp_path)), "certificates", "PEM"),
        (HubSettings(endpoint=hub.url, proxy=nobody), "proxy", "nothing listens"),
        (HubSettings(endpoint=hub.url, proxy="http://host:port"), "proxy", "address of a proxy"),
        (HubSettings(endpoint=nobody), "Hub", "nothing listens"),
        (HubSettings(endpoint="http://hub.invalid"), "Hub", "name is not known"),
        (HubSettings(endpoint=hub.url.replace("http:", "https:")), "Hub", "cannot be reached"),
    )
    monkeypatch.setenv("no_proxy", "*")
    for broken, name, text in cases:
        last = try_connection(broken)[-1]
        assert (last.name, last.passed) == (name, False)
        assert text in last.text
        assert "Secret" not in last.text


def test_an_endpoint_that_is_no_hub(hub: Hub) -> None:
    last = try_connection(HubSettings(endpoint=f"{hub.url}/nothing"))[-1]
    assert (last.name, last.passed) == ("Hub", False)


def test_a_cancel_does_not_wait_for_the_hub(hub: Hub, settings: HubSettings) -> None:
    hub.add("org/open")
    token = CancelToken()
    hub.fault("auth-check", then=token.cancel, delay_s=3)
    started = time.monotonic()
    with pytest.raises(ActError, match="cancelled"):
        access_of(settings, [HubName("org/open"), HubName("org/other")], token)
    assert time.monotonic() - started < 2
    assert len(hub.log) == 1

"""A loopback Hub for each test that asks for one, and the real client pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from act_core.settings import HubSettings, Settings, save_settings, settings_path
from tests.hub.loopback import Hub


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The Hub; cache and tokens of the client lie in the test's folder, nobody is logged in."""
    from huggingface_hub import close_session, constants

    home = tmp_path / "hf"
    with Hub() as hub:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HOME", str(home))
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
        monkeypatch.setattr(constants, "HF_STORED_TOKENS_PATH", str(home / "stored_tokens"))
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
        yield hub
        close_session()  # else threads of the Hub wait for more on its open connections


@pytest.fixture
def settings(hub: Hub) -> HubSettings:
    """The way to the Hub."""
    return HubSettings(endpoint=hub.url)


@pytest.fixture
def own_settings(
    settings: HubSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> HubSettings:
    """The same way, written into a person's own settings, where the command line finds it."""
    monkeypatch.setenv("ACT_HOME", str(tmp_path / "home"))
    save_settings(Settings(hub=settings), settings_path())
    return settings

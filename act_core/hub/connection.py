"""The way to the Hub: endpoint, proxy and certificates as a person has set them.

The token is not here: huggingface_hub finds it in its own store (`hub.access`) with each call.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from act_core.errors import HubError
from act_core.hub.faults import offline_error
from act_core.redact import without_login
from act_core.settings import HubSettings

if TYPE_CHECKING:
    from huggingface_hub import HfApi

    from act_core.hub.client import ClientFactory

_lock = threading.Lock()
# huggingface_hub has one client for the whole process; what it was last made with.
_installed: ClientFactory | None = None


def connect(settings: HubSettings) -> HfApi:
    """The client's API, ready for calls; nothing is sent yet.

    Raises:
        HubOfflineError: The program is offline.
        HubError: The endpoint is no address.
    """
    from huggingface_hub import HfApi

    if is_offline(settings):
        raise offline_error(by_settings=settings.offline)
    _install(settings)
    return HfApi(endpoint=endpoint_of(settings), library_name="act-studio")


def is_offline(settings: HubSettings) -> bool:
    """Whether nothing may be sent, by the settings or by HF_HUB_OFFLINE."""
    from huggingface_hub.constants import is_offline_mode

    return settings.offline or is_offline_mode()


def endpoint_of(settings: HubSettings) -> str:
    """Address of the Hub, without a slash at the end: as set, else of HF_ENDPOINT, else the Hub's.

    Raises:
        HubError: It is no address.
    """
    from huggingface_hub import constants

    endpoint = (settings.endpoint or constants.ENDPOINT).rstrip("/")
    address = urlsplit(endpoint)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise HubError(
            f"{without_login(endpoint)!r} is not the address of a Hub.",
            remedy="Write it as https://HOST in the settings of the Hub, or leave it empty.",
        )
    return endpoint


def _install(settings: HubSettings) -> None:
    """Have huggingface_hub make its client our way; calls under way see a broken connection."""
    from huggingface_hub import set_client_factory

    from act_core.hub.client import ClientFactory

    global _installed
    wanted = ClientFactory(settings.proxy, settings.certificates)
    with _lock:
        if _installed != wanted:
            set_client_factory(wanted)
            _installed = wanted

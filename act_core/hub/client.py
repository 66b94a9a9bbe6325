"""The HTTP client below huggingface_hub: with time limits, and without hidden waits.

Of itself that library waits without limit for an answer, and up to 23 seconds in the caller's
thread for a server that is busy. Here both come back as `HubUnreachableError` after one try, so
that whoever calls decides how long to wait, can be cancelled, and can say it (`hub.waiting`).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub.utils._http import hf_request_event_hook, parse_ratelimit_headers

from act_core.errors import HubError, HubUnreachableError
from act_core.redact import login_and_host, redacted, without_login

TIMEOUT = httpx2.Timeout(30.0, connect=10.0, write=60.0)
_BUSY = (408, 429, 500, 502, 503, 504)
_LATER = "Check the connection, proxy and endpoint in the settings of the Hub, or try again later."


class HubClient(httpx2.Client):
    """A client that tells a busy or silent server from one that refuses."""

    def request(self, method: str, url: Any, **options: Any) -> httpx2.Response:
        """Send one request; huggingface_hub gives files as `data`, httpx2 wants them as `content`.

        Raises:
            HubUnreachableError: As `send`.
        """
        if hasattr(options.get("data"), "read"):
            options["content"] = options.pop("data")
        return super().request(method, url, **options)

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send one request.

        Raises:
            HubUnreachableError: No answer, or a status that says to try again.
        """
        try:
            response = super().send(request, **options)
        except httpx2.TransportError as error:
            raise unreachable(request.url.host, error) from error
        if response.status_code in _BUSY:
            wait_s = _wait_s(response)
            response.close()
            raise HubUnreachableError(
                f"{request.url.host} is busy or out of order (status {response.status_code}).",
                remedy="Try again later.",
                wait_s=wait_s,
            )
        return response


@dataclass(frozen=True, slots=True)
class ClientFactory:
    """What huggingface_hub makes its client with.

    Attributes:
        proxy: Address of a proxy; where empty, those of the environment hold.
        certificates: PEM file with certificates to trust beside the system's; may be empty.
    """

    proxy: str = ""
    certificates: str = ""

    def __call__(self) -> httpx2.Client:
        """A client.

        Raises:
            HubError: Proxy or certificates cannot be used.
        """
        try:
            check_proxy(self.proxy)
            return HubClient(
                event_hooks={"request": [hf_request_event_hook]},
                follow_redirects=True,
                timeout=TIMEOUT,
                proxy=self.proxy or None,
                verify=self.trust(),
            )
        except (ValueError, httpx2.InvalidURL) as error:
            raise proxy_error(self.proxy) from error

    def trust(self) -> ssl.SSLContext | bool:
        """What certificates are checked with.

        Raises:
            HubError: The file cannot be used.
        """
        if not self.certificates:
            return True
        try:
            context = ssl.create_default_context()
            context.load_verify_locations(Path(self.certificates).expanduser())
        except (OSError, ssl.SSLError) as error:
            raise HubError(
                f"{self.certificates} cannot be used as certificates.",
                remedy="Name a PEM file in the settings of the Hub, or leave it empty.",
                detail=repr(error),
            ) from error
        return context


def check_proxy(address: str) -> None:
    """Refuse a login in which something would be taken for another part of the address.

    Raises:
        HubError: There is one.
    """
    if set(login_and_host(address)[0]) & set("/?#@ "):
        raise proxy_error(address)


def proxy_error(address: str) -> HubError:
    """The error for what is no address of a proxy, without its password."""
    return HubError(
        f"{without_login(address)!r} is not the address of a proxy.",
        remedy="Write it as http://HOST:PORT in the settings of the Hub; within a password, @ is "
        "written as %40, / as %2F, ? as %3F, # as %23 and a blank as %20.",
    )


def unreachable(host: str, error: Exception) -> HubUnreachableError:
    """The error for a connection that failed or broke."""
    said = redacted(str(error)) or type(error).__name__
    return HubUnreachableError(
        f"{host} does not answer ({said}).", remedy=_LATER, detail=redacted(repr(error))
    )


def _wait_s(response: httpx2.Response) -> float | None:
    """How long the server asks to wait."""
    limit = parse_ratelimit_headers(response.headers)
    if limit is not None and limit.remaining == 0:
        return float(limit.reset_in_seconds)
    after = response.headers.get("Retry-After", "")
    return float(after) if after.isdigit() else None

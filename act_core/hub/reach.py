"""Whether the Hub can be reached as the settings say: step by step, with times and sentences."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from act_core.errors import ActError, HubUnreachableError
from act_core.hub.access import account
from act_core.hub.connection import connect, endpoint_of
from act_core.hub.faults import hub_faults
from act_core.redact import redacted
from act_core.settings import HubSettings

StepName = Literal["settings", "certificates", "proxy", "Hub", "token"]
_CONNECT_S = 10.0
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
# What the network says, and what that means.
_MEANINGS = (
    (
        ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed"),
        "its certificate is not trusted here. In a company's network, name the company's "
        "certificates in the settings of the Hub",
    ),
    (
        ("Name or service not known", "getaddrinfo", "nodename", "name resolution", "No address"),
        "its name is not known in this network. Check the address, or set a proxy",
    ),
    (("refused",), "nothing listens there. Check address and port"),
    (("407",), "the proxy wants a name and a password. Write http://NAME:PASSWORD@HOST:PORT"),
    (("timed out", "Timeout"), "no answer came in time. A firewall may ask for a proxy"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried.

    Attributes:
        name: What.
        passed: None: there was nothing to try.
        seconds: Time it took.
        text: One sentence for people.
    """

    name: StepName
    passed: bool | None
    seconds: float
    text: str


def try_connection(
    settings: HubSettings, told: Callable[[Step], None] = lambda _step: None
) -> tuple[Step, ...]:
    """Try settings, certificates, proxy, Hub and token in turn; the first failure is the last step.

    Args:
        settings: The way to the Hub.
        told: Is given every step as soon as it is over.

    Returns:
        The steps. No error of the Hub is raised; what fails is told as a step.
    """
    tries: tuple[tuple[StepName, Callable[[HubSettings], tuple[bool | None, str]]], ...] = (
        ("settings", _try_settings),
        ("certificates", _try_certificates),
        ("proxy", _try_proxy),
        ("Hub", _try_hub),
        ("token", _try_token),
    )
    steps: list[Step] = []
    for name, attempt in tries:
        started_at = time.monotonic()
        try:
            passed, text = attempt(settings)
        except ActError as error:
            passed, text = False, f"{error.reason} {error.remedy}"
        steps.append(Step(name, passed, time.monotonic() - started_at, text))
        told(steps[-1])
        if passed is False:
            break
    return tuple(steps)


def _try_settings(settings: HubSettings) -> tuple[bool, str]:
    connect(settings)
    return True, f"The Hub is looked for at {redacted(endpoint_of(settings))}."


def _try_certificates(settings: HubSettings) -> tuple[bool | None, str]:
    from act_core.hub.client import ClientFactory

    if not settings.certificates:
        return None, "The certificates of this computer are trusted, and no others."
    ClientFactory(certificates=settings.certificates).trust()
    return True, f"The certificates in {settings.certificates} are trusted too."


def _try_proxy(settings: HubSettings) -> tuple[bool | None, str]:
    from urllib.request import getproxies, proxy_bypass  # slow to import, for a window's thread

    from act_core.hub.client import check_proxy, proxy_error

    goal = urlsplit(endpoint_of(settings))
    proxy, whence = settings.proxy, "of the settings"
    if not proxy and not proxy_bypass(goal.hostname or ""):
        proxies = getproxies()
        proxy = proxies.get(goal.scheme) or proxies.get("all") or ""
        whence = "of the environment"
    if not proxy:
        return None, "No proxy is used."
    address = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    try:
        check_proxy(proxy)
        place = address.hostname or "", address.port or _PORTS.get(address.scheme, 80)
    except ValueError as error:
        raise proxy_error(proxy) from error
    try:
        socket.create_connection(place, _CONNECT_S).close()
    except OSError as error:
        return False, f"The proxy {whence}, {place[0]}, cannot be used: {_meaning(str(error))}."
    return True, f"The proxy {whence}, {place[0]}, answers."


def _try_hub(settings: HubSettings) -> tuple[bool, str]:
    host = urlsplit(endpoint_of(settings)).hostname
    try:
        with hub_faults(str(host)):
            # Without a token: a wrong one is told in a step of its own.
            list(connect(settings).list_models(limit=1, token=False))
    except HubUnreachableError as error:
        if error.__cause__ is None:  # it has answered, and is busy
            raise
        return False, f"{host} cannot be reached: {_meaning(error.detail)}."
    return True, f"{host} answers as a Hub does."


def _try_token(settings: HubSettings) -> tuple[bool | None, str]:
    found = account(settings)
    if found is None:
        return None, "Nobody is logged in: public repositories can be read."
    may = "read and publish" if found.may_write else "read"
    return True, f"Logged in as {found.name}; the token may {may}."


def _meaning(said: str) -> str:
    for signs, meaning in _MEANINGS:
        if any(sign.lower() in said.lower() for sign in signs):
            return meaning
    return redacted(said) or "the reason is not known"

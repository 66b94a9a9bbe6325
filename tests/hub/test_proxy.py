"""The settings' proxy comes before the environment's, and its password shows up nowhere."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator

import pytest

from act_core.errors import ActError, HubError, HubUnreachableError
from act_core.hub.connection import connect
from act_core.hub.faults import hub_faults
from act_core.hub.reach import try_connection
from act_core.settings import HubSettings
from tests.hub.loopback import Hub

PASSWORD = "s3cr@t/Of The Proxy"
_GOAL = "https://hub.test"


class Proxy(socketserver.ThreadingTCPServer):
    """Writes down what it is asked, and leads nowhere.

    Attributes:
        asked: Each request with its headers.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Answer)

    def address(self, login: str) -> str:
        """Its address with a login."""
        return f"http://{login}@127.0.0.1:{self.server_address[1]}"


class _Answer(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        lines = list(iter(lambda: self.rfile.readline().decode().strip(), ""))
        if lines:
            self.server.asked.append("\n".join(lines))
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def proxy(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """With the client's own places as for every Hub."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with Proxy() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def _ask(settings: HubSettings) -> ActError:
    with pytest.raises(HubError) as caught, hub_faults("lab/model"):
        connect(settings).model_info("lab/model", token=False)
    return caught.value


def test_where_none_is_set_the_environments_is_used(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.address("me:fromoutside"))

    error = _ask(HubSettings(endpoint=_GOAL))

    assert isinstance(error, HubUnreachableError)
    assert proxy.asked[0].startswith("CONNECT hub.test:443")
    assert _login_of(proxy.asked[0]) == "me:fromoutside"
    assert "fromoutside" not in repr(error.record())
    steps = try_connection(HubSettings(endpoint=_GOAL))
    assert "The proxy of the environment, 127.0.0.1, answers." in [step.text for step in steps]


def test_the_one_of_the_settings_comes_first_and_its_password_stays_with_it(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    settings = HubSettings(endpoint=_GOAL, proxy=proxy.address("me:inside"))

    error = _ask(settings)

    assert _login_of(proxy.asked[0]) == "me:inside"
    assert "inside" not in repr(error.record())
    assert not [step for step in try_connection(settings) if "inside" in step.text]


@pytest.mark.parametrize("form", ["me:{}@proxy:8080", "http://me:{}@proxy:80", "ftp://me:{}@proxy"])
def test_what_is_no_address_is_told_without_its_password(proxy: Proxy, form: str) -> None:
    settings = HubSettings(endpoint=_GOAL, proxy=form.format(PASSWORD))

    said = f"{_ask(settings).record()} {_ask(settings)} {try_connection(settings)}"

    assert "is not the address of a proxy" in said
    assert "***@proxy" in said
    assert not any(part in said for part in ("s3cr", "t/Of", "The Proxy"))


def _login_of(request: str) -> str:
    (line,) = [one for one in request.splitlines() if one.lower().startswith("proxy-auth")]
    return base64.b64decode(line.rpartition(" ")[2]).decode()

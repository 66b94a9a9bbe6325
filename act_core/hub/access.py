"""Who is logged in to the Hub, and which repositories that opens.

The token lies where huggingface_hub keeps it, so that every tool of that library sees the same
login; this program stores no copy.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from act_core.cancel import CancelToken
from act_core.errors import (
    AccessAwaitedError,
    AccessRefusedError,
    HubAccessError,
    HubError,
    HubNotFoundError,
    LogInNeededError,
    TermsNotAcceptedError,
    TokenRefusedError,
    output_error,
)
from act_core.hub.connection import connect, endpoint_of
from act_core.hub.faults import hub_faults
from act_core.hub.names import HubName
from act_core.hub.waiting import attended
from act_core.settings import HubSettings

TokenSource = Literal["store", "environment"]
AccessState = Literal["open", "log in", "terms", "awaiting", "refused", "missing"]

_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE")
_STATES: tuple[tuple[type[HubError], AccessState], ...] = (
    (LogInNeededError, "log in"),
    (TermsNotAcceptedError, "terms"),
    (AccessAwaitedError, "awaiting"),
    (AccessRefusedError, "refused"),
    (HubNotFoundError, "missing"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """Who a token belongs to.

    Attributes:
        name: Of the user.
        full_name: For people.
        organisations: Names of those that the user belongs to.
        role: What the token may do: `read`, `write` or `fineGrained`; empty where not told.
        token_name: What the user has called the token.
        source: Where the token was found.
    """

    name: str
    full_name: str
    organisations: tuple[str, ...]
    role: str
    token_name: str
    source: TokenSource

    @property
    def may_write(self) -> bool:
        """Whether something may be published; a fine-grained token may still refuse a place."""
        return self.role != "read"

    @property
    def owners(self) -> tuple[str, ...]:
        """Below whose names the user may publish."""
        return (self.name, *self.organisations)


@dataclass(frozen=True, slots=True)
class Access:
    """Whether the files of a repository can be read.

    Attributes:
        name: The repository.
        state: `terms`: its terms have to be accepted on its page; `awaiting`: its owners have not
            answered yet; `missing`: there is no such repository, or none that may be seen.
        page: Address to open.
        reason, remedy: For people; empty where it is open.
    """

    name: HubName
    state: AccessState
    page: str
    reason: str = ""
    remedy: str = ""


def token_source() -> TokenSource | None:
    """Where the token in use comes from; None where nobody is logged in. Nothing is sent."""
    if any(os.environ.get(name, "").strip() for name in _VARIABLES):
        return "environment"
    return "store" if _stored() else None


def account(settings: HubSettings) -> Account | None:
    """Who is logged in; None where nobody is.

    Raises:
        TokenRefusedError: The token is not valid (any more).
        HubError: Offline, out of reach, or another kind.
    """
    source = token_source()
    return None if source is None else _asked(settings, None, source)


def log_in(settings: HubSettings, secret: str) -> Account:
    """Store a token for all tools that use the Hub, once the Hub has said whose it is.

    Raises:
        TokenRefusedError: It is not valid.
        HubError: Offline, out of reach, or HF_TOKEN is set, which would go before it.
        OutputError: The store cannot be written.
    """
    from huggingface_hub._login import _set_active_token
    from huggingface_hub.utils._auth import _save_token

    if token_source() == "environment":
        raise _of_environment("goes before any token that is entered here")
    secret = secret.strip()
    if not re.fullmatch(r"[!-~]+", secret):
        # Other characters would end in an error of the client that shows the token.
        raise TokenRefusedError(
            "This is no token: it is empty, or holds characters that no token has.",
            remedy="Copy it once more from your account's page of access tokens.",
        )
    found = _asked(settings, secret, "store")
    # huggingface_hub.login would ask its own endpoint instead of the one that is set.
    try:
        _save_token(secret, found.token_name)
        _set_active_token(found.token_name, add_to_git_credential=False)
    except OSError as error:
        raise output_error(error, error.filename or "the Hub's store of tokens") from error
    return found


def log_out() -> None:
    """Remove the token in use from the Hub's store; others in it stay. Nothing is sent.

    Raises:
        HubError: The token is that of HF_TOKEN.
        OutputError: The store cannot be written.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils._auth import _read_stored_tokens_full, _save_stored_tokens_full

    if token_source() == "environment":
        raise _of_environment("holds the token, which cannot be removed from here")
    used = _stored()
    try:
        kept = {
            name: fields
            for name, fields in _read_stored_tokens_full().items()
            if fields.get("hf_token") != used
        }
        if Path(constants.HF_STORED_TOKENS_PATH).exists():
            _save_stored_tokens_full(kept)
        Path(constants.HF_TOKEN_PATH).unlink(missing_ok=True)
    except OSError as error:
        raise output_error(error, error.filename or "the Hub's store of tokens") from error


def access_of(
    settings: HubSettings, names: Iterable[HubName], token: CancelToken | None = None
) -> tuple[Access, ...]:
    """Ask for each repository whether its files can be read, before a plan that needs them.

    Args:
        settings: The way to the Hub.
        names: The repositories.
        token: Polled, also while the Hub is silent.

    Raises:
        TokenRefusedError: The token is not valid, whatever the repository.
        HubError: Offline or out of reach.
        CancelledByPersonError: After a cancel.
    """
    token = token or CancelToken()
    found = []
    for name in names:
        token.raise_if_cancelled()
        found.append(_access(settings, name, token))
    return tuple(found)


def page_of(settings: HubSettings, name: HubName) -> str:
    """Address of a repository's page.

    Raises:
        HubError: The endpoint is no address.
    """
    return f"{endpoint_of(settings)}/{name.page_path}"


def _access(settings: HubSettings, name: HubName, token: CancelToken) -> Access:
    page = page_of(settings, name)
    api = connect(settings)

    def check() -> None:
        with hub_faults(name.repo):
            api.auth_check(name.repo, repo_type=name.kind)

    try:
        attended(check, token)
    except (HubAccessError, HubNotFoundError) as error:
        for kind, state in _STATES:
            if isinstance(error, kind):
                return Access(name, state, page, error.reason, error.remedy)
        raise
    return Access(name, "open", page)


def _asked(settings: HubSettings, secret: str | None, source: TokenSource) -> Account:
    """Whose a token is.

    Args:
        settings: The way to the Hub.
        secret: The token; None: the one in use.
        source: Where it comes from.
    """
    with hub_faults("the account"):
        said: Any = connect(settings).whoami(token=secret)
        access = (said.get("auth") or {}).get("accessToken") or {}
        name = str(said["name"])
        return Account(
            name=name,
            full_name=str(said.get("fullname") or name),
            organisations=tuple(str(one["name"]) for one in said.get("orgs") or ()),
            role=str(access.get("role") or ""),
            token_name=str(access.get("displayName") or f"oauth-{name}"),
            source=source,
        )


def _stored() -> str:
    """The token in use of the Hub's store; empty where there is none."""
    from huggingface_hub import constants

    try:
        return Path(constants.HF_TOKEN_PATH).read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""


def _of_environment(why: str) -> HubError:
    name = next(name for name in _VARIABLES if os.environ.get(name, "").strip())
    return HubError(
        f"The environment variable {name} {why}.",
        remedy=f"Unset {name} where the program is started, then start it again.",
    )

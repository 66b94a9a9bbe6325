"""What the Hub and its client say, as errors of the tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from act_core.errors import (
    AccessAwaitedError,
    AccessRefusedError,
    ActError,
    EnvironmentOfflineError,
    HubAccessError,
    HubChangedError,
    HubError,
    HubNotFoundError,
    HubOfflineError,
    LogInNeededError,
    TermsNotAcceptedError,
    TokenRefusedError,
)
from act_core.redact import redacted

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

_NO_TOKEN = "Log in with a token of your account in the settings of the Hub, or with act login."


@contextmanager
def hub_faults(about: str) -> Iterator[None]:
    """Turn what huggingface_hub raises inside into the tree.

    Args:
        about: Name of what the call is about, for people.

    Raises:
        HubError: One of its kinds; errors of the tree pass as they are.
    """
    from httpx2 import HTTPError, TransportError
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalTokenNotFoundError,
        OfflineModeIsEnabled,
    )

    from act_core.hub.client import unreachable

    try:
        yield
    except ActError:
        raise
    except GatedRepoError as error:
        raise gated_error(about, error) from error
    except HfHubHTTPError as error:
        raise _of_status(about, error) from error
    except OfflineModeIsEnabled as error:
        raise offline_error(by_settings=False) from error
    except LocalTokenNotFoundError as error:
        raise LogInNeededError(f"{about} needs a token.", remedy=_NO_TOKEN) from error
    except HFValidationError as error:
        raise HubNotFoundError(
            f"{about} is not a name that the Hub allows.",
            remedy="Write it as owner/name.",
            detail=redacted(str(error)),
        ) from error
    except TransportError as error:
        # While a body is read; everything else is caught where requests are sent.
        raise unreachable(about, error) from error
    except (HTTPError, ValueError, KeyError, TypeError) as error:
        raise HubError(
            f"The answer about {about} is not one that the Hub gives.",
            remedy="Check the endpoint in the settings of the Hub.",
            detail=redacted(repr(error)),
        ) from error


def offline_error(*, by_settings: bool) -> HubOfflineError:
    """The error for a request while the program is offline, by its settings or HF_HUB_OFFLINE."""
    if by_settings:
        return HubOfflineError(
            "The network is switched off by the settings.",
            remedy="Switch it on in the settings of the Hub, or use what is on this computer.",
        )
    return EnvironmentOfflineError(
        "The network is switched off by HF_HUB_OFFLINE.",
        remedy="Unset HF_HUB_OFFLINE where the program is started, or use what is on this "
        "computer.",
    )


def gated_error(about: str, error: HfHubHTTPError) -> HubAccessError:
    """Why a gated repository stays closed: nobody logged in, terms not accepted, or refused."""
    said = (error.server_message or str(error)).lower()
    if error.response.status_code == 401:
        return LogInNeededError(
            f"{about} is gated: it is open to people who are logged in and were let in.",
            remedy=_NO_TOKEN,
        )
    if "awaiting" in said or "pending" in said:
        return AccessAwaitedError(
            f"Your request for access to {about} awaits an answer from its owners.",
            remedy="Wait for it, or choose another model.",
        )
    if "rejected" in said or "refused" in said or "denied" in said:
        return AccessRefusedError(
            f"The owners of {about} have refused access.", remedy="Choose another model."
        )
    return TermsNotAcceptedError(
        f"{about} is gated, and your account has not been let in.",
        remedy="Open its page, accept its terms or ask for access there, then try again; a "
        "fine-grained token also needs the right to read gated repositories.",
    )


def _of_status(about: str, error: HfHubHTTPError) -> HubError:
    from huggingface_hub.errors import (
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    detail = redacted(str(error))
    status = error.response.status_code
    if isinstance(error, RevisionNotFoundError):
        return HubNotFoundError(
            f"{about} has no such revision.", remedy="Check branch, tag or commit.", detail=detail
        )
    if isinstance(error, RemoteEntryNotFoundError):
        return HubNotFoundError(
            f"A file is missing in {about}.", remedy="Choose another revision.", detail=detail
        )
    if isinstance(error, RepositoryNotFoundError) or status == 404:
        return HubNotFoundError(
            f"{about} does not exist, or is private and not yours.",
            remedy="Check the name; for a private repository, log in with a token that may read "
            "it.",
            detail=detail,
        )
    if status == 401:
        return TokenRefusedError(
            "The Hub does not take the token: it is wrong, expired or withdrawn.",
            remedy="Enter a new token in the settings of the Hub, or with act login.",
            detail=detail,
        )
    if status == 403:
        return AccessRefusedError(
            f"Your token does not have the right to do this with {about}.",
            remedy="Use a token that may read or write there.",
            detail=detail,
        )
    if status in (409, 412):
        return HubChangedError(
            f"{about} was changed by somebody else at the same time.",
            remedy="Look at what has changed there, then try again.",
            detail=detail,
        )
    return HubError(
        f"The Hub refused a request about {about} (status {status}).",
        remedy="Try again; if it stays so, look at the detail.",
        detail=detail,
    )

"""The error tree: every failure a person can meet says what happened, why, and what to do.

Errors cross threads and processes as data (`ErrorRecord`); nothing above this module shows a bare
traceback.
"""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass

from act_core.redact import redacted


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """An error as data: what is shown, logged, stored and sent. Secrets are taken out of its texts.

    Attributes:
        kind: Name of the error class.
        title: What happened, in a few words.
        reason: Why, in plain words.
        remedy: What the person can do.
        detail: Technical detail for a bug report; may be empty.
    """

    kind: str
    title: str
    reason: str
    remedy: str
    detail: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "reason", "remedy", "detail"):
            object.__setattr__(self, name, redacted(getattr(self, name)))


class ActError(Exception):
    """Root of the tree.

    Args:
        reason: Why it happened, in plain words.
        remedy: What the person can do about it.
        detail: Technical detail for a bug report.
        title: Overrides the class's title.
    """

    title = "Something went wrong"

    def __init__(
        self, reason: str, *, remedy: str, detail: str = "", title: str | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.detail = detail
        if title is not None:
            self.title = title

    def record(self) -> ErrorRecord:
        """The error as frozen data, ready to cross a thread."""
        return ErrorRecord(type(self).__name__, self.title, self.reason, self.remedy, self.detail)

    def __str__(self) -> str:
        return f"{self.title}: {self.reason} {self.remedy}"


class ReferenceNotFoundError(ActError):
    """A model, adapter or file that was named does not exist or is no such thing."""

    title = "Model not found"


class WeightsNotHereError(ReferenceNotFoundError):
    """Of a model on the Hub only the headers are known, and its weights were asked for."""

    title = "Weights are not on this computer"


class CorruptCheckpointError(ActError):
    """A checkpoint file is truncated, lies about itself or names files it must not."""

    title = "Checkpoint is damaged"


class UnsupportedModelError(ActError):
    """A family, format or adapter type that cannot be handled (yet)."""

    title = "Model is not supported"


class QuantisedModelError(UnsupportedModelError):
    """Weights are stored quantised, so rows cannot be exchanged exactly."""

    title = "Model is quantised"


class UnsafeFileError(ActError):
    """A pickle or another file that could run code."""

    title = "Unsafe file refused"


class IncompatibleModelsError(ActError):
    """Target and specialist cannot exchange channels."""

    title = "Models do not fit together"


class AbilityDataError(ActError):
    """An ability's data is empty, unreadable, leaks, or has no counted tokens."""

    title = "Ability data cannot be used"


class NotFiniteError(ActError):
    """NaN or Inf where numbers are needed."""

    title = "Numbers are not finite"


class ProfileError(ActError):
    """A profile is missing, damaged, or lacks the statistic that was asked for."""

    title = "Profile cannot be used"


class MaskError(ActError):
    """A mask is damaged, empty, or belongs to another model."""

    title = "Mask cannot be used"


class GatesError(ActError):
    """Gates are damaged, missing, or belong to another model."""

    title = "Gates cannot be used"


class TunedError(ActError):
    """What a tuning left is damaged, missing, or belongs to another model or transfer."""

    title = "Tuning cannot be used"


class BaselineError(ActError):
    """A baseline could not be merged, or its result is not usable."""

    title = "Baseline could not be made"


class SamplesError(ActError):
    """Samples of figures are missing, damaged, or belong to other figures."""

    title = "Samples cannot be shown"


class PromptError(ActError):
    """A model cannot read what it was asked."""

    title = "Prompt cannot be used"


class HarnessError(ActError):
    """Tasks of lm-evaluation-harness could not be measured."""

    title = "Tasks could not be measured"


class RecipeError(ActError):
    """A recipe is not valid."""

    title = "Recipe is not valid"


class OutputError(ActError):
    """An output exists already, cannot be written, or does not fit the disk."""

    title = "Output cannot be written"


class DiskFullError(OutputError):
    """The disk has too little room."""

    title = "Disk is full"


class VerificationError(ActError):
    """A written checkpoint is not what the plan says."""

    title = "Verification failed"


class OutOfMemoryError(ActError):
    """The device's memory does not suffice even for the smallest batch."""

    title = "Out of memory"


class HubError(ActError):
    """The Hub could not be used."""

    title = "The Hub could not be used"


class HubOfflineError(HubError):
    """The network is switched off, by a setting of ours where it is none of its kinds."""

    title = "The program is offline"


class EnvironmentOfflineError(HubOfflineError):
    """It is switched off by HF_HUB_OFFLINE, which only whoever starts the program can change."""


class HubUnreachableError(HubError):
    """No answer, or one that says to come back later: worth another try.

    Args:
        reason, remedy, detail: As of every error.
        wait_s: How long the server asks to wait, where it says so.
    """

    title = "The Hub cannot be reached"

    def __init__(
        self, reason: str, *, remedy: str, detail: str = "", wait_s: float | None = None
    ) -> None:
        super().__init__(reason, remedy=remedy, detail=detail)
        self.wait_s = wait_s


class HubNotFoundError(HubError):
    """No such repository, revision or file, or a private one."""

    title = "Not found on the Hub"


class HubAccessError(HubError):
    """A repository may not be read or written."""

    title = "No access to the repository"


class LogInNeededError(HubAccessError):
    """It is open only to people who are logged in."""

    title = "Log in to the Hub"


class TermsNotAcceptedError(HubAccessError):
    """Its terms have to be accepted on its page first."""

    title = "Terms not accepted yet"


class AccessRefusedError(HubAccessError):
    """Its owners have not granted access, or refused it."""

    title = "Access not granted"


class AccessAwaitedError(AccessRefusedError):
    """Its owners have not answered a request for access yet."""

    title = "Access not granted yet"


class TokenRefusedError(HubAccessError):
    """The Hub does not take the token."""

    title = "The token is not valid"


class HubChangedError(HubError):
    """A repository has changed between two requests."""

    title = "The repository has changed"


class DownloadError(HubError):
    """What arrived is not what the Hub announced."""

    title = "Download is damaged"


class PublishError(HubError):
    """A folder may not be published as it is."""

    title = "Not ready to be published"


class CancelledByPersonError(ActError):
    """The person cancelled; not a failure, but it must unwind like one."""

    title = "Cancelled"

    def __init__(self) -> None:
        super().__init__("The job was cancelled.", remedy="Start it again to go on where it ended.")


def output_error(error: OSError, path: object) -> OutputError:
    """Turn an `OSError` met while writing `path` into the tree."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError(
            f"There is no room left for {path}.",
            remedy="Free some space or choose another disk, then run the same command again.",
            detail=repr(error),
        )
    return OutputError(
        f"{path} could not be written: {error.strerror or error}.",
        remedy="Check that the folder exists, is writable and is not in use by another program.",
        detail=repr(error),
    )


def record_of(error: BaseException) -> ErrorRecord:
    """Describe any exception as data; an unknown one becomes an internal error with traceback."""
    if isinstance(error, ActError):
        return error.record()
    if isinstance(error, OSError):
        return output_error(error, error.filename or "a file").record()
    detail = "".join(traceback.format_exception(error))
    return ErrorRecord(
        kind="InternalError",
        title="An unexpected error",
        reason=f"{type(error).__name__}: {error}",
        remedy="This is a fault of ACT Studio. Please report it with the details below.",
        detail=detail,
    )

"""A request for a file of a repository, and whether what answers it is that file at that commit.

Answers of hosts that keep large files bear entity tags of their own, so that only commit, length
and place of the bytes tell here; that they are right, only the file's hash does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from act_core.errors import HubChangedError, HubError
from act_core.hub.names import HubName

if TYPE_CHECKING:
    from httpx2 import Response

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def file_address(endpoint: str, name: HubName, path: str) -> str:
    """Where a file of a pinned repository is asked for."""
    return f"{endpoint}/{name.page_path}/resolve/{name.revision}/{quote(path)}"


def file_headers(wanted: str = "") -> dict[str, str]:
    """Headers of a request, with the token in use; compressed bytes would have other places.

    Args:
        wanted: `BEGIN-` or `BEGIN-LAST`, in bytes; empty: all.
    """
    from huggingface_hub.utils._headers import build_hf_headers

    ours = {"Accept-Encoding": "identity"}
    if wanted:
        ours["Range"] = f"bytes={wanted}"
    headers: dict[str, str] = build_hf_headers(library_name="act-studio", headers=ours)
    return headers


def check_answer(answer: Response, endpoint: str, name: HubName, path: str) -> None:
    """Make sure that an answer brings something of a file, at the commit that was asked for.

    Raises:
        HubChangedError: It is of another commit.
        HubError: A host that is not the Hub refuses it.
        HfHubHTTPError: The Hub refuses it.
    """
    from huggingface_hub.utils._http import hf_raise_for_status

    if answer.status_code >= 400:
        if answer.url.netloc.decode() != urlsplit(endpoint).netloc:
            raise HubError(
                f"{answer.url.host}, where the Hub keeps {path}, refuses it (status "
                f"{answer.status_code}).",
                remedy="Check proxy and firewall, then try again.",
            )
        answer.read()
        hf_raise_for_status(answer)
    for one in (*answer.history, answer):
        if one.headers.get("X-Repo-Commit", name.revision) != name.revision:
            raise HubChangedError(
                f"The Hub answers for {name} with another commit.",
                remedy="Check the endpoint in the settings of the Hub.",
            )


def place_of_body(answer: Response) -> tuple[int, int | None]:
    """First byte of the body in the file, and the file's size where the answer tells it.

    The first byte is -1 where the answer is a range and does not say which.
    """
    if answer.status_code != 206:
        length = answer.headers.get("Content-Length", "")
        return 0, int(length) if length.isdigit() else None
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if found is None:
        return -1, None
    return int(found[1]), None if found[2] == "*" else int(found[2])

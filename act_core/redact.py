"""Texts that may be shown and written: without tokens, passwords and signatures of addresses."""

from __future__ import annotations

import re

HIDDEN = "***"
_SECRETS = (
    (re.compile(r"\bhf_\w+"), "hf_***"),
    (
        re.compile(r"(?i)\b((?:bearer|authorization:\s*basic)\s+|(?:token|password)=)[^\s&'\"]+"),
        r"\1***",
    ),
    # Up to the last @ before the path, since passwords hold that sign too; then those with a slash.
    (re.compile(r"(://)[^/\s'\"]+@"), r"\1***@"),
    (re.compile(r"(://)[^/:@\s'\"]+:(?!\d+/)[^\s'\"]*@"), r"\1***@"),
    (re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]+"), r"\1?***"),
)


def redacted(text: str) -> str:
    """A text in which nothing is left that opens something."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def without_login(address: str) -> str:
    """What is meant as an address, with `***` in place of name and password."""
    login, host = login_and_host(address)
    return f"{address.removesuffix(f'{login}@{host}')}{HIDDEN}@{host}" if login else address


def with_login(address: str, known: str) -> str:
    """Undo `without_login`, also where something else than the login was changed since.

    Args:
        address: What `without_login` gave, or another address; that one stays as it is.
        known: The address with the login.
    """
    login, _host = login_and_host(known)
    return address.replace(f"{HIDDEN}@", f"{login}@", 1) if login else address


def login_and_host(address: str) -> tuple[str, str]:
    """`NAME:PASSWORD` of what is meant as an address, or nothing, and all behind its last @."""
    login, _at, host = address.partition("://")[2].rpartition("@")
    if "://" not in address:
        login, _at, host = address.rpartition("@")
    return login, host

"""`act login`, `act logout`, `act whoami`: the account on the Hub."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from act_core.cli.screen import print_json, say, show_pairs
from act_core.hub.access import Account, account, log_in, log_out, token_source
from act_core.settings import load_settings, settings_path

Json = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]


def login(json: Json = False) -> None:
    """Log in to the Hub with a token, which is asked for or read from standard input.

    The token is kept where all tools of the Hub look for it.
    """
    if sys.stdin.isatty():
        secret = str(typer.prompt("Token", hide_input=True, err=True))
    else:
        secret = sys.stdin.readline()
    _show(log_in(load_settings(settings_path()).hub, secret), json)


def logout() -> None:
    """Remove the token in use from this computer."""
    was_in = token_source() is not None
    log_out()
    say("Logged out." if was_in else "Nobody was logged in.")


def whoami(json: Json = False) -> None:
    """Say who is logged in to the Hub, and what the token may do."""
    found = account(load_settings(settings_path()).hub)
    if found is not None:
        _show(found, json)
    elif json:
        print_json({"event": "Account", "name": None})
    else:
        say("Nobody is logged in. Public repositories can be read; act login logs in.")


def _show(found: Account, json: bool) -> None:
    facts = {
        "role": found.role or "not told",
        "organisations": ", ".join(found.organisations) or "none",
        "token": found.token_name,
        "kept in": "the environment" if found.source == "environment" else "the Hub's own store",
    }
    if json:
        print_json({"event": "Account", "name": found.name, **facts})
    else:
        show_pairs(f"Logged in as {found.name}", facts)

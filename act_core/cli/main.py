"""Entry point: exit codes, Ctrl-C and errors are settled here, once for all commands.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled.
"""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

from act_core.cli import commands
from act_core.cli.screen import show_error
from act_core.environment import prepare_environment
from act_core.errors import CancelledByPersonError, RecipeError, record_of

FAILED, WRONG_USAGE, CANCELLED = 1, 2, 130


def main() -> NoReturn:
    """Run `act`."""
    prepare_environment()
    for stream in (sys.stdout, sys.stderr):
        # Names of files may hold bytes that are no text, and a terminal may know ASCII alone.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = run(sys.argv[1:])
    if code == CANCELLED:
        # A person who cancels wants the prompt back; taking torch down in order takes seconds.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code; no exception passes."""
    json_events = "--json" in arguments
    try:
        commands.app(args=arguments, prog_name="act")
    except SystemExit as done:  # typer's own: 0, or 2 after it has explained the usage
        return done.code if isinstance(done.code, int) else FAILED
    except (CancelledByPersonError, KeyboardInterrupt):
        show_error(record_of(CancelledByPersonError()), json_events)
        return CANCELLED
    except RecipeError as error:
        show_error(error.record(), json_events)
        return WRONG_USAGE
    except Exception as error:  # noqa: BLE001 - the last place before a person sees a traceback
        show_error(record_of(error), json_events)
        return FAILED
    return 0

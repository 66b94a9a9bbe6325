"""The command line: `act`."""

from __future__ import annotations

from act_core.cli.main import main

__all__ = ["main"]

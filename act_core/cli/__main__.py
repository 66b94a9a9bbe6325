"""`python -m act_core.cli`."""

from __future__ import annotations

from act_core.cli.main import main

main()

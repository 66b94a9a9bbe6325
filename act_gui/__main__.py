"""`python -m act_gui`."""

from __future__ import annotations

import sys

from act_gui.bootstrap import main

sys.exit(main())

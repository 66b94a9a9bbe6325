"""The one model that stays in memory between questions; jobs of other kinds let it go first."""

from __future__ import annotations

from act_core.talk.warm import WarmTalker

WARM = WarmTalker()

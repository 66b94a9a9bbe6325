"""What Gates and Tune both say in words."""

from __future__ import annotations

from act_gui.text import tr


def no_room_text() -> str:
    """Why nothing can be learned in the profile's dtype, where `can_learn` says so."""
    return tr("float16 has no room for gradients: choose bfloat16 or float32 on Profile.")

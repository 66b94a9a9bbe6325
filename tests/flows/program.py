"""The real program in a process of its own, with a person's step in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import sys
import act_gui.program as program
from PySide6.QtCore import QTimer

fill = program.Program.__init__

def filled(self, window, *arguments, **options):
    fill(self, window, *arguments, **options)
    QTimer.singleShot(0, window, lambda: look(window))

def look(window):
    if not step(window):
        QTimer.singleShot(10, window, lambda: look(window))

def step(window):
    {step}

program.Program.__init__ = filled
from act_gui.bootstrap import main
sys.exit(main())
"""


def start_program(project: Path, step: str) -> subprocess.Popen[str]:
    """Start `act-gui PROJECT` beside the test.

    Args:
        project: Folder to open.
        step: Body of a function of `window` that is called again and again until it returns True.
    """
    lines = "\n    ".join(step.strip().splitlines())
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM.format(step=lines), str(project)],
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

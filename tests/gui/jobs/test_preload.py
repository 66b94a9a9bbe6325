"""Heavy imports: announced, in the background, once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_PROGRAM = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from act_gui.jobs.preload import HeavyImports

app = QCoreApplication([])
assert "torch" not in sys.modules
imports = HeavyImports()
said, ticks = [], []
imports.announced.connect(said.append)
imports.failed.connect(lambda error: (print(error), app.exit(1)))
imports.ready.connect(app.quit)
timer = QTimer(interval=5)
timer.timeout.connect(lambda: ticks.append(1))
timer.start()
imports.start()
code = app.exec()
imports.wait()
import torch
assert said == ["Loading PyTorch…", ""], said
assert len(ticks) > 10, "the loop stood still"
sys.exit(code)
"""


def test_the_loop_goes_on_while_torch_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=_ROOT, capture_output=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr.decode()


_RACE = """
import sys
import threading
from PySide6.QtCore import QCoreApplication, QTimer
from act_gui.jobs.lookup import Lookups
from act_gui.jobs.preload import HeavyImports

app = QCoreApplication([])
imports, lookups = HeavyImports(), Lookups()
waiting = {"imports", "tokenizer", "configs"}


def done(name):
    waiting.discard(name)
    if not waiting:
        app.exit(0)


def fail(error):
    sys.stderr.write(error.detail)
    app.exit(1)


def tokenizer():
    from transformers import AutoTokenizer
    return AutoTokenizer


def configs():
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM
    return CONFIG_MAPPING["llama"], AutoModelForCausalLM


imports.ready.connect(lambda: done("imports"))
imports.start()
lookups.ask("tokenizer", tokenizer, lambda _answer: done("tokenizer"), fail)
lookups.ask("configs", configs, lambda _answer: done("configs"), fail)
code = app.exec()
imports.wait()
lookups.shutdown()
sys.exit(code)
"""


def test_questions_may_need_the_libraries_while_they_are_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RACE], cwd=_ROOT, capture_output=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stderr.decode()

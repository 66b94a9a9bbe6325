"""Every page in both themes, at 1x and 2x, against the approved pictures beside this file.

After a change that is meant to be seen, look at each new picture and approve it:

    ACT_APPROVE_SCREENS=1 python -m pytest tests/screens
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QLockFile
from PySide6.QtGui import QFontDatabase, QImage

from act_core.resources import resource_path
from act_gui.stages import PAGE_NAMES
from tests.gui.analysed import drawn_analysis
from tests.gui.finished import drawn_gates, drawn_tuning, finished_demo

APPROVED = Path(__file__).parent / "approved"
_ROOT = Path(__file__).parent.parent.parent
_APPROVES = bool(os.environ.get("ACT_APPROVE_SCREENS"))
_FONT = "DejaVu Sans"
# Anti-aliased edges may move by a level or two with another processor; a changed page moves more.
_LEVEL = 24
_MOST_CHANGED = 0.002
_MOST_MS = 200_000
_PAGES = ("start", *PAGE_NAMES)
_PICTURES = [
    f"{page}-{theme}"
    for page in (*_PAGES, "gates-learned", "tune-done", "analysis-figure", "evaluate-samples")
    for theme in ("light", "dark")
]


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    """A finished demo project at a place that is the same every time, since pages show paths."""
    home = Path(tempfile.gettempdir()) / "act-studio"
    # Another checkout's tests may be at this place just now.
    lock = QLockFile(f"{home}.lock")
    lock.setStaleLockTime(0)
    assert lock.tryLock(_MOST_MS), f"{home} is in use"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(resource_path("demo"), home / "demo")
    finished_demo(home / "English back", "run", home / "demo", rounds=3)
    drawn_gates(home / "English back")
    drawn_tuning(home / "English back")
    drawn_analysis(home / "English back")
    yield home / "English back"
    shutil.rmtree(home, ignore_errors=True)
    lock.unlock()


@pytest.fixture(scope="module", params=[1, 2], ids=["1x", "2x"])
def shot(
    request: pytest.FixtureRequest, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, Path]:
    """All pictures at one scale, taken by a program of its own."""
    scale: int = request.param
    out = tmp_path_factory.mktemp(f"{scale}x")
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": str(scale),
        "ACT_HOME": str(out / "home"),
        "HF_HOME": str(out / "hf"),
        "HF_HUB_OFFLINE": "0",
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    subprocess.run(
        [sys.executable, "-m", "tests.screens.shoot", str(project), str(out)],
        cwd=_ROOT,
        env=environment,
        check=True,
        timeout=500,
    )
    return scale, out


@pytest.mark.parametrize("name", _PICTURES)
def test_looks_as_approved(shot: tuple[int, Path], name: str, qapp: object) -> None:
    scale, out = shot
    if _FONT not in QFontDatabase.families():
        pytest.skip(f"the approved pictures are written in {_FONT}, which is not here")
    approved = APPROVED / f"{name}-{scale}x.png"
    taken = out / f"{name}.png"
    if _APPROVES:
        APPROVED.mkdir(exist_ok=True)
        QImage(str(taken)).save(str(approved), "PNG", 0)  # 0: as small as can be
    one, other = _pixels(approved), _pixels(taken)

    assert one.shape == other.shape
    changed = (np.abs(one.astype(int) - other.astype(int)).max(axis=-1) > _LEVEL).mean()
    kept = Path(tempfile.gettempdir()) / f"changed-{name}-{scale}x.png"
    if changed > _MOST_CHANGED:
        shutil.copyfile(taken, kept)
    assert changed <= _MOST_CHANGED, f"{changed:.2%} of the pixels differ; the new one is {kept}"


def _pixels(path: Path) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    assert not image.isNull(), f"{path} is missing"
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    return pixels.copy()

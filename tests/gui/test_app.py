"""The start of the program, in processes of its own: what works, and what explains itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from act_gui.bootstrap import StartError, check_display, check_pair, parse

_RUN = "import sys; from act_gui.bootstrap import main; sys.exit(main())"


def start(
    home: Path,
    *arguments: str,
    program: str = _RUN,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "ACT_HOME": str(home), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def after(step: str) -> str:
    """The program with a step that runs as soon as the window is filled."""
    return f"""
import sys, os
import act_gui.program as program
from PySide6.QtCore import QTimer
fill = program.Program.__init__

def filled(self, window, *arguments, **options):
    fill(self, window, *arguments, **options)
    self._warmup.end()
    QTimer.singleShot(0, lambda: step(window))

def step(window):
    {step}

program.Program.__init__ = filled
from act_gui.bootstrap import main
sys.exit(main())
"""


def wait_for(path: Path, timeout_s: float = 30) -> None:
    until = time.monotonic() + timeout_s
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not appear"
        time.sleep(0.01)


def test_the_broken_pair_is_refused_with_the_line_that_mends_it() -> None:
    with pytest.raises(StartError, match=r"pip install 'PySide6-Essentials>=6.11.2,<6.12'"):
        check_pair((3, 11), "6.12.0")


@pytest.mark.parametrize(
    ("python", "pyside"), [((3, 11), "6.11.3"), ((3, 12), "6.12.0"), ((3, 13), "7.0")]
)
def test_sound_pairs_start(python: tuple[int, int], pyside: str) -> None:
    check_pair(python, pyside)


def test_a_missing_pyside_is_explained() -> None:
    with pytest.raises(StartError, match="PySide6 is not installed"):
        check_pair((3, 11), "")


def test_a_missing_screen_library_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "act_gui.bootstrap._XCB_LIBRARIES", {"libxcb-absent.so.9": "libxcb-absent9"}
    )

    with pytest.raises(StartError, match="apt-get install libxcb-absent9"):
        check_display("linux", {"DISPLAY": ":0"})


@pytest.mark.parametrize(
    ("system", "environment"),
    [
        ("win32", {}),
        ("darwin", {}),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}),
    ],
)
def test_where_there_is_a_screen_nothing_is_refused(
    system: str, environment: dict[str, str]
) -> None:
    check_display(system, environment)


def test_the_command_line_is_read(tmp_path: Path) -> None:
    wanted = parse([str(tmp_path), "--fresh", "--theme", "dark"])

    assert (wanted.project, wanted.fresh, wanted.theme) == (tmp_path, True, "dark")


def test_a_wrong_option_is_wrong_usage(tmp_path: Path) -> None:
    program = start(tmp_path, "--colour")

    _out, err = program.communicate(timeout=60)
    assert program.returncode == 2
    assert "--colour" in err


def test_the_version_needs_no_screen(tmp_path: Path) -> None:
    program = start(tmp_path, "--version", environment={"QT_QPA_PLATFORM": "", "DISPLAY": ""})

    out, _err = program.communicate(timeout=60)
    assert program.returncode == 0
    assert out.startswith("ACT Studio ")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can lack a display")
def test_without_a_display_the_terminal_says_what_to_do(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    environment |= {"DISPLAY": "", "WAYLAND_DISPLAY": "", "ACT_HOME": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-m", "act_gui"], env=environment, capture_output=True, text=True
    )

    assert done.returncode == 1
    assert "There is no display" in done.stderr
    assert "xvfb-run" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_system_library_is_explained(tmp_path: Path) -> None:
    program = start(
        tmp_path,
        program="""
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "PySide6.QtWidgets":
            raise ImportError("libEGL.so.1: cannot open shared object file")
sys.meta_path.insert(0, Finder())
from act_gui.bootstrap import main
sys.exit(main())
""",
    )

    _out, err = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "libEGL.so.1" in err
    assert "apt-get install" in err
    assert "Traceback" not in err


def test_the_window_is_on_screen_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    program = start(
        tmp_path,
        program="""
import sys
import act_gui.window as window
painted = window.MainWindow.paintEvent

def look(self, event):
    painted(self, event)
    print([name for name in ("torch", "transformers", "numpy", "pydantic", "pyqtgraph")
           if name in sys.modules], flush=True)
    import os
    os._exit(0)

window.MainWindow.paintEvent = look
from act_gui.bootstrap import main
main()
""",
    )

    out, err = program.communicate(timeout=60)
    assert out.strip() == "[]", err


def test_ctrl_c_closes_the_window_properly(tmp_path: Path) -> None:
    filled = tmp_path / "filled"
    program = start(tmp_path, program=after(f"open({str(filled)!r}, 'w').close()"))
    wait_for(filled)

    program.send_signal(signal.SIGINT)

    _out, err = program.communicate(timeout=60)
    assert program.returncode == 0, err
    assert "Traceback" not in err
    assert list((tmp_path / "crash").iterdir()) == []


def test_an_error_nobody_caught_is_shown_and_logged_instead_of_a_traceback(
    tmp_path: Path,
) -> None:
    program = start(
        tmp_path,
        program=after(
            "QTimer.singleShot(200, lambda: (print(window.parts.notice_area.banners[0].error.reason"
            ", flush=True), window.close())); raise ValueError('boo')"
        ),
    )

    out, err = program.communicate(timeout=60)
    assert out.strip() == "ValueError: boo"
    assert "Traceback" not in err
    assert "boo" in (tmp_path / "log" / "act.log").read_text("utf-8")


def test_a_crash_leaves_a_report_that_is_offered_once(tmp_path: Path) -> None:
    crashed = start(tmp_path, program=after("import faulthandler; faulthandler._sigabrt()"))
    crashed.communicate(timeout=60)
    assert crashed.returncode != 0
    tell = after(
        "print([b.error.title for b in window.parts.notice_area.banners], flush=True); "
        "window.close()"
    )

    first, _err = start(tmp_path, program=tell).communicate(timeout=60)
    second, _err = start(tmp_path, program=tell).communicate(timeout=60)

    assert "The last run ended in a crash" in first
    assert second.strip() == "[]"
    reports = list((tmp_path / "crash").glob("crash-*.log"))
    assert len(reports) == 1
    assert "Fatal Python error" in reports[0].read_text("utf-8")


def test_after_kill_9_the_last_change_is_there(tmp_path: Path) -> None:
    project, saved = tmp_path / "project", tmp_path / "saved"
    step = f"""
    from pathlib import Path
    window.desk.create(Path({str(project)!r}))
    window.desk.context.project.edit(seed=4711)
    QTimer.singleShot(1000, lambda: Path({str(saved)!r}).touch())
"""
    program = start(tmp_path, program=after(step.strip()))
    wait_for(saved)
    program.kill()
    program.communicate()

    tell = after(
        "print(window.context.project.draft.seed, window.page_name, flush=True); os._exit(0)"
    )
    out, err = start(tmp_path, str(project), program=tell).communicate(timeout=60)

    assert out.split() == ["4711", "models"], err


def test_the_theme_of_the_command_line_is_not_kept(tmp_path: Path) -> None:
    tell = after("print(window.preferences.theme, flush=True); window.close()")

    out, err = start(tmp_path, "--theme", "dark", program=tell).communicate(timeout=60)

    assert out.strip() == "dark", err
    settings = tmp_path / "settings.json"
    assert not settings.exists() or json.loads(settings.read_text("utf-8"))["theme"] == "system"

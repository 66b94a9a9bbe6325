"""Remakes requirements.lock: a fresh resolution of the project with its dev tools and mergekit.

Run with Python 3.11, the oldest that is supported, so that every version also has a release for
the newer ones: ``make lock``. Nothing is installed; pip only resolves.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
# Pinned by hand: an open range would let a newer, much larger build in.
TORCH = "torch==2.13.0"
HEADER = """\
# Exact versions of everything ACT Studio and its tests need. Remade by `make lock`.
# Installed by `make demo` and `make test`, or by hand: pip install -r requirements.lock
"""


def resolve() -> dict[str, str]:
    """Returns name -> version of every package pip would install into an empty environment."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
    command += ["--ignore-installed", "--report", "-", TORCH, f"{ROOT}[dev,baselines]"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    metadata = [item["metadata"] for item in report["install"]]
    return {facts["name"]: facts["version"] for facts in metadata if facts["name"] != "act-studio"}


def main() -> None:
    """Writes the lock, torch first and without the local part of its version (``+cpu``)."""
    if sys.version_info[:2] != (3, 11):
        sys.exit("make lock needs Python 3.11: make lock PYTHON=python3.11")
    versions = resolve()
    names = sorted(versions, key=lambda name: (name != "torch", name.lower()))
    lines = [f"{name}=={versions[name].partition('+')[0]}" for name in names]
    LOCK.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Kills a transfer at every change it makes to the file system; run as a program by test_export.

    python crash.py TARGET SPECIALIST FOLDER

For each change the process forks; the child carries the transfer out and is killed right before
that change. Prints JSON: per kill, what was under the goal's name, and what a second run left.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import torch

from act_core.models.reference import Model, resolve
from act_core.transfer.files import RECIPE_NAME
from tests.core.transfer.setting import RECIPE, carry_out, contents, planned

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"}


def kill_before(change: int, folder: Path) -> None:
    """Let this process die before its change number `change` below a folder."""
    seen = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        flags = arguments[2] if event == "open" else 0
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
        if event in CHANGES or writes:
            if folder.name not in str(arguments[0]) and "dir_fd" not in event:
                return
            seen += 1
            if seen == change:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def killed(models: tuple[Model, Model], out: Path, *, overwrite: bool, change: int) -> bool:
    """Whether a transfer in a process of its own died at a change before it came to its end."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    try:
        kill_before(change, out.parent)
        carry_out(planned(*models, out, overwrite=overwrite), recipe=True)
    finally:
        os._exit(0)


def main() -> None:
    """See the module's docstring."""
    torch.set_num_threads(1)
    target, specialist, folder = map(Path, sys.argv[1:])
    models = resolve(target), resolve(specialist)
    before = contents(target)
    out = folder / "place" / "out"
    found: dict[str, list[list[object]]] = {}
    for old in (False, True):
        states = found.setdefault("overwritten" if old else "new", [])
        died = True
        while died:
            shutil.rmtree(out.parent, ignore_errors=True)
            if old:
                shutil.copytree(target, out)
                (out / RECIPE_NAME).write_text(RECIPE)
            died = killed(models, out, overwrite=old, change=len(states) + 1)
            left = describe(contents(out), before) if out.exists() else "absent"
            carry_out(planned(*models, out, overwrite=True), recipe=True)
            beside = sorted(path.name for path in out.parent.iterdir())
            states.append([left, describe(contents(out), before), beside])
    sys.stdout.write(json.dumps(found))


def describe(files: dict[str, bytes], old: dict[str, bytes]) -> str:
    """`old`, `new` by its card and full number of files, or `broken`; both have the recipe."""
    if files.pop(RECIPE_NAME, None) != RECIPE.encode():
        return "broken"
    if files == old:
        return "old"
    whole = set(files) == {*old, "README.md"} and files["README.md"] == b"card\n"
    same = all(files[name] == old[name] for name in old if not name.endswith(".safetensors"))
    return "new" if whole and same else "broken"


if __name__ == "__main__":
    main()

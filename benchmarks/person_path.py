"""A person's path through the window, from the start page to an exported, verified checkpoint.

    python benchmarks/person_path.py demo --out DIR
    python benchmarks/person_path.py own --out DIR --target MODEL --specialist MODEL \\
        --keep CALIBRATION HELDOUT

Every step is done by clicks and keys on the real window; printed are the seconds of each, and DIR
gets a picture of each. Run it under Xvfb or with QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

_STARTED_AT = time.monotonic()
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from act_core.environment import prepare_environment  # noqa: E402

prepare_environment()

from act_core.settings import Settings  # noqa: E402
from act_gui.app import make_application  # noqa: E402
from act_gui.log import LogStore  # noqa: E402
from act_gui.notify import Notices  # noqa: E402
from act_gui.preferences import Preferences  # noqa: E402
from act_gui.window import MainWindow  # noqa: E402
from tests.flows.person import Person, demo_story, own_models_story  # noqa: E402

_MOST_S = 3600.0


def main() -> None:
    """Walk one of the two paths and print the time of each step."""
    arguments = _arguments()
    out: Path = arguments.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    app = make_application()
    window = MainWindow(Preferences(app, out / "settings.json", Settings(theme=arguments.theme)))
    log = LogStore(out / "act.log")
    window.fill(Notices(), log, fresh=True)
    window.show()
    person = Person(window, out / "pictures")
    print(f"window shown: {time.monotonic() - _STARTED_AT:6.1f} s after the start")
    if arguments.path == "demo":
        exported = demo_story(person, out, most_s=_MOST_S)
    else:
        exported = own_models_story(
            person,
            out,
            str(arguments.target),
            str(arguments.specialist),
            arguments.keep,
            most_s=_MOST_S,
        )
    for step, seconds in person.seconds.items():
        print(f"{step:12} {seconds:8.1f} s")
    print(f"{'in all':12} {sum(person.seconds.values()):8.1f} s")
    print(f"exported to {exported}")
    window.desk.close()
    window.close()
    log.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", choices=("demo", "own"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--target", type=Path)
    parser.add_argument("--specialist", type=Path)
    parser.add_argument("--keep", type=Path, nargs=2)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""A person's path through the window, from the start page to an exported, verified checkpoint.

    python benchmarks/person_path.py demo --out DIR
    python benchmarks/person_path.py own --out DIR --target MODEL --specialist MODEL \\
        --keep CALIBRATION HELDOUT
    python benchmarks/person_path.py hub --out DIR --models FOLDER --base NAME --target NAME \\
        --specialist NAME --keep CALIBRATION HELDOUT [--until downloads]

Every step is done by clicks and keys on the real window; printed are the seconds of each, and DIR
gets a picture of each. Run it under Xvfb or with QT_QPA_PLATFORM=offscreen.

`hub` serves the folders in FOLDER as models, and the kept data as a data set, by a Hub on this
computer, from threads of this program. The specialist comes over a slow line, is interrupted by
closing the window and goes on in another one; the result is published and loaded by its name.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

_STARTED_AT = time.monotonic()
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from act_core.environment import prepare_environment  # noqa: E402

prepare_environment()

from act_core.settings import HubSettings, Settings, save_settings, settings_path  # noqa: E402
from act_gui.app import make_application  # noqa: E402
from act_gui.log import LogStore  # noqa: E402
from act_gui.notify import Notices  # noqa: E402
from act_gui.preferences import Preferences  # noqa: E402
from act_gui.window import MainWindow  # noqa: E402
from tests.flows.person import (  # noqa: E402
    Person,
    demo_story,
    from_profile_to_export,
    own_models_story,
)
from tests.hub.loopback import Hub  # noqa: E402

_MOST_S = 3600.0
_OWNER = "local"
_SLOW_BYTES_PER_S = 60e6
_INTERRUPTED_AT_BYTES = 100_000_000


def main() -> None:
    """Walk one of the paths and print the time of each step."""
    arguments = _arguments()
    out: Path = arguments.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    os.environ["ACT_HOME"] = str(out)
    with Hub() as hub:
        if arguments.path == "hub":
            _serve(hub, arguments)
            _lead_to(hub, out)
        way = HubSettings(endpoint=hub.url)
        save_settings(Settings(theme=arguments.theme, hub=way), settings_path())
        app = make_application()
        log = LogStore(out / "act.log")

        def open_window() -> MainWindow:
            window = MainWindow(Preferences(app, settings_path()))
            window.fill(Notices(), log, fresh=True)
            window.show()
            return window

        person = Person(open_window(), out / "pictures")
        print(f"window shown: {time.monotonic() - _STARTED_AT:6.1f} s after the start")
        exported = _walk(person, out, arguments, hub, open_window)
        for step, seconds in person.seconds.items():
            print(f"{step:14} {seconds:8.1f} s")
        print(f"{'in all':14} {sum(person.seconds.values()):8.1f} s")
        if exported is not None:
            print(f"exported to {exported}")
        person.window.desk.close()
        person.window.close()
        log.close()


def _walk(
    person: Person,
    out: Path,
    arguments: argparse.Namespace,
    hub: Hub,
    open_window: Callable[[], MainWindow],
) -> Path | None:
    if arguments.path == "demo":
        return demo_story(person, out, most_s=_MOST_S)
    if arguments.path == "own":
        target, specialist = str(arguments.target), str(arguments.specialist)
        return own_models_story(person, out, target, specialist, arguments.keep, most_s=_MOST_S)
    return _hub_story(person, out, arguments, hub, open_window)


# ------------------------------------------------------------------------------------ hub


def _serve(hub: Hub, arguments: argparse.Namespace) -> None:
    """Put the models and the kept data on the Hub; large files are hashed before the watch runs."""
    base = f"{_OWNER}/{arguments.base}"
    for folder in sorted(arguments.models.iterdir()):
        if not (folder / "config.json").is_file():
            continue
        name = f"{_OWNER}/{folder.name}"
        tags = [] if name == base else [f"base_model:{base}", f"base_model:finetune:{base}"]
        more = "" if name == base else f"base_model: {base}\n"
        card = f"---\nlicense: apache-2.0\n{more}---\n\n# {folder.name}\n"
        meta = {"tags": ["license:apache-2.0", *tags]}
        repo = hub.add(name, folder, files={"README.md": card.encode()}, meta=meta)
        for blob in repo.files.values():
            _ = blob.etag
    rows = b"".join(path.read_bytes() for path in arguments.keep)
    hub.add(f"{_OWNER}/kept", files={"train.jsonl": rows}, kind="dataset")


def _lead_to(hub: Hub, out: Path) -> None:
    """Have the Hub's client go to this Hub, and keep cache and token in DIR; before its import."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_CACHE"):
        os.environ.pop(name, None)
    ways = {"HF_ENDPOINT": hub.url, "HF_HOME": str(out / "hf")}
    os.environ.update(ways, HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1")


def _hub_story(
    person: Person,
    out: Path,
    arguments: argparse.Namespace,
    hub: Hub,
    open_window: Callable[[], MainWindow],
) -> Path | None:
    from tests.flows import hub_steps

    wanted = hub_steps.Wanted(
        words=str(arguments.target).replace("-", " "),
        target=f"{_OWNER}/{arguments.target}",
        specialist=f"{_OWNER}/{arguments.specialist}",
        bring="plain-de",
        keep=f"{_OWNER}/kept",
        keep_rows=len(arguments.keep[0].read_bytes().splitlines()),
        result="writer/german-back",
    )
    hub_steps.begin(person, out, wanted)
    for name, verdict in hub_steps.show_what_fits(person).items():
        print(f"{name}: {verdict}")
    for finding in hub_steps.check_pair(person, wanted):
        print(f"{finding.severity}: {finding.title}")
    hub_steps.interrupt_download(
        person,
        hub,
        wanted,
        least_bytes=_INTERRUPTED_AT_BYTES,
        bytes_per_s=_SLOW_BYTES_PER_S,
    )
    person.window = open_window()
    hub_steps.resume_download(person, out / hub_steps.PROJECT, wanted, most_s=_MOST_S)
    ranges = [one.headers.get("range", "all") for one in hub.log if one.to_cdn]
    print(f"asked of weights: {', '.join(ranges)}")
    if arguments.until == "downloads":
        return None
    hub_steps.choose_data(person, wanted, most_s=_MOST_S)
    exported = from_profile_to_export(person, most_s=_MOST_S)
    hub_steps.publish(person, wanted, "hf_writer", most_s=_MOST_S)
    hub_steps.load_published(person, wanted, exported)
    return exported


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", choices=("demo", "own", "hub"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--target", help="folder; of hub, its name")
    parser.add_argument("--specialist", help="likewise")
    parser.add_argument("--keep", type=Path, nargs=2)
    parser.add_argument("--models", type=Path, help="hub: folder with the models")
    parser.add_argument("--base", help="hub: what the others were made from")
    parser.add_argument("--until", choices=("downloads", "published"), default="published")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    return parser.parse_args()


if __name__ == "__main__":
    main()

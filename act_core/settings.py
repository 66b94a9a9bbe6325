"""What a person has set once for all projects: a small checked JSON file in the user's folder."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from act_core.files import write_whole

ThemeName = Literal["light", "dark", "system"]
FONT_PERCENT_RANGE = (80, 200)
_MOST_RECENT = 10
HOME_VARIABLE = "ACT_HOME"


@dataclass(frozen=True, slots=True)
class HubSettings:
    """How the Hub is reached. No token is here: that lies in the Hub's own store.

    Attributes:
        endpoint: Address of the Hub or of a mirror; empty: HF_ENDPOINT, or the Hub itself.
        proxy: Address of a proxy, with its password; empty: as the environment says.
        certificates: PEM file with certificates to trust beside the system's; may be empty.
        offline: Send nothing.
    """

    endpoint: str = ""
    proxy: str = ""
    certificates: str = ""
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. A plain dataclass: the window reads it before anything else is imported.

    Attributes:
        theme: `system` follows the desktop.
        font_percent: Of the desktop's font size, 80 to 200.
        recent: Project folders, the last opened first.
        recent_models: Names of models of the Hub, the last used first.
        explain: Whether pages show their explaining sentence.
        hub: How the Hub is reached.
    """

    theme: ThemeName = "system"
    font_percent: int = 100
    recent: tuple[str, ...] = ()
    recent_models: tuple[str, ...] = ()
    explain: bool = True
    hub: HubSettings = HubSettings()

    def with_recent(self, folder: Path) -> Settings:
        """The settings with a project folder first among the recent ones."""
        others = [name for name in self.recent if name != str(folder)]
        return replace(self, recent=(str(folder), *others)[:_MOST_RECENT])

    def with_model(self, name: str) -> Settings:
        """The settings with a model of the Hub first among the recent ones."""
        others = [other for other in self.recent_models if other != name]
        return replace(self, recent_models=(name, *others)[:_MOST_RECENT])

    def without_recent(self, folder: Path) -> Settings:
        """The settings with a project folder forgotten."""
        return replace(self, recent=tuple(name for name in self.recent if name != str(folder)))


def home_folder() -> Path:
    """Where settings, log and crash reports lie; the variable `ACT_HOME` names another place."""
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_config_path

    return user_config_path("act-studio", appauthor=False)


def settings_path() -> Path:
    """The file of the settings."""
    return home_folder() / "settings.json"


def load_settings(path: Path) -> Settings:
    """Read settings; what is missing or damaged is as at the first start.

    A damaged file is set aside as `NAME.damaged`, so that nothing a person wrote is lost.
    """
    try:
        return _checked(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, RecursionError):
        with contextlib.suppress(OSError):
            path.replace(path.with_name(path.name + ".damaged"))
        return Settings()


def _checked(data: Any) -> Settings:
    """Settings from what a file holds; unknown keys are of a newer version and left out."""
    if not isinstance(data, dict):
        raise ValueError("not a mapping")
    known = Settings()
    theme = data.get("theme", known.theme)
    percent = data.get("font_percent", known.font_percent)
    recent, models = data.get("recent", []), data.get("recent_models", [])
    explain = data.get("explain", known.explain)
    least, most = FONT_PERCENT_RANGE
    if (
        theme not in get_args(ThemeName)
        or type(percent) is not int
        or not least <= percent <= most
        or not all(isinstance(names, list) for names in (recent, models))
        or not all(isinstance(name, str) for name in (*recent, *models))
        or not isinstance(explain, bool)
    ):
        raise ValueError("a value is not allowed")
    hub = _checked_hub(data.get("hub", {}))
    kept, kept_models = tuple(recent[:_MOST_RECENT]), tuple(models[:_MOST_RECENT])
    return Settings(theme, percent, kept, kept_models, explain, hub)


def _checked_hub(data: Any) -> HubSettings:
    if not isinstance(data, dict):
        raise ValueError("not a mapping")
    known = asdict(HubSettings())
    values = {name: data.get(name, default) for name, default in known.items()}
    if any(type(values[name]) is not type(default) for name, default in known.items()):
        raise ValueError("a value is not allowed")
    return HubSettings(**values)


def save_settings(settings: Settings, path: Path) -> None:
    """Write settings whole or not at all, for their owner alone: a proxy may have a password.

    Raises:
        OutputError: They cannot be written.
    """
    write_whole(path, json.dumps(asdict(settings), indent=1) + "\n", private=True)

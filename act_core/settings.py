"""What a person has set once for all projects: a small checked JSON file in the user's folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from act_core.files import write_whole

_MOST_RECENT = 10
HOME_VARIABLE = "ACT_HOME"


class Settings(BaseModel):
    """All settings.

    Attributes:
        theme: `system` follows the desktop.
        font_percent: Of the desktop's font size.
        recent: Project folders, the last opened first.
        explain: Whether pages show their explaining sentence.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: Literal["light", "dark", "system"] = "system"
    font_percent: Annotated[int, Field(ge=80, le=200)] = 100
    recent: tuple[str, ...] = ()
    explain: bool = True

    def with_recent(self, folder: Path) -> Settings:
        """The settings with a project folder first among the recent ones."""
        others = [name for name in self.recent if name != str(folder)]
        return self.model_copy(update={"recent": (str(folder), *others)[:_MOST_RECENT]})

    def without_recent(self, folder: Path) -> Settings:
        """The settings with a project folder forgotten."""
        kept = tuple(name for name in self.recent if name != str(folder))
        return self.model_copy(update={"recent": kept})


def home_folder() -> Path:
    """Where settings, log and crash reports lie; the variable `ACT_HOME` names another place."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_config_dir("act-studio", False))


def settings_path() -> Path:
    """The file of the settings."""
    return home_folder() / "settings.json"


def load_settings(path: Path) -> Settings:
    """Read settings; what is missing or damaged is as at the first start.

    A damaged file is set aside as `NAME.damaged`, so that nothing a person wrote is lost.
    """
    try:
        return Settings.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Settings()
    except (OSError, ValidationError):
        with contextlib.suppress(OSError):
            path.replace(path.with_name(path.name + ".damaged"))
        return Settings()


def save_settings(settings: Settings, path: Path) -> None:
    """Write settings whole or not at all.

    Raises:
        OutputError: They cannot be written.
    """
    write_whole(path, settings.model_dump_json(indent=1) + "\n")

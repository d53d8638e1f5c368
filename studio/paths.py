"""Where things are: what ships with the app (resources) and what belongs to the user (the library folder).

Everything of the user's lives in one folder, so that copying that folder copies everything.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

LIBRARY_VARIABLE = "GPT2_STUDIO_LIBRARY"
"""The environment variable that chooses the library folder when `--library` does not."""

_APP = "gpt2-studio"


def resource(*parts: str) -> Path:
    """The path of something that ships with the app: `resource("icons", "plus.svg")`."""
    return _resources().joinpath(*parts)


def _resources() -> Path:
    bundle: str | None = getattr(sys, "_MEIPASS", None)  # set by PyInstaller
    if bundle is not None:
        return Path(bundle, "resources")
    package = Path(__file__).resolve().parent
    installed = package / "resources"  # where the wheel puts them
    return installed if installed.is_dir() else package.parent / "resources"


def library_dir(override: str | None = None) -> Path:
    """The user's folder: `override`, else GPT2_STUDIO_LIBRARY, else the system's place for user data.

    Always absolute. The folder need not exist yet.
    """
    chosen = override or os.environ.get(LIBRARY_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs  # here because it costs 30 ms of the start

    return Path(platformdirs.user_data_dir(_APP, appauthor=False))


def database_file(library: Path) -> Path:
    """The SQLite file with sessions, texts and generations."""
    return library / "library.db"


def instance_lock(library: Path) -> Path:
    """The file that the window of this library holds locked."""
    return library / "window.lock"


def settings_file(library: Path) -> Path:
    """The TOML file of `studio.settings`."""
    return library / "settings.toml"


def precisions_file(library: Path) -> Path:
    """What precisions were measured to cost on this machine; may be deleted at any time."""
    return library / "precisions.json"


def machine_file(library: Path) -> Path:
    """How fast this machine's memory was measured to be; may be deleted at any time."""
    return library / "machine.json"


def presets_dir(library: Path) -> Path:
    """The user's own sampling presets, one TOML file each."""
    return library / "presets"


def models_dir(library: Path) -> Path:
    """The user's own checkpoint folders."""
    return library / "models"


def logs_dir(library: Path) -> Path:
    """Logs and reports of errors."""
    return library / "logs"

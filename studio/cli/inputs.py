"""What the arguments name: folders, models, texts."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from studio import paths
from studio.cli.trouble import ArgumentsError
from studio.core.chain import Chain, effective, without
from studio.core.presets import Preset, load_presets
from studio.models.built_in import STARTER
from studio.models.shelf import Shelf


def library(arguments: argparse.Namespace) -> Path:
    """The folder where everything of the user's lives."""
    try:
        return paths.library_dir(getattr(arguments, "library", None))
    except RuntimeError:
        raise ArgumentsError("The library folder begins with ~ and the name of nobody here.") from None


def model_folder(name: str, library: Path) -> Path:
    """Find a model: the one that ships with the app, by name or id in the library, or any folder."""
    if not name.strip():
        raise ArgumentsError("--model needs a name or a folder.")
    try:
        if name.casefold() == STARTER:
            return paths.resource("models", STARTER)
        if (model := Shelf(paths.models_dir(library)).find(name)) is not None:
            return model.folder
        folder = Path(name).expanduser()
        folder.is_dir()
    except (OSError, RuntimeError) as error:  # RuntimeError: ~ of nobody
        reason = getattr(error, "strerror", None) or "there is no such user"
        raise ArgumentsError(f"The model folder {clean(name)[:80]} cannot be read ({reason}).") from None
    return folder


def preset(name: str, library: Path) -> Preset:
    """Find a preset: one of the user's own, or one that ships with the app."""
    presets, problems = load_presets(paths.resource("presets"), paths.presets_dir(library))
    wanted = name.strip().casefold()
    found = next((preset for preset in presets if preset.name.casefold() == wanted), None)
    if found is None:
        names = ", ".join(preset.name for preset in presets)
        raise ArgumentsError(
            " ".join([f"There is no preset named {name!r}, only {names}.", *map(str, problems)])
        )
    return found


def chain(name: str, library: Path) -> Chain:
    """The stages of a preset that change anything; none for no name: the model itself."""
    if not name:
        return ()
    chosen = preset(name, library)
    return effective(without(chosen.processors, chosen.off))


def read_text(file: str, *, exactly: bool) -> str:
    """Read a UTF-8 file or stdin; unless `exactly`, line breaks become \\n and the last one is dropped."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ArgumentsError(f"{_shown(file)} is not UTF-8 text.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise ArgumentsError(f"{_shown(file)} cannot be read ({reason}).") from None
    if exactly:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def _shown(file: str) -> str:
    return "The input" if file == "-" else clean(file)


def clean(text: str) -> str:
    """What the shell could not decode becomes U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)

"""The SHA-256 that identifies a model: of its weights files, as ModelInfo has it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from studio.core import model_files as files

MAX_FILES = 100
"""Of a folder; no model has more."""


def weights_sha256(folder: Path) -> Generator[float, None, str]:
    """Hash a model's weights, yielding the fraction done. Raises StudioError if they cannot be read."""
    return (yield from files.sha256(files.find_weights(folder).files))


def stamp(folder: Path) -> str:
    """Sizes and times of the weights files: while this is the same, so are they. Empty: there are none."""
    try:
        found = sorted(path for path in folder.glob("*.safetensors") if path.is_file())
        states = [(path.name, path.stat()) for path in found]
    except OSError:
        return ""
    return "; ".join(f"{name} {state.st_size} {state.st_mtime_ns}" for name, state in states[:MAX_FILES])

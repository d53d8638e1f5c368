"""The SHA-256 that identifies a model: of its weights files, as ModelInfo has it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from studio.core import model_files as files


def weights_sha256(folder: Path) -> Generator[float, None, str]:
    """Hash a model's weights, yielding the fraction done. Raises StudioError if they cannot be read."""
    return (yield from files.sha256(files.find_weights(folder).files))

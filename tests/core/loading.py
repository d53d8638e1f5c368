"""Loads a checkpoint folder, or takes down why it was refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.errors import StudioError

MakeFolder = Callable[..., Path]


def load(folder: Path, device: str = "cpu") -> Checkpoint:
    loading = load_checkpoint(str(folder), device)
    while True:
        try:
            assert 0 <= next(loading) <= 1
        except StopIteration as stop:
            checkpoint = stop.value
            assert isinstance(checkpoint, Checkpoint)
            return checkpoint


def refusal(folder: Path) -> StudioError:
    """The error of loading; it comes quickly and reads like two sentences."""
    started = time.monotonic()
    with pytest.raises(StudioError) as caught:
        load(folder)
    assert time.monotonic() - started < 5
    for sentence in (caught.value.what_happened, caught.value.what_to_do):
        assert sentence.endswith(".")
        assert "{" not in sentence
    return caught.value

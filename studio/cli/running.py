"""Running the engine from a terminal: loading, Ctrl+C, failures, numbers for JSON."""

from __future__ import annotations

import contextlib
import json
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from studio import paths
from studio.cli.trouble import EngineFailedError

if TYPE_CHECKING:
    from studio.core.engine import Engine
    from studio.core.messages import JobFailed, ModelInfo, ScoredToken, Token

JOB = 1


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl+C into a request to stop; a second one breaks off at once."""
    pressed = threading.Event()

    def on_interrupt(*_: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return
    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, previous)


def load(
    folder: Path,
    device: str,
    cancelled: Callable[[], bool],
    precision: str = "float32",
    library: Path | None = None,
) -> tuple[Engine, ModelInfo]:
    """Load a model. `library` knows what "auto" is. Raises EngineFailedError, KeyboardInterrupt."""
    from studio.core import messages as m
    from studio.core.engine import Engine
    from studio.core.precisions import AUTO, Known

    engine = Engine()
    known: tuple[tuple[str, str], ...] = ()
    if precision == AUTO and library is not None:
        known = Known.from_file(paths.precisions_file(library)).choices()
    request = m.LoadModel(JOB, str(folder), device, precision, measured=known)
    for message in engine.run(request, cancelled):
        match message:
            case m.ModelLoaded(model=info):
                if precision not in (AUTO, info.dtype):
                    note(f"{info.name} is computed in {info.dtype}: it cannot be had in {precision} here.")
                return engine, info
            case m.JobFailed():
                raise failed(message)
    raise KeyboardInterrupt


def draft_with(engine: Engine, folder: Path, cancelled: Callable[[], bool]) -> None:
    """Let a smaller model draft ahead. Raises EngineFailedError, Interrupted."""
    from studio.core import messages as m

    for message in engine.run(m.ChooseDrafter(JOB, str(folder)), cancelled):
        match message:
            case m.DrafterChosen():
                return
            case m.JobFailed():
                raise failed(message)
    raise KeyboardInterrupt


def failed(failure: JobFailed) -> EngineFailedError:
    """Put a failure of the engine into words."""
    report = f"\n{failure.report}" if failure.report else ""  # a bug of ours
    return EngineFailedError(f"{failure.what_happened} {failure.what_to_do}{report}")


def number(value: float, digits: int = 6) -> float | None:
    """Round for JSON, which knows no infinity."""
    return round(value, digits) if math.isfinite(value) else None


def row(token: Token | ScoredToken) -> dict[str, object]:
    """One token for JSON."""
    return {
        "id": token.token_id,
        "text": token.text,
        "logprob": number(token.logprob),
        "rank": token.rank,
        "entropy": number(token.entropy),
    }


def print_json(result: dict[str, object]) -> None:
    """Print one line of JSON."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n")


def progress(doing: str, fraction: float) -> None:
    """Tell the person at the terminal, if there is one, how far it is."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{doing}: {fraction:.0%}")
        sys.stderr.flush()


def end_progress() -> None:
    """Take that away again."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()


def note(sentence: str) -> None:
    """Tell the person at the terminal something that is not part of the output."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()

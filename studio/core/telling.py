"""What the engine says of any work: its progress and its failure."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Iterator
from pathlib import PurePath

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.hardware import is_out_of_memory
from studio.core.messages import JobFailed, Message, Progress


def told(job_id: int, work: Generator[float, None, Message]) -> Iterator[Message]:
    """The progress of some work, and what comes of it."""
    while True:
        try:
            fraction = next(work)
        except StopIteration as stop:
            yield stop.value
            return
        yield Progress(job_id, fraction)


def failure(job_id: int, error: BaseException) -> JobFailed:
    """The message for an error: a StudioError speaks for itself, anything else is a bug with a traceback."""
    bug = ""
    if isinstance(error, StudioError):
        known = error
    elif is_out_of_memory(error):
        known = StudioError(
            QT_TRANSLATE_NOOP("StudioError", "There is not enough memory."),
            QT_TRANSLATE_NOOP("StudioError", "Close other programs, or choose a smaller model."),
        )
    else:
        known = StudioError(
            QT_TRANSLATE_NOOP("StudioError", "Something went wrong inside the program."),
            QT_TRANSLATE_NOOP("StudioError", "Try again; if it happens again, please report it."),
        )
        bug = report(error)
    return JobFailed(job_id, known.what_happened, known.what_to_do, bug, known.templates, known.values)


def report(error: BaseException) -> str:
    """Where an error happened and its class; not its message, which may quote what the user wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        f"  {PurePath(frame.filename).name}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames
    ]
    return "\n".join([*lines, f"{type(error).__module__}.{type(error).__qualname__}"])

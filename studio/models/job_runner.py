"""Starting a job and reading what it says, without Qt: for the command line and for tests."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.models import jobs


def job_command() -> list[str]:
    """Program and arguments that start a job: this program again, dispatched by a flag."""
    if getattr(sys, "frozen", False):
        return [sys.executable, jobs.JOB_FLAG]
    return [sys.executable, "-P", "-m", "studio", jobs.JOB_FLAG]  # -P: not what lies in the current folder


def broke_off() -> StudioError:
    """What is said of a job that ended without a word: crashed, killed, over its limits."""
    return StudioError(
        QT_TRANSLATE_NOOP("StudioError", "The work broke off: its process ended without a result."),
        QT_TRANSLATE_NOOP(
            "StudioError", "Nothing was changed. Try another file, or close other programs and try again."
        ),
    )


def parse(line: bytes) -> dict[str, Any]:
    """One event. Raises the StudioError that it tells of; also if it is not an event."""
    try:
        event = json.loads(line)
        if event["event"] == "failed":
            raise jobs.failure(event)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise broke_off() from error
    return dict(event)


def run(spec: jobs.Spec, wall_s: float | None = None) -> Generator[dict[str, Any], None, None]:
    """Run a job: its events, the last of them "done". Closing the iterator ends the job.

    Raises the StudioError the job tells of, or one of our own if it breaks off or takes longer than `wall_s`.
    """
    process = subprocess.Popen(  # noqa: S603 (this program itself)
        job_command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=jobs.child_environment(),
        cwd=Path.home().anchor,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    timer = threading.Timer(wall_s, process.kill) if wall_s is not None else None
    if timer is not None:
        timer.start()
    try:
        process.stdin.write(json.dumps(dict(spec)).encode() + b"\n")
        process.stdin.flush()
        done = False
        while not done:
            line = process.stdout.readline(jobs.MAX_LINE_BYTES)
            if not line:
                raise broke_off()
            event = parse(line)
            done = event["event"] == "done"
            yield event
    except BrokenPipeError as error:
        raise broke_off() from error
    finally:
        if timer is not None:
            timer.cancel()
        process.kill()
        process.communicate()

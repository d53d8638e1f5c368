"""The command line: the same engine, presets and folders as the window, without Qt.

`generate` streams text or prints one JSON object, `score` reads a text as the model does,
`inspect` looks at one place of it, `compare` at two models or settings, `sessions` and
`library` are about what was written, `models` about what can write, `bench` measures this machine, `doctor`
says whether all is in order.
Exit codes: 0 done, 1 it could not be done, 2 bad arguments, 130 Ctrl+C, 141 nobody reads the output any more.
A complaint is one line on stderr. Torch is imported only when a model is needed.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys

from studio.cli.arguments import make_parser
from studio.cli.trouble import ArgumentsError, EngineFailedError

COMMANDS = ("generate", "score", "inspect", "compare", "bench", "models", "doctor", "sessions", "library")


def main(argv: list[str]) -> int:
    """Carry out one command (without the program's name) and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        arguments = make_parser().parse_args(argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except SystemExit as end:  # argparse: --help, --version, an error
        return end.code if isinstance(end.code, int) else 0
    except ArgumentsError as error:
        return _complain(str(error), 2)
    except EngineFailedError as error:
        return _complain(str(error), 1)
    except KeyboardInterrupt:
        return _end_output(130)
    except OSError as error:
        if error.errno in {errno.EPIPE, errno.EINVAL}:  # whoever read our output has gone (EINVAL: Windows)
            return _end_output(141)
        _end_output(1)
        return _complain(f"The output could not be written ({error.strerror}).", 1)
    except Exception as error:
        from studio.core.errors import StudioError  # here: --help does without

        if not isinstance(error, StudioError):
            raise
        return _complain(str(error), 1)
    return code


def _complain(sentence: str, code: int) -> int:
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    sys.stderr.write(f"{sentence}\n")
    return code


def _end_output(code: int) -> int:
    """Hand over what is written; if nobody takes it, let the interpreter's last flush go nowhere."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code

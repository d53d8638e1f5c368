"""`python -m studio`, `gpt2-studio`: chooses between window, command line and model process.

Nothing heavy is imported here: `--version` answers at once, and each process imports only its own part.
"""

from __future__ import annotations

import os
import sys

from studio import __version__

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
}
"""No library of ours opens a socket. huggingface_hub reads these once, when it is imported."""


def main(argv: list[str] | None = None) -> int:
    """Run what the arguments ask for; returns the exit code."""
    os.environ.update(OFFLINE)
    arguments = sys.argv[1:] if argv is None else argv
    if arguments == ["--version"]:
        return tell_version()
    if arguments[:1] == ["--model-process"]:
        from studio.core.serve import main as serve

        return serve()
    if arguments[:1] == ["--job"]:
        from studio.models.jobs import main as job

        return job()
    if arguments[:1] == ["--smoothness"]:
        from studio.smoothness import main as smoothness

        return smoothness(arguments[1:])
    if wants_command_line(arguments):
        from studio.cli import main as command_line

        return command_line(arguments)
    from studio.app import main as window

    return window([sys.argv[0], *arguments])


def tell_version() -> int:
    """Say the version; 1 if nobody takes it."""
    try:
        print(f"GPT-2 Studio {__version__}", flush=True)
    except OSError:
        return 1
    return 0


def wants_command_line(arguments: list[str]) -> bool:
    """Whether these arguments are for the command line: all but `--library DIR` alone, or none."""
    rest = list(arguments)
    while rest and rest[0].startswith("--library"):
        rest = rest[1:] if "=" in rest[0] else rest[2:]
    return bool(rest)


if __name__ == "__main__":
    sys.exit(main())

"""`gpt2-studio models export`: a model as a file or folder that other programs load."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.cli import running
from studio.cli.library import line, print_result
from studio.cli.model_action import ModelAction, add_model, found
from studio.cli.trouble import ArgumentsError
from studio.models import job_runner
from studio.models.exporting import FORMATS, clean_up, export_spec


def _flags(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument(
        "--format",
        choices=list(FORMATS),
        default="gguf",
        help="for llama.cpp, or for Hugging Face (default: gguf)",
    )
    precisions = list(dict.fromkeys(name for names in FORMATS.values() for name in names))
    parser.add_argument(
        "--precision", choices=precisions, default="float16", help="of the weights (default: float16)"
    )
    parser.add_argument("--out", metavar="PATH", required=True, help="the file, or the folder to make")


def _export(arguments: argparse.Namespace) -> int:
    model = found(arguments, built_in=True)
    if arguments.precision not in FORMATS[arguments.format]:
        raise ArgumentsError(f"A {arguments.format} has no precision {arguments.precision}.")
    spec = export_spec(model, arguments.format, arguments.precision, Path(arguments.out))
    done = {}
    try:
        for event in job_runner.run(spec):
            if event["event"] == "done":
                done = event
            else:
                running.progress("Exporting", event["fraction"])
    finally:
        running.end_progress()
        clean_up(spec)
    print_result(arguments, {key: done[key] for key in ("path", "n_bytes", "notes")})
    if not arguments.json:
        line(f"{done['path']}: {done['n_bytes'] / 1e6:,.1f} MB")
        for note in done["notes"]:
            line(note)
    return 0


EXPORT = ModelAction("export", "write it as a GGUF file or a folder for other programs", _flags, _export)

"""`gpt2-studio models download`: a model from the Hub or a mirror of it, verified, onto the shelf."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio import paths, settings
from studio.cli import inputs, running
from studio.cli.library import line, print_result
from studio.cli.model_action import ModelAction, as_row, shelf
from studio.cli.trouble import ArgumentsError
from studio.models import job_runner
from studio.models.hub import names, unfinished

_BAR = 30


def _flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", metavar="REPO", help="“owner/name”, or the address of its page on the Hub")
    parser.add_argument(
        "--revision", metavar="R", help="a branch, a tag or a commit (default: main)", default=""
    )
    parser.add_argument("--file", metavar="F", help="a GGUF file, where there are several", default="")
    parser.add_argument(
        "--name", metavar="N", help="what to call it (default: as it is called there)", default=""
    )
    parser.add_argument(
        "--endpoint", metavar="URL", default="",
        help="the Hub's address (default: the setting, HF_ENDPOINT, or https://huggingface.co)",
    )  # fmt: skip
    parser.add_argument(
        "--token-file", metavar="FILE", help="an access token, if the model asks for one (“-”: the input)"
    )


def _run(arguments: argparse.Namespace) -> int:
    """Fetch it; Ctrl+C stops it, and the same command goes on where it was."""
    library = inputs.library(arguments)
    chosen = settings.load(paths.settings_file(library))[0]
    endpoint = names.endpoint_of(arguments.endpoint or chosen.hub_endpoint)
    wanted = names.parse(arguments.repo, endpoint)
    wanted = names.Wanted(wanted.repo, names.check_revision(arguments.revision) or wanted.revision)
    spec: dict[str, object] = {
        "job": "download",
        "memory_bytes": names.MEMORY_BYTES,
        "library": str(library),
        **asdict(wanted),
        "name": inputs.clean(arguments.name),
        "endpoint": endpoint,
        "proxy": chosen.hub_proxy,
        "token": _token(arguments),
    }
    begun = unfinished.of(shelf(arguments).staging, wanted)
    if begun is not None:
        running.note(
            f"Going on with the download of {begun.listing.repo}, commit {begun.listing.commit[:12]}."
        )
        spec["resume"] = begun.folder.name
    with running.interruptible() as interrupted:
        done = _follow(job_runner.run(spec), interrupted, loud=not arguments.json)
    model = shelf(arguments).find(str(done["model"]))
    assert model is not None
    print_result(arguments, as_row(model))
    if not arguments.json:
        there = "is in the library already" if done.get("already") else "is in the library"
        line(f"{model.name} {there}; write with it by --model {model.id}.")
    return 0


def _follow(
    events: Generator[dict[str, Any], None, None], interrupted: Callable[[], bool], *, loud: bool
) -> Mapping[str, Any]:
    """Show how it goes. Raises KeyboardInterrupt on Ctrl+C: the job ends, what has come stays."""
    event: Mapping[str, Any] = {}
    try:
        for event in events:
            if interrupted():
                running.end_progress()
                running.note("Stopped; the same command goes on from here.")
                raise KeyboardInterrupt
            match event.get("state"):
                case "asking":
                    running.note(f"Asking {event['host']}.")
                case "found":
                    _tell_found(event)
                case "waiting":
                    running.end_progress()
                    running.note(f"{event['reason']} Next try in {event['wait_s']:g} s.")
                case "again":
                    running.end_progress()
                    running.note(f"{event['file']} is not what the Hub promises; it is fetched once more.")
                case "fetching" | "checking" if loud:
                    _bar(event)
                case "importing":
                    running.progress("Importing", event["fraction"])
    finally:
        events.close()
        running.end_progress()
    return event


def _tell_found(event: Mapping[str, Any]) -> None:
    licence = event["licence"] or "not stated"
    running.note(f"{event['repo']}, commit {event['commit'][:12]}, licence: {licence}")
    total, missing = event["total_bytes"], event["total_bytes"] - event["done_bytes"]
    files = len(event["files"])
    running.note(f"{files} files, {total / 1e6:,.1f} MB; {missing / 1e6:,.1f} MB to fetch.")


def _bar(event: Mapping[str, Any]) -> None:
    if not sys.stderr.isatty():
        return
    full = round(_BAR * event["fraction"])
    left = event["left_s"]
    doing = "Checking" if event["state"] == "checking" else f"{event['speed'] / 1e6:.1f} MB/s"
    time_left = "" if left is None else f", {_clock(left)} left"
    sys.stderr.write(
        f"\r\033[K[{'#' * full}{'.' * (_BAR - full)}] {event['done_bytes'] / 1e6:,.1f} of "
        f"{event['total_bytes'] / 1e6:,.1f} MB, {doing}{time_left}"
    )
    sys.stderr.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def _token(arguments: argparse.Namespace) -> str:
    """The token, from a file or the input: on the command line every user of the computer could read it."""
    file: str | None = arguments.token_file
    if file is None:
        return ""
    try:
        text = sys.stdin.readline() if file == "-" else Path(file).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentsError(f"The token in {file} cannot be read.") from error
    return text.strip()


ACTION = ModelAction("download", "fetch one from the Hub", _flags, _run)

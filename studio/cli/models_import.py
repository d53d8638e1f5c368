"""`gpt2-studio models import` and `models verify`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studio.cli import inputs, running
from studio.cli.library import line, print_result
from studio.cli.model_action import ModelAction, add_model, as_row, found, shelf
from studio.cli.trouble import EngineFailedError
from studio.core.errors import StudioError
from studio.models import bringing, job_runner
from studio.models.built_in import STARTER
from studio.models.hashing import weights_sha256
from studio.models.records import About, ShelfModel


def _import_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", metavar="PATH", help="a model's folder, or a .safetensors, .gguf, .pt or .bin file"
    )
    parser.add_argument("--name", metavar="NAME", default="", help="what to call it (default: its own)")
    parser.add_argument(
        "--in-place", action="store_true", help="use the folder where it is; nothing is copied"
    )
    parser.add_argument(
        "--accept-pickle", action="store_true",
        help="read a Python pickle, which can hide a program, in a closed process that runs nothing of it",
    )  # fmt: skip


def _import(arguments: argparse.Namespace) -> int:
    path, name = Path(arguments.path), inputs.clean(arguments.name)
    it = bringing.recognise(path)
    if arguments.in_place:
        model = _use_in_place(arguments, it, name)
    else:
        if it.needs_consent and not arguments.accept_pickle:
            template, values = it.warning
            raise EngineFailedError(f"{template.format(**values)} Then add --accept-pickle.")
        model = _bring(arguments, it, name)
    print_result(arguments, as_row(model))
    if not arguments.json:
        line(f"{model.name} is on the shelf: --model {model.id}")
        for note in model.about.notes:
            running.note(note)
        if model.trouble:
            running.note(model.trouble)
    return 1 if model.trouble else 0


def _use_in_place(arguments: argparse.Namespace, it: bringing.Found, name: str) -> ShelfModel:
    if it.job != bringing.FOLDER:
        raise EngineFailedError(f"{it.path.name} has to be converted, so it cannot be used where it is.")
    return shelf(arguments).use_in_place(it.path, name, About(source=f"file:{it.path}"))


def _bring(arguments: argparse.Namespace, it: bringing.Found, name: str) -> ShelfModel:
    own = shelf(arguments)
    bringing.check_room(it, own.folder)
    with running.interruptible() as interrupted, own.staged() as staged:
        done: Mapping[str, Any] = {}
        for event in job_runner.run(bringing.spec(it, staged), bringing.wall_s(it)):
            if interrupted():
                raise KeyboardInterrupt
            done = event
            fraction = event.get("fraction")
            if isinstance(fraction, int | float):
                running.progress("Importing", fraction)
        running.end_progress()
        return bringing.adopt(own, staged, it, done, name)


def _verify(arguments: argparse.Namespace) -> int:
    model = found(arguments, built_in=True)
    checks: tuple[tuple[str, Callable[[argparse.Namespace, ShelfModel], str]], ...] = (
        ("headers", _check_headers),
        ("sha256", _check_hash),
        ("loads", _check_loading),
    )
    result: dict[str, str] = {}
    for what, check in checks:
        try:
            result[what] = check(arguments, model)
        except (StudioError, EngineFailedError) as error:
            result[what] = f"failed: {error}"
            break  # what comes later asks for more
    running.end_progress()
    ok = not any(said.startswith("failed") for said in result.values())
    print_result(arguments, {"name": model.name, "id": model.id, "ok": ok, **result})
    for what, said in result.items() if not arguments.json else ():
        line(f"{what}\t{said}")
    return 0 if ok else 1


def _check_headers(_arguments: argparse.Namespace, model: ShelfModel) -> str:
    if model.trouble:
        raise EngineFailedError(model.trouble)
    return f"{model.n_parameters:,} numbers in {model.precision}"


def _check_hash(arguments: argparse.Namespace, model: ShelfModel) -> str:
    work = weights_sha256(model.folder)
    while True:
        try:
            running.progress("Hashing", next(work))
        except StopIteration as stop:
            digest: str = stop.value
            break
    if model.id == STARTER:
        return digest
    known = shelf(arguments).know(model.id, digest)  # the first time it is only noted
    if known.was_sha256:
        raise EngineFailedError(f"The weights have changed: {digest} instead of {known.was_sha256}.")
    return digest


def _check_loading(_arguments: argparse.Namespace, model: ShelfModel) -> str:
    with running.interruptible() as interrupted:
        _, info = running.load(model.folder, "cpu", interrupted)
    return f"{info.architecture}, {info.n_parameters:,} numbers, {info.load_s:.1f} s"


IMPORT = ModelAction("import", "put a model from this computer on the shelf", _import_flags, _import)
VERIFY = ModelAction("verify", "are its weights what they were, and do they load?", add_model, _verify)

"""`gpt2-studio models ...`: the shelf without the window."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from studio import paths
from studio.cli import inputs, models_download, running
from studio.cli.library import line, opened, print_result
from studio.cli.model_action import ModelAction, add_model, as_row, found, shelf
from studio.cli.models_export import EXPORT
from studio.cli.models_import import IMPORT, VERIFY
from studio.cli.models_optimise import OPTIMISE, REPORT
from studio.cli.trouble import EngineFailedError
from studio.core.free_memory import available_memory_bytes
from studio.core.precisions import AUTO, Known
from studio.models.built_in import STARTER, starter
from studio.models.hashing import weights_sha256
from studio.models.machine import read_bandwidth
from studio.models.records import ShelfModel
from studio.models.verdict import Verdict, judge, speeds

if TYPE_CHECKING:
    from studio.store.records import ModelUse


def _list_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--trash", action="store_true", help="those that were removed")


def _list(arguments: argparse.Namespace) -> int:
    own = shelf(arguments)
    models = own.trashed() if arguments.trash else [starter(), *own.models()]
    judged = _judge(arguments, models)
    print_result(arguments, {"models": [as_row(one) | _in_json(judged[one.id]) for one in models]})
    if arguments.json:
        return 0
    rows = [_row(model, judged[model.id]) for model in models]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        line("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    return 0


def _row(model: ShelfModel, said: Verdict) -> tuple[str, ...]:
    if model.trouble:
        return model.name, model.id, "", "", "", "", "", model.trouble
    return (
        model.name,
        model.id,
        model.architecture,
        f"{model.n_parameters / 1e6:,.1f}M",
        model.precision,
        f"{model.n_bytes / 1e6:,.1f} MB",
        f"{model.n_positions:,} tokens",
        said.fit.value,
    )


def _judge(arguments: argparse.Namespace, models: Sequence[ShelfModel]) -> dict[str, Verdict]:
    """The verdict on each model, by its id."""
    library = inputs.library(arguments)
    known = Known.from_file(paths.precisions_file(library)).latest()
    written = {use.sha256: use.tokens_per_s for use in _uses(arguments)}
    here = (available_memory_bytes(), speeds(models, AUTO, known, written))
    bandwidth = read_bandwidth(paths.machine_file(library))
    return {model.id: judge(model, AUTO, known, *here, bandwidth) for model in models}


def _in_json(said: Verdict) -> dict[str, object]:
    return {"fit": said.fit.value, "verdict": str(said.said)}


def _uses(arguments: argparse.Namespace) -> tuple[ModelUse, ...]:
    """What was written with which model; nothing if there is no library, or it cannot be opened."""
    from studio.store.records import ListModelUses, ModelsUsed  # the library's modules only where it is asked

    try:
        with opened(arguments) as library:
            return library.ask(ListModelUses(), ModelsUsed).uses
    except EngineFailedError:
        return ()


def _info(arguments: argparse.Namespace) -> int:
    model = found(arguments, built_in=True)
    if not model.sha256 and not model.trouble:
        model = _hashed(arguments, model)
    others = [one for one in (starter(), *shelf(arguments).models()) if one.id != model.id]
    rows = as_row(model) | _in_json(_judge(arguments, [model, *others])[model.id])
    use = next((use for use in _uses(arguments) if use.sha256 == model.sha256), None)
    rows |= {
        "last_used_utc": use.last_used_utc if use else "",
        "n_generations": use.n_generations if use else 0,
        "n_sessions": use.n_sessions if use else 0,
    }
    print_result(arguments, rows)
    if not arguments.json:
        for name, value in rows.items():
            if isinstance(value, dict):
                for part, said in value.items():
                    line(f"{part}\t{'; '.join(said) if isinstance(said, tuple) else said}")
            else:
                line(f"{name}\t{value}")
    return 1 if model.trouble else 0


def _hashed(arguments: argparse.Namespace, model: ShelfModel) -> ShelfModel:
    """The model with the SHA-256 of its weights, which is kept for the next time."""
    work = weights_sha256(model.folder)
    while True:
        try:
            running.progress("Hashing", next(work))
        except StopIteration as stop:
            running.end_progress()
            digest: str = stop.value
            break
    if model.id == STARTER:
        return replace(model, sha256=digest)
    return shelf(arguments).know(model.id, digest)


def _rename_flags(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("name", metavar="NEW", help="what to call it")


def _rename(arguments: argparse.Namespace) -> int:
    return _tell(
        arguments, shelf(arguments).rename(found(arguments).id, arguments.name), "It is called {} now."
    )


def _remove(arguments: argparse.Namespace) -> int:
    model = found(arguments)
    shelf(arguments).remove(model.id)
    return _tell(arguments, model, "{} is in the trash; `models restore` brings it back.")


def _restore(arguments: argparse.Namespace) -> int:
    own = shelf(arguments)
    wanted = arguments.model.casefold()
    model = next((one for one in own.trashed() if wanted in (one.id, one.name.casefold())), None)
    return _tell(arguments, own.restore(model.id if model else arguments.model), "{} is back.")


def _tell(arguments: argparse.Namespace, model: ShelfModel, said: str) -> int:
    print_result(arguments, as_row(model))
    if not arguments.json:
        line(said.format(model.name))
    return 0


def _no_flags(parser: argparse.ArgumentParser) -> None:
    """None of its own."""


def _empty_trash(arguments: argparse.Namespace) -> int:
    freed = shelf(arguments).empty_trash()
    print_result(arguments, {"n_bytes": freed})
    if not arguments.json:
        line(f"{freed / 1e6:,.1f} MB are free.")
    return 0


ACTIONS: tuple[ModelAction, ...] = (
    ModelAction("list", "one line a model", _list_flags, _list),
    models_download.ACTION,
    ModelAction("info", "all that is known of one", add_model, _info),
    IMPORT,
    VERIFY,
    OPTIMISE,
    REPORT,
    ModelAction("rename", "call it something else", _rename_flags, _rename),
    ModelAction("remove", "into the trash", add_model, _remove),
    ModelAction("restore", "out of the trash", add_model, _restore),
    ModelAction("empty-trash", "delete for good what was removed", _no_flags, _empty_trash),
    EXPORT,
)
"""In the order of the help."""

"""`gpt2-studio models optimise` and `models report`: smaller and faster models, measured before and after."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from studio import paths
from studio.cli import inputs, running
from studio.cli.library import line, print_result
from studio.cli.model_action import ModelAction, add_model, as_row, found, shelf
from studio.cli.trouble import ArgumentsError, EngineFailedError
from studio.models import job_runner, reports, smaller
from studio.models.recipes import HEADS, LAYERS, NEURONS, PRECISION, PRECISIONS, VOCABULARY, Recipe
from studio.models.records import ShelfModel
from studio.models.reports import Report

_DOING = {"load": "Loading", "before": "Measuring", "make": "Making", "after": "Measuring"}


def _optimise_flags(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--precision", choices=PRECISIONS, help="fewer bits for each number")
    what.add_argument("--layers", type=int, metavar="N", help="keep N layers, those the text needs most")
    what.add_argument(
        "--heads", type=int, metavar="N", help="keep N heads of every layer, and as much of the width"
    )
    what.add_argument("--neurons", type=int, metavar="N", help="keep N neurons of every layer")
    what.add_argument(
        "--trim-to", nargs="+", metavar="FILE", help="keep the tokens that these texts need, and single bytes"
    )
    parser.add_argument(
        "--text", metavar="FILE", help="what to decide by and measure on (default: a short text of the app's)"
    )
    parser.add_argument("--name", default="", metavar="NEW", help="what to call the new model")


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """What the flags ask for."""
    for kind in (LAYERS, HEADS, NEURONS):
        if (keep := getattr(arguments, kind)) is not None:
            return Recipe(kind, keep=keep)
    return Recipe(PRECISION, arguments.precision) if arguments.precision else Recipe(VOCABULARY)


def _optimise(arguments: argparse.Namespace) -> int:
    model, own, recipe = found(arguments, built_in=True), shelf(arguments), recipe_of(arguments)
    if model.trouble:
        raise EngineFailedError(model.trouble)
    wanted = [_file(path) for path in arguments.trim_to or ()]
    text = [_file(arguments.text)] if arguments.text else wanted or [paths.resource("check", "text.txt")]
    with running.interruptible() as interrupted, own.staged() as staged:
        done: Mapping[str, Any] = {}
        with closing(job_runner.run(smaller.spec(model, recipe, staged, text, wanted))) as events:
            for event in events:
                if interrupted():
                    raise KeyboardInterrupt
                done = event
                if isinstance(fraction := event.get("fraction"), int | float):
                    running.progress(_DOING.get(str(event.get("doing")), "Working"), fraction)
        running.end_progress()
        report = smaller.report_of(done)
        if report is None:
            raise job_runner.broke_off()
        made = smaller.adopt(own, staged, model, report, inputs.clean(arguments.name))
    print_result(arguments, {"model": as_row(made), "report": report.to_json()})
    if not arguments.json:
        for row in table(report):
            line(row)
        line(f"{made.name} is on the shelf: --model {made.id}")
    return 0


def _file(name: str) -> Path:
    path = Path(name).absolute()
    if not path.is_file():
        raise ArgumentsError(f"There is no file {inputs.clean(name)[:80]!r}.")
    return path


def table(report: Report) -> Iterator[str]:
    """What was measured, for people."""
    before, after = report.before, report.after
    for what, one, other in (
        ("", "before", "after"),
        ("size", f"{before.n_bytes / 1e6:,.1f} MB", f"{after.n_bytes / 1e6:,.1f} MB"),
        ("parameters", f"{before.n_parameters:,}", f"{after.n_parameters:,}"),
        ("computed in", before.computed, after.computed),
        ("tokens/s", f"{before.tokens_per_s:,.0f}", f"{after.tokens_per_s:,.0f}"),
        ("perplexity", f"{before.perplexity:,.2f}", f"{after.perplexity:,.2f}"),
        ("bits per byte", f"{before.bits_per_byte:.3f}", f"{after.bits_per_byte:.3f}"),
    ):
        yield f"{what:14} {one:>14} {other:>14}"
    if report.agreement is not None:
        yield f"{'same favourite':14} {'':14} {report.agreement:>14.1%}"
    if report.mean_kl is not None:
        yield f"{'mean KL':14} {'':14} {report.mean_kl:>9.5f} nats"
    apart = "" if report.apart else ", which also decided what to leave out"
    yield f"Measured on {before.n_tokens} tokens, “{report.quote}”{apart}."
    for sample in report.samples:
        yield f"“{_one_line(sample.prompt)}” with seed {sample.seed}"
        yield f"  before: {_one_line(sample.before)}"
        yield f"  after:  {_one_line(sample.after)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _report(arguments: argparse.Namespace) -> int:
    model: ShelfModel = found(arguments)
    report = reports.read(model.folder)
    if report is None:
        raise EngineFailedError(f"{model.name} was not made by `models optimise`: it has no report.")
    print_result(arguments, report.to_json())
    if not arguments.json:
        for row in table(report):
            line(row)
    return 0


OPTIMISE = ModelAction(
    "optimise", "make a smaller or faster one of it, beside it", _optimise_flags, _optimise
)
REPORT = ModelAction("report", "what making it smaller brought and cost", add_model, _report)

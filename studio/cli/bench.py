"""`gpt2-studio bench`: how fast a model is on this machine, and how much of that its memory allows."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from studio import paths
from studio.cli import bench_table, inputs, running
from studio.cli.bench_table import Measured
from studio.cli.trouble import ArgumentsError
from studio.core import messages as m
from studio.core.engine import Engine
from studio.models import machine

Cancelled = Callable[[], bool]

SMOOTHNESS_FLAG = "--smoothness"
POLL_S = 0.1


def run_bench(arguments: argparse.Namespace) -> int:
    """Measure the model, then the window; print a table or JSON."""
    if arguments.threads:
        os.environ["GPT2_STUDIO_THREADS"] = str(arguments.threads)
    with running.interruptible() as cancelled, chosen_model(arguments) as folder:
        try:
            measured = measure_all(folder, arguments, cancelled)
            window = None if arguments.no_window else window_gaps(folder, cancelled)
        finally:
            running.end_progress()
    keep_bandwidth(inputs.library(arguments), measured)
    if arguments.json:
        running.print_json(bench_table.as_json(measured, window))
    else:
        sys.stdout.write("\n".join(bench_table.lines(measured, window)) + "\n")
    return 0


def keep_bandwidth(library: Path, measured: list[Measured]) -> None:
    """Remember how fast the memory is, if there is a library: how fast models write is judged by it."""
    figures = (figure for one in measured for figure in one.figures)
    found = max((f.value for f in figures if f.quantity is m.Quantity.BANDWIDTH), default=0.0)
    if found and library.is_dir():
        with contextlib.suppress(OSError):
            paths.machine_file(library).write_text(machine.as_json(found), "utf-8")


@contextlib.contextmanager
def chosen_model(arguments: argparse.Namespace) -> Iterator[Path]:
    """The model's folder; one of random numbers is gone afterwards."""
    if not arguments.random_124m:
        yield inputs.model_folder(arguments.model, inputs.library(arguments))
        return
    from studio.core.seeded_model import write_seeded

    with TemporaryDirectory(prefix="gpt2-studio-") as name:
        vocabulary = (paths.resource("gpt2-bpe", file) for file in ("encoder.json", "vocab.bpe"))
        yield write_seeded(Path(name, "random-124m"), 0, *vocabulary)


def measure_all(folder: Path, arguments: argparse.Namespace, cancelled: Cancelled) -> list[Measured]:
    """The model at each precision asked for, unless that is one it cannot be had at here."""
    from studio.core.packed_weights import PRECISIONS

    asked = [name.strip() for name in arguments.precisions.split(",") if name.strip()] or list(PRECISIONS)
    if unknown := [name for name in asked if name not in PRECISIONS]:
        raise ArgumentsError(
            f"There is no precision {inputs.clean(unknown[0])!r}, only {', '.join(PRECISIONS)}."
        )
    measured: list[Measured] = []
    for precision in asked:
        wanted = m.LoadModel(running.JOB, str(folder), arguments.device, precision)
        one = measure(wanted, cancelled, quick=arguments.quick)
        if one.info.dtype not in {other.info.dtype for other in measured}:
            measured.append(one)
    return measured


def measure(wanted: m.LoadModel, cancelled: Cancelled, *, quick: bool) -> Measured:
    """Load a model and measure it. Raises EngineFailedError; KeyboardInterrupt if cancelled."""
    engine = Engine()
    info: m.ModelInfo | None = None
    figures: tuple[m.Figure, ...] = ()
    usage: m.UsageTold | None = None
    for request in (wanted, m.MeasurePerformance(running.JOB, quick), m.TellUsage(running.JOB)):
        for message in engine.run(request, cancelled):
            match message:
                case m.Progress():
                    doing = "Measuring" if info else "Loading"
                    running.progress(
                        f"{doing} {Path(wanted.path).name}, {wanted.precision}", message.fraction
                    )
                case m.ModelLoaded():
                    info = message.model
                case m.PerformanceMeasured():
                    figures = message.figures
                case m.UsageTold():
                    usage = message
                case m.JobFailed():
                    if cancelled():
                        raise KeyboardInterrupt
                    raise running.failed(message)
    assert info is not None
    assert usage is not None
    return Measured(info, figures, usage)


def window_gaps(folder: Path, cancelled: Cancelled) -> bench_table.Window:
    """What studio/smoothness.py says of the window; if it cannot be opened, why."""
    running.progress("Measuring the window", 0.0)
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-P", "-m", "studio"]
    here = str(Path(__file__).resolve().parents[2])
    search_path = os.pathsep.join(part for part in (here, os.environ.get("PYTHONPATH")) if part)
    with subprocess.Popen(  # noqa: S603 (this program itself)
        [*program, SMOOTHNESS_FLAG, str(folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": search_path},
    ) as child:  # fmt: skip
        try:
            while child.poll() is None:
                if cancelled():
                    raise KeyboardInterrupt
                time.sleep(POLL_S)
        except BaseException:
            child.terminate()  # it closes its window, and with it the model process
            raise
        out, err = child.communicate()
    if child.returncode == 0:
        found: dict[str, float] = json.loads(out)
        return bench_table.Window(found)
    reason = next((line for line in reversed(err.splitlines()) if line.strip()), "it ended without a word")
    return bench_table.Window({}, reason.strip()[:300])

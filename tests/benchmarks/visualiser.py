"""How the numbers behind the words feel, in figures: keys on coloured text, the curve, reading, sliders.

    python tests/benchmarks/visualiser.py [--runs N] [--seed N] [--quick] [--json] [--only PART ...]

Runs alone and offscreen unless QT_QPA_PLATFORM says otherwise, with the starter model in its real child
process. A part is a function in PARTS that takes a Bench and returns figures. One summary line comes last;
the exit code is 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["QT_QPA_PLATFORM"] = os.environ.get("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from tests.benchmarks.figures import Figure
from tests.benchmarks.real_window import RealWindow
from tests.benchmarks.scoring import throughput
from tests.benchmarks.slider import gap_figures, gaps, measured
from tests.benchmarks.starting import prose

N_TOKENS = 5000
KEY_MS = 25
CHARS_A_TOKEN = 5.2  # of the starter model, in this prose
HANGS_S = 3600


@dataclass
class Bench:
    """A window with a text of N_TOKENS tokens in one paragraph, all of them read."""

    real: RealWindow
    text: str
    runs: int
    reading_s: float  # from the end of the pause to the last number
    n_tokens: int
    seed: int

    @classmethod
    def make(cls, folder: Path, runs: int, seed: int) -> Bench:
        """Open the app, write, and have everything read."""
        real = RealWindow(folder)
        real.show()
        real.controller.start()
        real.wait_for(lambda: real.loaded and not real.editor.isReadOnly(), "the model and the library")
        insight = real.controller.insight
        text = prose(int(CHARS_A_TOKEN * N_TOKENS), random.Random(seed)).replace("\n", " ")
        real.editor.setPlainText(text)
        real.wait_for(lambda: not real.editor.mirror.is_busy, "the text")
        started = time.perf_counter()
        insight.read_whole()
        real.wait_for(
            lambda: len(insight.numbers) == insight.n_tokens > 0 and not insight.is_reading, "reading"
        )
        took = time.perf_counter() - started
        real.wait(1)
        return cls(real, text, runs, took, len(insight.numbers), seed)


def reading(bench: Bench) -> list[Figure]:
    """How fast the text got its numbers."""
    speed = bench.n_tokens / bench.reading_s
    return [Figure(f"reading {bench.n_tokens:,} tokens, starter model", speed, "tok/s")]


def keystrokes(bench: Bench) -> list[Figure]:
    """From a key to the end of the paint it causes, with heat, ribbon and curve on."""
    real = bench.real
    real.window.heat.button.set_kind("surprisal")
    real.window.bottom.setCurrentWidget(real.window.bottom.curve)
    figures = []
    for where, place in (("end", len(bench.text)), ("middle", len(bench.text) // 2), ("beginning", 20)):
        real.editor.set_caret(place)
        real.editor.setFocus()
        real.wait(1.5)
        times, own = [], []
        for _ in range(4 * bench.runs):
            painted, pressed, worked = real.painted.n, time.perf_counter(), time.thread_time()
            QTest.keyClicks(real.editor, "x")
            while real.painted.n == painted and time.perf_counter() - pressed < 5:
                real.app.processEvents()
            times.append(1000 * (time.perf_counter() - pressed))
            own.append(1000 * (time.thread_time() - worked))
            real.wait(0.05)
        name = f"key to paint, heat on, {bench.n_tokens:,} tokens, at the {where}"
        figures.append(Figure(f"{name}, median", statistics.median(times), "ms", KEY_MS))
        # What it would be on a machine with nothing else to do: the loop above does not sleep.
        figures.append(Figure(f"{name}, processor time, median", statistics.median(own), "ms", KEY_MS))
    return figures


def painting(bench: Bench) -> list[Figure]:
    """One repaint of everything that shows the numbers, on the GUI thread."""
    window = bench.real.window
    window.heat.button.set_kind("surprisal")
    window.bottom.setCurrentWidget(window.bottom.curve)
    bench.real.wait(0.5)
    curve, ribbon, viewport = window.bottom.curve, window.heat.ribbon, window.editor.viewport()

    def whole_curve() -> None:
        curve.plot.reset_zoom()
        curve.plot.repaint()

    def crosshair() -> None:
        curve.plot.set_cursor(curve.plot.cursor_index + 7)
        curve.plot.repaint()

    def whole_ribbon() -> None:
        ribbon.renew()
        ribbon.repaint()

    def heat_off() -> None:
        window.heat.painter.kind = "off"
        viewport.repaint()
        window.heat.painter.kind = "surprisal"

    return [
        _timed("the coloured page", viewport.repaint, bench.runs, 16),
        _timed("the same page without colours", heat_off, bench.runs),
        _timed("the curve, all tokens", whole_curve, bench.runs, 50),
        _timed("the curve's crosshair", crosshair, bench.runs, 16),
        _timed("the ribbon, all tokens", whole_ribbon, bench.runs, 16),
        _timed("columns of all numbers", bench.real.controller.views.colouring.renew, bench.runs, 50),
    ]


def _timed(name: str, action: Callable[[], object], runs: int, bar: float | None = None) -> Figure:
    times = []
    for _ in range(3 * runs):
        started = time.perf_counter()
        action()
        times.append(1000 * (time.perf_counter() - started))
    return Figure(f"painting {name}, median", statistics.median(times), "ms", bar)


def comparing(bench: Bench) -> list[Figure]:
    """Two settings on the whole text, and how long the window is away meanwhile."""
    real, panel = bench.real, bench.real.window.bottom.compare
    real.window.bottom.setCurrentWidget(panel)
    real.wait(0.5)
    button = panel.findChildren(QPushButton, "compareGo")[0]
    with gaps(real) as found:
        started = time.perf_counter()
        button.click()
        real.wait_for(button.isVisible, "the comparison", 300)
        took = time.perf_counter() - started
    n_tokens = sum(s.n_a for s in panel.model.stretches)
    speed = Figure(f"comparing two settings, {n_tokens:,} tokens", n_tokens / took, "tok/s")
    return [speed, *gap_figures(found, "comparing")]


def scoring(bench: Bench) -> list[Figure]:
    """Reading against transformers, in this process and so at the end."""
    return throughput(bench.runs)


def gaps_of_reading(bench: Bench) -> list[Figure]:
    """How long the window is away: standing still, reading a long text, writing."""
    real, insight = bench.real, bench.real.controller.insight
    with gaps(real) as idle:
        real.wait(2)
    with gaps(real) as reading_gaps:
        real.editor.setPlainText(bench.text[7:].replace("e", "a"))
        real.wait_for(lambda: not real.editor.mirror.is_busy, "the text")
        insight.read_whole()
        real.wait_for(lambda: len(insight.numbers) and not insight.is_reading, "reading", 300)
        real.wait(1)
    real.set_length(200)
    real.editor.set_caret(len(real.editor.toPlainText()))
    with gaps(real) as writing_gaps:
        real.press_generate()
        real.wait_for(real.is_finished, "the model to have written", 120)
    pairs = ((idle, "idle"), (reading_gaps, f"reading {bench.n_tokens:,} tokens"), (writing_gaps, "writing"))
    return [figure for found, when in pairs for figure in gap_figures(found, when)]


def sliders_small(bench: Bench) -> list[Figure]:
    """From a slider to the repaint, with the starter model."""
    return measured(bench.runs, bench.seed, large=False)


def sliders_large(bench: Bench) -> list[Figure]:
    """The same with a random model of GPT-2's size."""
    return measured(max(bench.runs // 3, 2), bench.seed, large=True)


PARTS: dict[str, Callable[[Bench], list[Figure]]] = {
    "reading": reading,
    "keystrokes": keystrokes,
    "painting": painting,
    "comparing": comparing,
    "gaps": gaps_of_reading,
    "sliders": sliders_small,
    "sliders-large": sliders_large,
    "scoring": scoring,
}


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10, help="how often everything is done")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="two runs")
    parser.add_argument("--json", action="store_true", help="the figures as JSON, before the summary")
    parser.add_argument(
        "--only", nargs="+", choices=tuple(PARTS), default=tuple(PARTS), metavar="PART", help=" ".join(PARTS)
    )
    arguments = parser.parse_args()
    runs = 2 if arguments.quick else arguments.runs
    faulthandler.dump_traceback_later(HANGS_S, exit=True)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="visualiser-") as name:
        bench = Bench.make(Path(name), runs, arguments.seed)
        for part in arguments.only:
            figures += PARTS[part](bench)
        bench.real.close()
    if arguments.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=1))
    else:
        print("\n".join(map(str, figures)))
    missed = [figure.name for figure in figures if figure.is_missed()]
    n_bars = sum(figure.bar is not None for figure in figures)
    verdict = f"missed: {'; '.join(missed)}" if missed else "none missed"
    machine = f"{os.cpu_count()} cores, load {load}, {platform.system()}, Python {platform.python_version()}"
    print(f"visualiser: {runs} runs, seed {arguments.seed}, {n_bars} bars, {verdict} ({machine})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

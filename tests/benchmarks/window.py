"""How the real window feels, in figures: event-loop gaps, start, Stop, long pastes, a long session, tokens/s.

    python tests/benchmarks/window.py [--runs N] [--seed N] [--quick] [--json] [--shared] [--only PART ...]

Runs alone and offscreen unless QT_QPA_PLATFORM says otherwise, with the starter model in its real child
process. Every gap longer than 50 ms is printed with what the window was doing. One summary line comes last;
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
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["QT_QPA_PLATFORM"] = os.environ.get("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit

from studio.core import chain
from studio.core import messages as m
from studio.paths import settings_file
from studio.settings import Settings, save
from tests.benchmarks.figures import Figure
from tests.benchmarks.latency_probe import LatencyProbe, summarise
from tests.benchmarks.real_window import CONTROL, RealWindow
from tests.benchmarks.starting import fill, measure_commands, measure_ready, measure_start, prose

PROMPT = "Once upon a time there was a little dog who lived near the sea. Every morning he "
N_TOKENS = 300
LOOK_INTO_MS = 50
HANGS_S = 1200

PARTS = ("start", "ready", "generate", "stop", "paste", "open")


# -- in the window -------------------------------------------------------------------------------------------


class Alone:
    """An engine in a process without a window."""

    def __init__(self, processors: str, precision: str, model: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("headless.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        wish = {
            "prompt": PROMPT,
            "processors": processors,
            "n_tokens": N_TOKENS,
            "precision": precision,
            "model": model,
        }
        self._ask(json.dumps(wish))

    def write(self, seed: int) -> tuple[str, float]:
        """The text it writes, and its tokens a second."""
        text, rate = json.loads(self._ask(str(seed)))
        return text, rate

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Session:
    """One window and its probe, through all parts."""

    def __init__(self, folder: Path, chance: random.Random, shared: bool, model: str) -> None:
        self.chance, self.shared = chance, shared
        fill(folder / "library", [prose(1_000_000, chance), "A short one.\n"])
        save(settings_file(folder / "library"), Settings(model=model))
        self.real = RealWindow(folder / "library")
        self.probe = LatencyProbe(stall_ms=LOOK_INTO_MS)
        self.figures: list[Figure] = []

    def gaps(self, phase: str, what: str, p99_bar: float | None = 16, max_bar: float | None = 100) -> None:
        """Note the figures of a phase. (A p99 of few gaps is their maximum: no bar then.)"""
        summary = summarise(self.probe.of(phase))
        print(f"  {what}: {summary}", flush=True)
        self.figures += [
            Figure(f"{what}: gap p99", summary.own_p99_ms if self.shared else summary.p99_ms, "ms", p99_bar),
            Figure(f"{what}: gap max", summary.own_max_ms if self.shared else summary.max_ms, "ms", max_bar),
        ]

    def load(self) -> None:
        """Show the window; type while the model loads."""
        real = self.real
        self.probe.start("showing")
        real.show()
        real.wait_for(lambda: real.painted.n and not real.editor.isReadOnly(), "a window to type in")
        self.probe.enter("loading")
        real.new_session()
        while real.loaded is None and not real.failures:
            real.type("typing while it loads ", 0.04)
        real.wait(0.3)
        assert real.loaded is not None, real.failures
        real.wait_for_saved()
        self.probe.enter("")
        self.gaps("showing", "from show() to a window to type in", None, None)
        self.gaps("loading", "while the model loads, typing")

    def idle(self) -> None:
        """The same window with nothing to do: what the machine itself costs."""
        self.real.wait(0.5)
        self.probe.enter("idle")
        self.real.wait(3)
        self.probe.enter("")
        self.gaps("idle", "idle (what the machine costs)", None, None)

    def start_writing(self, seed: int, phase: str) -> float:
        """A new session with the prompt; Ctrl+Enter."""
        real = self.real
        self.probe.enter("")
        real.new_session()
        QTest.keyClicks(real.editor, PROMPT)
        real.wait(0.3)
        field = real.window.findChild(QLineEdit, "param_seed")
        assert isinstance(field, QLineEdit)
        field.setText(str(seed))
        self.probe.enter(phase)
        return real.press_generate()

    def generate(self, runs: int) -> None:
        """300 tokens, typing refused meanwhile; half a second for what follows; then the engine alone."""
        real = self.real
        real.set_length(N_TOKENS)
        fixed = real.window.findChild(QCheckBox, "seedFixed")
        assert isinstance(fixed, QCheckBox)
        fixed.setChecked(True)
        real.wait(0.2)
        assert real.loaded is not None
        loaded = real.loaded.model
        alone = Alone(chain.to_json(real.window.sampling.processors()), loaded.dtype, loaded.path)
        rates, alone_rates, first, same = [], [], [], 0
        for run in range(runs):
            seed = 1000 + run
            pressed = self.start_writing(seed, "generating")
            real.wait_for(lambda: real.n_shown, "the first token")
            first.append(1000 * (real.first_tokens_at - pressed))
            before = len(real.editor.toPlainText())
            QTest.keyClicks(real.editor, "XYZZY")  # the text is the model's now
            refused = len(real.editor.toPlainText()) == before
            real.wait_for(real.is_finished, "the end of the generation")
            self.probe.enter("after")
            real.wait(0.5)
            self.probe.enter("")
            assert real.finished is not None
            assert refused, "a key typed while the model writes changed the text"
            assert "XYZZY" not in real.editor.toPlainText()
            assert real.finished.n_tokens == N_TOKENS == real.n_shown, real.finished
            rates.append((N_TOKENS - 1) / (real.finished_at - real.first_tokens_at))
            text, alone_rate = alone.write(seed)
            same += real.editor.toPlainText()[len(PROMPT) :] == text
            alone_rates.append(alone_rate)
        real.wait_for_saved()
        self.gaps("generating", f"{runs} x {N_TOKENS} tokens, Ctrl+Enter to finished")
        self.gaps("after", "half a second after each", p99_bar=None)
        alone.close()
        gaps = self.probe.of("generating")
        busy = 100 * sum(gap.cpu_ms for gap in gaps) / sum(gap.ms for gap in gaps)
        ratio = statistics.median(rate / other for rate, other in zip(rates, alone_rates, strict=True))
        self.figures += [
            Figure("Ctrl+Enter to the first words shown, median", statistics.median(first), "ms"),
            Figure("of that time, the GUI thread computes", busy, "%"),
            Figure("tokens a second as shown in the window, median", statistics.median(rates), "tok/s"),
            Figure("tokens a second of the engine alone, in turns", statistics.median(alone_rates), "tok/s"),
            Figure("window's speed / engine's alone", ratio, "", None if self.shared else 0.8, True),
            Figure(f"same seed, same words ({same} of {runs})", same / runs, "", 1.0, True),
        ]

    def stop(self, runs: int) -> None:
        """Esc at a random moment of a generation."""
        real = self.real
        real.set_length(430)
        times, kept = [], 0
        for _ in range(runs):
            self.start_writing(self.chance.randrange(1, 10**6), "stopping")
            real.wait_for(lambda: real.n_shown, "the first token")
            real.wait(self.chance.uniform(0.02, 0.35))
            if real.is_finished():
                continue
            pressed = time.perf_counter()
            real.key(Qt.Key.Key_Escape)
            real.wait_for(real.is_finished, "the generation to stop")
            times.append(1000 * (real.finished_at - pressed))
            assert real.finished is not None
            assert real.finished.reason is m.FinishReason.CANCELLED
            kept += len(real.editor.toPlainText()) > len(PROMPT)
            real.wait(0.1)
        self.probe.enter("")
        assert kept == len(times), "stopping threw away what was written"
        self.figures += [
            Figure(f"Esc to stopped, median of {len(times)}", statistics.median(times), "ms", 100),
            Figure("Esc to stopped, slowest", max(times), "ms"),
        ]

    def paste(self) -> None:
        """What people paste by mistake or on purpose; then keys at the end and in the middle."""
        texts = {
            "1.9 MB of prose": prose(1_900_000, self.chance),
            "300 KB without a space": "abcdefghij" * 30_000,
            "500,000 characters in one paragraph": ("word " * 100_000),
        }
        for name, text in texts.items():
            self._paste(name, text)

    def _paste(self, name: str, text: str) -> None:
        real = self.real
        real.new_session()
        real.wait(1)
        QGuiApplication.clipboard().setText(text)
        self.probe.enter(f"paste {name}")
        pasted = time.perf_counter()
        real.key(Qt.Key.Key_V, CONTROL)
        real.wait_for(lambda: not real.editor.mirror.is_busy, "the paste")
        took = time.perf_counter() - pasted
        real.wait_for_saved()
        real.wait(1)
        self.probe.enter("")
        assert real.editor.toPlainText() == text
        self.gaps(f"paste {name}", f"pasting {name}", p99_bar=None)
        self.figures.append(Figure(f"pasting {name}: all shown after", took, "s"))
        self._keystrokes(name, text)

    def _keystrokes(self, name: str, text: str) -> None:
        """Keys at the end and in the middle: until painted, and the gaps with all that follows a key."""
        real = self.real
        for where, place in (("at the end", len(text)), ("in the middle", len(text) // 2)):
            phase = f"keys {name} {where}"
            real.editor.set_caret(place)
            real.wait(1)
            self.probe.enter(phase)
            times = []
            for _ in range(20):
                painted, pressed = real.painted.n, time.perf_counter()
                QTest.keyClicks(real.editor, "x")
                while real.painted.n == painted and time.perf_counter() - pressed < 5:
                    real.app.processEvents()
                times.append(1000 * (time.perf_counter() - pressed))
                real.wait(0.1)
            real.wait_for_saved()
            self.probe.enter("")
            self.figures.append(Figure(f"key to paint {where}, {name}", statistics.median(times), "ms", 50))
            self.gaps(phase, f"20 keys {where}, {name}", p99_bar=None)

    def open(self) -> None:
        """A session of 1 MB, from the list."""
        real = self.real
        real.new_session()
        view = real.window.sessions
        index = view.model.index(view.model.row_of(1))
        real.wait(1)
        self.probe.enter("opening")
        started = time.perf_counter()
        view.list.scrollTo(index)
        QTest.mouseClick(
            view.list.viewport(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            view.list.visualRect(index).center(),
        )
        real.wait_for(
            lambda: len(real.editor.toPlainText()) == 1_000_000 and not real.editor.mirror.is_busy,
            "the long session",
        )
        took = time.perf_counter() - started
        real.wait(2)
        self.probe.enter("")
        self.figures.append(Figure("opening a session of 1 MB: all shown after", took, "s"))
        self.gaps("opening", "opening a session of 1 MB", p99_bar=None)

    def stalls(self) -> list[str]:
        """Every gap of more than 50 ms in words, the longest first."""
        lines, unseen = [], "  (the interpreter was held all the time: inside Qt or SQLite)\n"
        for stall in sorted(self.probe.stalls, key=lambda s: -s.gap.ms):
            gap = stall.gap
            if gap.phase in ("", "showing"):
                continue
            lines.append(
                f"-- {gap.ms:.0f} ms in '{gap.phase}' (computing {gap.cpu_ms:.0f},"
                f" waiting for a processor {gap.waited_ms:.0f})\n{stall.culprit() or unseen}"
            )
        return lines


def measure_window(arguments: argparse.Namespace, folder: Path, chance: random.Random) -> Session:
    """All parts that share one window."""
    session = Session(folder, chance, arguments.shared, arguments.model)
    wanted: set[str] = set(arguments.only)
    session.load()
    session.idle()
    if "generate" in wanted:
        session.generate(arguments.runs)
    if "stop" in wanted:
        session.stop(2 * arguments.runs)
    if "paste" in wanted:
        session.paste()
    if "open" in wanted:
        session.open()
    session.probe.stop()
    session.real.close()
    if session.real.failures:
        raise AssertionError(session.real.failures)
    return session


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10, help="generations, and starts of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="starter", help="a folder, instead of the starter model")
    parser.add_argument("--quick", action="store_true", help="two runs")
    parser.add_argument("--json", action="store_true", help="the figures as JSON, before the summary")
    parser.add_argument(
        "--shared",
        action="store_true",
        help="other programs run too: judge gaps without waits for a processor",
    )
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=" ".join(PARTS)
    )
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.runs = 2
    faulthandler.dump_traceback_later(HANGS_S, exit=True)  # a window that hangs must not hang whoever waits
    chance = random.Random(arguments.seed)
    figures: list[Figure] = []
    stalls: list[str] = []
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    with tempfile.TemporaryDirectory(prefix="window-") as name:
        folder = Path(name)
        if "start" in arguments.only:
            figures += measure_start(arguments.runs, folder, chance)
            figures += measure_commands(arguments.runs)
        if "ready" in arguments.only:
            figures += measure_ready(arguments.runs, folder, shared=arguments.shared)
        if set(arguments.only) - {"start", "ready"}:
            session = measure_window(arguments, folder, chance)
            figures += session.figures
            stalls = session.stalls()
    print("\n".join(stalls))
    if arguments.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=1))
    else:
        print("\n".join(map(str, figures)))
    missed = [figure.name for figure in figures if figure.is_missed()]
    n_bars = sum(figure.bar is not None for figure in figures)
    machine = f"{os.cpu_count()} cores, load {load}, {platform.system()}, Python {platform.python_version()}"
    verdict = f"missed: {'; '.join(missed)}" if missed else "none missed"
    machine += ", shared" if arguments.shared else ""
    print(f"window: {arguments.runs} runs, seed {arguments.seed}, {n_bars} bars, {verdict} ({machine})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

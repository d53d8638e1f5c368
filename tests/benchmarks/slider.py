"""How soon a slider shows: from its move in the window to the repaint that the model's answer causes.

Through the real window, pipe and model process; at one place (the X-ray's waterfall), and over a whole
document of 1,024 tokens (the words struck out): its first answer, which is what is in view, and its last.
Part of visualiser.py; by itself it prints its figures as JSON:

    python tests/benchmarks/slider.py [--runs N] [--seed N] [--large] [--only CHAIN ...]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter, thread_time

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["QT_QPA_PLATFORM"] = os.environ.get("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QSlider, QWidget

from studio.core import messages as m
from studio.core import processors as p
from studio.core.running import LogitsProcessor
from studio.paths import resource
from tests.benchmarks.figures import Figure
from tests.benchmarks.real_window import RealWindow
from tests.benchmarks.starting import prose

N_POSITIONS = 1024
N_MOVES = 40
N_WHOLE = 5
PLACE_MS, TEXT_MS, GAP_MS = 16, 200, 100
BOTH_CORES_MS = 400
"""Of processor time for all of a text: two cores take 200 ms for it, if there is nothing else to do."""

WORK_MS = 12
"""Of processor time, in both processes together, for one place: what is left of 16 ms is for the pipe."""

SHARPNESS = 2.5
"""Of the random model's last layer norm: gives its guesses the entropy a trained GPT-2 has, 3 to 5 nats."""

CHAINS: dict[str, tuple[tuple[LogitsProcessor, ...], str]] = {
    "the everyday chain": (
        (p.RepetitionPenalty(1.1), p.Temperature(0.8), p.TopK(40), p.TopP(0.95)),
        "temperature",
    ),
    "temperature": ((p.Temperature(0.8),), "temperature"),
    "top-p": ((p.TopP(0.9),), "top_p"),
    "min-p": ((p.MinP(0.05),), "min_p"),
    "typical-p": ((p.TypicalP(0.9),), "typical_p"),
    "tail-free": ((p.TailFree(0.9),), "tfs_z"),
    "top-nσ": ((p.TopNSigma(1.5),), "top_n_sigma"),
    "eta": ((p.EtaCutoff(0.002),), "eta_cutoff"),
    "dynamic temperature": ((p.DynamicTemperature(1.5),), "dynatemp_high"),
    "smoothing": ((p.QuadraticSmoothing(0.3),), "smoothing_factor"),
    "repetition": ((p.RepetitionPenalty(1.2),), "repetition_penalty"),
    "frequency": ((p.FrequencyPenalty(0.3),), "frequency_penalty"),
    "no n-gram": ((p.NoRepeatNgram(3),), "no_repeat_ngram_size"),
    "DRY": ((p.Dry(0.8),), "dry_multiplier"),
    "XTC": ((p.Xtc(0.5),), "xtc_probability"),
    "mirostat": ((p.Mirostat(5.0),), "mirostat_tau"),
}
FEW = ("the everyday chain", "temperature", "top-p", "typical-p", "DRY", "mirostat")


@dataclass
class Scene:
    """A window with 1,024 tokens that have been read, the X-ray open, the text struck out."""

    real: RealWindow
    runs: int
    told: list[m.Message]

    @classmethod
    def make(cls, folder: Path, runs: int, chance: random.Random, model: Path | None) -> Scene:
        """Open the app with the starter model or another, write, and have everything read."""
        real = RealWindow(folder)
        real.show()
        real.controller.start()
        real.wait_for(lambda: real.loaded and not real.editor.isReadOnly(), "the model and the library")
        if model is not None:
            real.loaded = None
            real.controller.loading.load(str(model))
            real.wait_for(lambda: real.loaded, "the large model")
        insight = real.controller.insight
        text = prose(10 * N_POSITIONS, chance)
        real.editor.setPlainText(text)
        real.wait_for(lambda: not real.editor.mirror.is_busy, "the text")
        insight.read_whole()
        real.wait_for(lambda: len(insight.numbers) >= N_POSITIONS + 8, "reading", 300)
        end = sorted(insight.numbers, key=lambda token: token.start)[N_POSITIONS - 1].end
        real.editor.setPlainText(text[:end])
        real.wait_for(lambda: not real.editor.mirror.is_busy, "the text")
        insight.read_whole()
        real.wait_for(
            lambda: len(insight.numbers) >= N_POSITIONS - 2 and not insight.is_reading, "reading", 300
        )
        told: list[m.Message] = []
        real.model.message.connect(told.append)
        actions = real.window.actions_by_name
        actions["xray"].trigger()
        actions["effect"].trigger()
        real.editor.set_caret(end // 2)
        real.wait(1)
        return cls(real, runs, told)

    def slider(self, name: str) -> QSlider:
        """The slider of a parameter."""
        found = self.real.window.findChild(QSlider, f"slider_{name}")
        assert isinstance(found, QSlider)
        return found

    def use(self, name: str) -> QSlider:
        """Set a chain of CHAINS and let everything follow."""
        chain, parameter = CHAINS[name]
        self.real.window.sampling.set_processors(chain)
        self.real.wait(0.3)
        self.quiet()
        return self.slider(parameter)

    def quiet(self) -> None:
        """Wait until nothing but tokens has come from the model for a while."""
        n = -1
        while n != (n := sum(not isinstance(x, m.TokensGenerated) for x in self.told)):
            self.real.wait(0.25)

    def keep_writing(self) -> None:
        """See to it that a generation is under way."""
        if self.real.is_finished():
            self.real.wait(0.5)
            self.real.wait_for(lambda: not self.real.controller.insight.is_reading, "reading", 600)
            self.real.press_generate()
            self.real.wait_for(lambda: self.real.n_shown, "a token")

    def move(self, slider: QSlider, widget: QWidget, *answers: type) -> list[float]:
        """Milliseconds from a move of the slider to the end of the paint after the first of each answer."""
        self.told.clear()
        shown = Shown(self.real, widget, answers)
        step = max(slider.maximum() // 20, 1)
        slider.setValue(slider.value() + (step if slider.value() < slider.maximum() // 2 else -step))
        self.real.wait_for(lambda: len(shown.took) == len(answers), f"{slider.objectName()} shown", 120)
        shown.stop()
        return [shown.took[answer] for answer in answers]


def engine_ms(pid: int) -> float:
    """Processor time a process has had, in ms, to 10 ms; NaN where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return math.nan
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def work(scene: Scene, name: str, where: str) -> list[Figure]:
    """What one move of a slider costs the window's thread and the model process; only one place is shown."""
    real, effect = scene.real, scene.real.window.side.xray.effect
    effect.setChecked(False)
    slider, waterfall = scene.use(name), real.window.side.xray.waterfall.viewport()
    process = real.model._process._process
    assert process is not None
    pid = int(process.processId())
    window = 0.0
    for _ in range(5):  # what is painted for the first time takes longer
        scene.move(slider, waterfall, m.PlaceInspected)
        scene.quiet()
    engine = -engine_ms(pid)
    for _ in range(N_MOVES):
        scene.told.clear()
        shown = Shown(real, waterfall, (m.PlaceInspected,))
        began = thread_time()
        slider.setValue(slider.value() + (30 if slider.value() < slider.maximum() // 2 else -30))
        while not shown.took:
            real.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        window += 1000 * (thread_time() - began)
        shown.stop()
    engine += engine_ms(pid)
    effect.setChecked(True)
    scene.quiet()
    both = (window + engine) / N_MOVES
    return [
        Figure(f"{name}, {where}: one place, processor time of the window", window / N_MOVES, "ms"),
        Figure(f"{name}, {where}: one place, processor time of the model process", engine / N_MOVES, "ms"),
        Figure(f"{name}, {where}: one place, processor time of both", both, "ms", WORK_MS),
    ]


def whole_work(scene: Scene, name: str, where: str) -> Figure:
    """What all of the text costs the model process, on all its cores, for one move of a slider."""
    slider, page = scene.use(name), scene.real.editor.viewport()
    process = scene.real.model._process._process
    assert process is not None
    pid = int(process.processId())
    scene.move(slider, page, m.ReshapingFinished)
    scene.quiet()
    engine = -engine_ms(pid)
    for _ in range(N_WHOLE):
        scene.move(slider, page, m.ReshapingFinished)
        scene.quiet()
    engine += engine_ms(pid)
    label = f"{name}, {where}: one place and all {N_POSITIONS:,}, processor time of the model process"
    return Figure(label, engine / N_WHOLE, "ms", BOTH_CORES_MS)


class Shown(QObject):
    """From its making to the paints of a widget that answers to questions asked since have caused."""

    def __init__(self, real: RealWindow, widget: QWidget, answers: Sequence[type]) -> None:
        super().__init__(widget)
        self._real, self._widget, self._answers = real, widget, answers
        self._asked_after = real.controller._next_job()
        self._waiting: list[type] = []
        self.took: dict[type, float] = {}  # ms
        real.model.message.connect(self._on_message)  # after the controller's: the window has done its part
        widget.installEventFilter(self)
        self._started = perf_counter()

    def stop(self) -> None:
        """Watch no more."""
        self._widget.removeEventFilter(self)
        self._real.model.message.disconnect(self._on_message)

    def _on_message(self, message: m.Message) -> None:
        kind = type(message)
        if kind in self._answers and kind not in self.took and message.job_id > self._asked_after:
            self._waiting.append(kind)
            self._widget.update()  # what looks as before is not painted again by itself

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at it, let it pass."""
        if event.type() == QEvent.Type.Paint and self._waiting:
            QTimer.singleShot(0, self._on_painted)
        return False

    def _on_painted(self) -> None:
        for kind in self._waiting:
            self.took.setdefault(kind, 1000 * (perf_counter() - self._started))
        self._waiting.clear()


@contextmanager
def gaps(real: RealWindow) -> Iterator[list[tuple[float, float]]]:
    """How long the event loop is away at a time, how long of that it works: ms, at the end."""
    ticks: list[tuple[float, float]] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append((perf_counter(), thread_time())))
    found: list[tuple[float, float]] = []
    timer.start(2)
    yield found
    timer.stop()
    found += [(1000 * (b[0] - a[0]), 1000 * (b[1] - a[1])) for a, b in pairwise(ticks)]


def gap_figures(found: Sequence[tuple[float, float]], when: str) -> list[Figure]:
    """Median, 99th percentile and longest; and the longest as it would be on a machine with nothing else."""
    away = sorted(wall for wall, _ in found)
    return [
        Figure(f"event loop away, {when}, median", statistics.median(away), "ms"),
        Figure(f"event loop away, {when}, p99", away[int(0.99 * (len(away) - 1))], "ms"),
        Figure(f"event loop away, {when}, longest", away[-1], "ms", GAP_MS),
        Figure(f"event loop at work, {when}, longest", max(own for _, own in found), "ms", GAP_MS),
    ]


def sliders(
    scene: Scene, where: str, only: Sequence[str], *, bars: tuple[float, float, float | None]
) -> list[Figure]:
    """One place, what is in view of the text, and all of it, for every chain; idle, then while writing.

    `bars` in milliseconds, in this order. While the model writes nobody promises all of the text in an
    instant: the model has the processor, and the rest is told between its tokens.
    """
    real, figures = scene.real, []
    waterfall, page = real.window.side.xray.waterfall.viewport(), real.editor.viewport()
    for name in (name for name in FEW if name in only):
        figures += work(scene, name, where)
    figures += [whole_work(scene, name, where) for name in only]
    for writing, names in ((False, only), (True, [name for name in FEW if name in only])):
        when = f"{where}, {'writing' if writing else 'idle'}"
        if writing:
            real.set_length(1000)
            real.press_generate()
        with gaps(real) as found:
            for name in names:
                slider, places, firsts, wholes = scene.use(name), [], [], []
                for _ in range(scene.runs):
                    if writing:
                        scene.keep_writing()
                    places += scene.move(slider, waterfall, m.PlaceInspected)
                    scene.quiet()
                    first, whole = scene.move(slider, page, m.TextReshaped, m.ReshapingFinished)
                    firsts.append(first)
                    wholes.append(whole)
                    scene.quiet()
                for what, times, bar in zip(
                    ("one place", "in view", f"all {N_POSITIONS:,}"),
                    (places, firsts, wholes),
                    (*bars[:2], None if writing else bars[2]),
                    strict=True,
                ):
                    label = f"{name}, {when}: {what}, median"
                    figures.append(Figure(label, statistics.median(times), "ms", bar))
        figures += gap_figures(found, f"sliders moving, {when}")
        if writing:
            real.key(Qt.Key.Key_Escape)
    return figures


def seeded(folder: Path, seed: int) -> Path:
    """Write a checkpoint of GPT-2's size with random weights and GPT-2's tokenizer."""
    from safetensors.torch import save_file

    from studio.core.model import GPT2Config
    from tests.core.tiny import config_json, random_weights

    config = GPT2Config(vocab_size=50257, n_positions=1024, n_embd=768, n_layer=12, n_head=12, n_inner=3072)
    shutil.copy(resource("gpt2-bpe", "encoder.json"), folder / "vocab.json")
    shutil.copy(resource("gpt2-bpe", "vocab.bpe"), folder / "merges.txt")
    (folder / "config.json").write_text(json.dumps(config_json(config, eos_token_id=50256)), "utf-8")
    weights = random_weights(config, seed, 0.05)
    weights["ln_f.weight"] *= SHARPNESS
    save_file(weights, folder / "model.safetensors")
    return folder


def measured(runs: int, seed: int, *, large: bool) -> list[Figure]:
    """The same in a process of its own: a process has one window."""
    command = [sys.executable, __file__, "--runs", str(runs), "--seed", str(seed), *["--large"] * large]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=True)
    return [Figure(**figure) for figure in json.loads(done.stdout.splitlines()[-1])]


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", action="store_true", help="a random model of GPT-2's size")
    parser.add_argument("--only", nargs="+", choices=tuple(CHAINS), default=tuple(CHAINS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="slider-") as name:
        library, folder = Path(name) / "library", Path(name) / "random"
        folder.mkdir()
        model = seeded(folder, arguments.seed) if arguments.large else None
        scene = Scene.make(library, arguments.runs, random.Random(arguments.seed), model)
        bars = PLACE_MS, TEXT_MS, TEXT_MS
        where = "V=50,257" if model else "V=4,096"
        figures = sliders(scene, where, arguments.only, bars=bars)
        scene.real.close()
    print(json.dumps([asdict(figure) for figure in figures]))


if __name__ == "__main__":
    main()

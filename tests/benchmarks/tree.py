"""A history of 50,000 states: does bringing its list up to date ever hold the window up?

    python tests/benchmarks/tree.py [--runs N] [--states N] [--seed N] [--quick] [--json]

Measures, in milliseconds of the window's thread: the longest single step while the list is made anew
(`anew`, in portions), what a typed word adds to it (`typed`), painting it (`painted`), and going to another
branch, in portions again (`switched`); for comparison, making the whole order in one go (`at_once`). The
medians over the runs of each run's longest step are judged. Exit code 1 if one of the first four is over
16 ms. --quick takes 5,000 states.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication  # noqa: E402

from studio.core.history import History, Node  # noqa: E402
from studio.core.outline import Outline  # noqa: E402
from studio.ui import theme as themes  # noqa: E402
from studio.ui.tree_panel import TreePanel  # noqa: E402

BAR_MS = 16
STEP = '{"edits":[[0,"",[],"a word or two of text",[[21,0,0]]]]}'


def make(n: int, chance: random.Random) -> History:
    """A text that goes on, with a branch every fifty states, some of them long."""
    nodes, at = [], 0
    for k in range(1, n + 1):
        parent = at if chance.random() > 0.02 or at < 60 else at - chance.randint(1, 50)
        nodes.append(Node(k, max(parent, 0), STEP, k % 7))
        at = k
    return History.of(nodes, n)


def timed(do: Callable[[], object]) -> float:
    start = time.thread_time()  # not what other programs take
    do()
    return 1000 * (time.thread_time() - start)


def until_whole(panel: TreePanel) -> float:
    """Let the panel work until it is up to date; the longest single step."""
    longest, whole = 0.0, False
    while not whole:
        start = time.thread_time()
        whole = panel.refresh()
        longest = max(longest, 1000 * (time.thread_time() - start))
    return longest


def measure(n: int, seed: int) -> dict[str, float]:
    history = make(n, random.Random(seed))
    panel = TreePanel(themes.LIGHT)
    panel.resize(700, 240)
    panel.show_history(History.of([], 0))
    panel.show()
    QApplication.processEvents()
    gc.collect()
    panel.show_history(history)
    found = {"anew": until_whole(panel)}
    assert panel.model.rowCount() == n + 1
    found["painted"] = timed(panel.list.viewport().grab)
    found["typed"] = 0.0
    for k in range(n + 1, n + 51):
        history.put(Node(k, history.head, STEP))
        history.visit(k)
        found["typed"] = max(found["typed"], timed(panel.refresh))
    history.visit(max(set(history.nodes) - set(history.path(history.head))))
    found["switched"] = until_whole(panel)
    outline = Outline(history)
    found["at_once"] = timed(lambda: outline.work(60))
    panel.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--states", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    app = QApplication(sys.argv[:1])
    gc.disable()  # the window collects from a timer
    n = min(arguments.states, 5_000) if arguments.quick else arguments.states
    runs = [measure(n, arguments.seed + k) for k in range(arguments.runs)]
    figures = {name: round(statistics.median(run[name] for run in runs), 2) for name in runs[0]}
    missed = [name for name, value in figures.items() if name != "at_once" and value > BAR_MS]
    app.quit()
    if arguments.json:
        print(json.dumps({"states": n, "bar_ms": BAR_MS, **figures, "missed": missed}))
    else:
        shown = ", ".join(f"{name} {value} ms" for name, value in figures.items())
        print(f"{n:,} states: {shown}; {f'missed: {missed}' if missed else f'all within {BAR_MS} ms'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""How soon a slider shows: one place through the model's engine, and a whole text of 1,024 positions.

    python tests/benchmarks/reshaping.py

The starter model (4,096 tokens of vocabulary); without the window's own share, which is one repaint.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio.core import messages as m
from studio.core.engine import Engine
from studio.core.processors import LogitsProcessor, RepetitionPenalty, Temperature, TopK, TopP
from studio.paths import resource

TEXT = " ".join(f"Once upon a time there was a dog who lived near {i} old trees." for i in range(200))
CHAIN: tuple[LogitsProcessor, ...] = (RepetitionPenalty(1.1), Temperature(0.8), TopK(40), TopP(0.95))
PLACE_MS, TEXT_MS = 16, 200


def median_ms(work: Callable[[], object], times: int) -> float:
    """How long it takes."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return 1000 * statistics.median(taken)


def main() -> int:
    """Print the figures; 1 if one misses its target."""
    engine = Engine()
    list(engine.run(m.LoadModel(1, str(resource("models", "starter")), "cpu")))
    n = len(engine._loaded().tokenizer.encode(TEXT))
    text = TEXT[: len(TEXT) * 1024 // n]
    list(engine.run(m.ReadText(2, text, ())))
    place = m.InspectPlace(3, m.ReadPlace(2, 300), CHAIN)
    one = median_ms(lambda: engine.quick(place), 30)
    whole = median_ms(lambda: list(engine.run(m.ReshapeText(4, 2, CHAIN, around=500))), 5)
    print(f"one place {one:.1f} ms (target {PLACE_MS}), whole text {whole:.0f} ms (target {TEXT_MS})")
    return int(one > PLACE_MS or whole > TEXT_MS)


if __name__ == "__main__":
    sys.exit(main())

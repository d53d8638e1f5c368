"""What keeping cut-off prefixes saves: going back to a text against reading what its cache lost.

    python tests/benchmarks/prefixes.py [--rounds 5]

Seeded random weights of GPT-2 124M. Alternating in one process; medians, and the ratio.
"""

from __future__ import annotations

import argparse
import random
import time
from statistics import median

import torch

from studio.core import context
from studio.core.kept_prefixes import KeptPrefixes
from studio.core.model import GPT2, GPT2Config

CONFIG = GPT2Config(50257, 1024, 768, 12, 12, 3072)
STEPS = {  # what one does: the text before, the text gone back to
    "flip between two variants of 100 tokens after 400": (400, 100),
    "undo an edit 800 tokens before the end": (100, 800),
    "a second session of 900 tokens and back": (0, 900),
}


def main() -> None:
    """Print a line for each of `STEPS`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.manual_seed(0)
    weights = {name: torch.randn(shape) * 0.02 for name, shape in CONFIG.shapes().items()}
    model = GPT2(CONFIG, weights, torch.device("cpu"))
    for name, (n_common, n_own) in STEPS.items():
        begin = random.Random(1).choices(range(50257), k=n_common)
        texts = [begin + random.Random(seed).choices(range(50257), k=n_own) for seed in (2, 3)]
        times: dict[int, list[float]] = {0: [], 256 << 20: []}
        for _ in range(rounds):
            for cap, taken in times.items():
                model._kept = KeptPrefixes(cap)
                for text in texts:
                    context.reuse(model, text)
                    context.read(model, text)
                start = time.perf_counter()
                context.reuse(model, texts[0])
                context.read(model, texts[0])
                taken.append(time.perf_counter() - start)
        read, kept = (median(taken) * 1000 for taken in times.values())
        print(f"{name}: read again {read:.0f} ms, put back {kept:.1f} ms, {read / kept:.1f} times as fast")


if __name__ == "__main__":
    main()

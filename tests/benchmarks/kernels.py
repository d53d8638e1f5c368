"""The compiled kernels against the torch path and against what the memory allows, in one process.

    python tests/benchmarks/kernels.py [--rounds N] [--threads 1 2] [--precisions float32 int8 ...]

A model of GPT-2's size (124M seeded weights) in every precision; each gets its turn in every round, and
before each turn the memory's reading speed is measured. "roofline": tokens a second times the bytes that one
token reads (weights, keys and values), as a share of that speed. Shown are medians; with other programs
about, look at the ratios, and at the processor's own time ("CPU"), which waits for nobody.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from studio.core.compiled import CompiledGPT2
from studio.core.model import GPT2, GPT2Config
from studio.core.packed_weights import PRECISIONS
from studio.kernels.library import Buffer, Form, kernels, why_not
from tests.core.tiny import as_loaded, random_weights

GPT2_SMALL = GPT2Config(vocab_size=50257, n_positions=1024, n_embd=768, n_layer=12, n_head=12, n_inner=3072)
TOKENS = 32
IDS = torch.randint(50000, (1024,), generator=torch.Generator().manual_seed(0))


def read_rate(memory: Buffer) -> float:
    """Bytes a second."""
    lib = kernels()
    assert lib is not None
    lib.set_threads(torch.get_num_threads())
    started = time.perf_counter()
    lib.read(memory)
    return memory.n_bytes / (time.perf_counter() - started)


def bytes_a_token(model: GPT2, n_context: int) -> float:
    """What is read for one token: every weight, and the keys and values of the context."""
    config = model.config
    numbers = 2 * config.n_layer * n_context * config.n_embd
    if not isinstance(model, CompiledGPT2):
        return 4.0 * (config.n_parameters + numbers)
    return model.weights.n_bytes + numbers * (4 if model.weights.cache_form == Form.FLOAT32 else 2)


def read_to(model: GPT2, n: int) -> None:
    """Have the model know the first `n` tokens."""
    model.truncate(n)
    while len(model.cached_ids) < n:
        at = len(model.cached_ids)
        model.forward(IDS[at : min(n, at + model.chunk_tokens)])


def decode(model: GPT2, start: int) -> Callable[[], int]:
    """Write from `start` on."""

    def go() -> int:
        for at in range(start, start + TOKENS):
            model.forward(IDS[at : at + 1])
        return TOKENS

    read_to(model, start)
    return go


def batch(model: GPT2) -> Callable[[], int]:
    """Eight texts side by side."""
    read_to(model, 64)
    branches = model.branch(8, 8)
    branches.forward(IDS[:8])

    def go() -> int:
        for _ in range(4):
            branches.forward(IDS[:8])
        return 32

    return go


def prefill(model: GPT2) -> Callable[[], int]:
    """Read 512 tokens."""
    model.truncate(0)

    def go() -> int:
        read_to(model, 512)
        return 512

    return go


TASKS: dict[str, tuple[Callable[[GPT2], Callable[[], int]], int]] = {
    "context 64": (lambda model: decode(model, 64), 64 + TOKENS // 2),
    "context 960": (lambda model: decode(model, 960), 960 + TOKENS // 2),
    "8 texts": (batch, 0),
    "prefill 512": (prefill, 0),
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--precisions", nargs="+", default=list(PRECISIONS), choices=list(PRECISIONS))
    options = parser.parse_args()
    if kernels() is None:
        print(why_not())
        return 1
    weights = random_weights(GPT2_SMALL, std=0.02)
    models = {"torch": GPT2(GPT2_SMALL, weights, torch.device("cpu"))}
    for precision in options.precisions:
        models[precision] = as_loaded(GPT2_SMALL, weights, precision)
    del weights
    memory = Buffer(256 << 20, big_pages=True)
    memory.write(b"\1" * memory.n_bytes)
    print("medians of tokens/s; of wall time, of CPU time by thread, ratio to torch, roofline")
    for n_threads in options.threads:
        torch.set_num_threads(n_threads)
        found: dict[tuple[str, str], list[tuple[float, float, float, float]]] = defaultdict(list)
        rates = []
        for _ in range(options.rounds):
            for task, (prepare, n_context) in TASKS.items():
                of_torch = 0.0
                for name, model in models.items():
                    go = prepare(model)
                    rates.append(read_rate(memory))
                    wall, cpu = time.perf_counter(), time.process_time()
                    n = go()
                    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                    of_torch = of_torch or n / wall
                    share = n / wall * bytes_a_token(model, n_context) / rates[-1] if n_context else 0.0
                    found[task, name].append((n / wall, n / cpu * n_threads, n / wall / of_torch, share))
        print(f"\n{n_threads} threads; the memory is read at {statistics.median(rates) / 1e9:.1f} GB/s")
        for (task, name), rounds in found.items():
            rate, own, ratio, share = (statistics.median(column) for column in zip(*rounds, strict=True))
            roofline = f"{share:5.0%}" if share else ""
            print(f"  {task:12} {name:9} {rate:7.1f}  CPU {own:7.1f}  x{ratio:5.2f}  {roofline}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

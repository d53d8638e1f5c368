"""What several continuations in one pass cost, against the same ones after each other.

    python tests/benchmarks/alternatives.py [--runs N] [--seed N] [--quick] [--json]

A random model of GPT-2's size (124M), 4 alternatives of 64 tokens after a prompt of 100 that is in the cache
already (that the prompt is read once is not what is measured), with the default sampling settings. The two
ways take turns. One summary line comes last; the exit code is 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from studio.core import chain, hardware
from studio.core.alternatives import generate_alternatives
from studio.core.generate import generate
from studio.core.messages import AlternativeTokens, Generate, GenerateAlternatives, Token
from studio.core.model import GPT2, GPT2Config, never
from studio.core.other_tokenizer import load_tokenizer
from studio.core.tokenizer import Tokenizer
from studio.paths import resource
from tests.benchmarks.figures import Figure
from tests.core.tiny import random_weights

GPT2_SMALL = GPT2Config(vocab_size=50257, n_positions=1024, n_embd=768, n_layer=12, n_head=12, n_inner=3072)
PROMPT = "It was a bright cold day in April, and the clocks were striking thirteen. " * 6
N = 4
N_TOKENS = 64
BAR = 1.5


def make(seed: int) -> tuple[GPT2, Tokenizer]:
    """The model and GPT-2's own tokenizer."""
    with tempfile.TemporaryDirectory(prefix="alternatives-") as name:
        folder = Path(name)
        shutil.copy(resource("gpt2-bpe", "encoder.json"), folder / "vocab.json")
        shutil.copy(resource("gpt2-bpe", "vocab.bpe"), folder / "merges.txt")
        tokenizer = load_tokenizer(folder, GPT2_SMALL.vocab_size, 50256)
    return GPT2(GPT2_SMALL, random_weights(GPT2_SMALL, seed, 0.05), torch.device("cpu")), tokenizer


class Race:
    """The two ways, with the seconds each took to decode."""

    def __init__(self, seed: int) -> None:
        self.model, self.tokenizer = make(seed)
        self.seeds = tuple(range(seed, seed + N))
        self.processors = chain.default_chain()

    def together(self) -> tuple[float, list[list[int]]]:
        """All in one pass."""
        request = GenerateAlternatives(1, PROMPT, (), self.processors, N_TOKENS, self.seeds, (), False)
        ids: list[list[int]] = [[] for _ in self.seeds]
        started = time.perf_counter()
        for event in generate_alternatives(self.model, self.tokenizer, request, never):
            if isinstance(event, AlternativeTokens):
                ids[event.index] += [token.token_id for token in event.tokens]
        return time.perf_counter() - started, ids

    def one_by_one(self) -> tuple[float, list[list[int]]]:
        """One generation after the other."""
        ids = []
        started = time.perf_counter()
        for seed in self.seeds:
            request = Generate(1, PROMPT, (), self.processors, N_TOKENS, seed, (), False)
            events = generate(self.model, self.tokenizer, request, never)
            ids.append([event.token_id for event in events if isinstance(event, Token)])
        return time.perf_counter() - started, ids


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="how often each way is taken")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="two runs")
    parser.add_argument("--json", action="store_true", help="the figures as JSON, before the summary")
    arguments = parser.parse_args()
    runs = 2 if arguments.quick else arguments.runs
    torch.set_num_threads(hardware.choose_threads(GPT2_SMALL.n_parameters))  # as when it is loaded
    race = Race(arguments.seed)
    race.together()  # the prompt is read, memory is there
    race.one_by_one()
    together, apart, same = [], [], 0
    for run in range(runs):
        race.seeds = tuple(range(arguments.seed + N * run, arguments.seed + N * (run + 1)))
        one_pass, texts = race.together()
        in_turn, expected = race.one_by_one()
        together.append(one_pass)
        apart.append(in_turn)
        same += sum(text == other for text, other in zip(texts, expected, strict=True))
    ratio = statistics.median(other / one for one, other in zip(together, apart, strict=True))
    figures = [
        Figure(f"{N} x {N_TOKENS} tokens in one pass, median", statistics.median(together), "s"),
        Figure(f"{N} x {N_TOKENS} tokens one after the other, median", statistics.median(apart), "s"),
        Figure("times faster in one pass, median", ratio, "x", BAR, at_least=True),
        Figure(f"same words ({same} of {N * runs})", same / (N * runs), "", 1.0, at_least=True),
    ]
    if arguments.json:
        print(json.dumps([asdict(figure) for figure in figures], indent=1))
    else:
        print("\n".join(map(str, figures)))
    missed = [figure.name for figure in figures if figure.is_missed()]
    verdict = f"missed: {'; '.join(missed)}" if missed else "none missed"
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    machine = (
        f"{os.cpu_count()} cores, {torch.get_num_threads()} threads, load {load}, {platform.system()}, "
        f"Python {platform.python_version()}"
    )
    print(f"alternatives: {runs} runs, seed {arguments.seed}, 2 bars, {verdict} ({machine})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

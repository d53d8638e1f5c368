"""Measures how fast a model is on this machine, and beside what its memory allows."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from studio import paths
from studio.core import chain as chains
from studio.core import messages as m
from studio.core.checkpoints import Checkpoint
from studio.core.choice import Chooser
from studio.core.compiled import CompiledGPT2
from studio.core.generate import generate
from studio.core.memory import LogitMemory
from studio.core.model import GPT2, Cancelled, InterruptedReading
from studio.core.performance_messages import (
    Figure,
    MeasurePerformance,
    PerformanceMeasured,
    Quantity,
    TellUsage,
    UsageTold,
)
from studio.core.presets import default_preset
from studio.core.reader import Reader
from studio.core.running import RunStart, begin_all
from studio.kernels.library import Buffer, Form, kernels

READ_BYTES = 256 << 20
"""Read to measure the memory: more than the processor keeps by itself."""

CONTEXTS = (64, 512)
PROMPTS = (128, 512)
TEXTS = (1, 4, 8)
PROMPT = "The lighthouse keeper had three rules, and he broke the second one on a Tuesday in March. "
SEED = 1


def measure(
    checkpoint: Checkpoint, request: MeasurePerformance, cancelled: Cancelled
) -> Iterator[m.Progress | PerformanceMeasured]:
    """Measure the model: all that a MeasurePerformance asks for. Raises InterruptedReading."""
    bench = _Bench(checkpoint, cancelled, quick=request.quick)
    steps = bench.steps()
    figures = [Figure(Quantity.LOAD, 0, checkpoint.info.load_s)]
    checkpoint.model.switch([], 0)  # what it has read is kept
    try:
        for n, step in enumerate(steps):
            yield m.Progress(request.job_id, n / len(steps))
            figures += step()
    finally:
        bench.forget()
    order = list(Quantity)
    figures.sort(key=lambda figure: (order.index(figure.quantity), figure.size))
    yield PerformanceMeasured(request.job_id, tuple(figures))


class _Bench:
    """One model under measurement."""

    def __init__(self, checkpoint: Checkpoint, cancelled: Cancelled, *, quick: bool) -> None:
        self._checkpoint = checkpoint
        self._model, self._tokenizer = checkpoint.model, checkpoint.tokenizer
        self._cancelled = cancelled
        self._n_tokens = 8 if quick else 32  # of each decoding
        self._rounds = 2 if quick else 5
        self._bandwidth = 0.0
        chance = random.Random(SEED)  # noqa: S311 (any tokens will do)
        size = self._model.vocab_size
        self._ids = torch.tensor([chance.randrange(size) for _ in range(self._model.n_positions)])

    def steps(self) -> list[Callable[[], list[Figure]]]:
        """What is to be done, each a part of the whole that takes about as long as the others."""
        n_positions, n_tokens = self._model.n_positions, self._n_tokens
        contexts = sorted({min(c, n_positions - n_tokens) for c in (*CONTEXTS, n_positions)}, reverse=True)
        prompts = sorted({min(n, n_positions) for n in PROMPTS})
        return [
            self._memory,
            *(partial(self._prefill, n) for n in prompts),
            *(partial(self._decode, n) for n in contexts),  # falling: each is a beginning of the one before
            *(partial(self._batch, n) for n in TEXTS),
            self._first_token,
            self._sampling,
        ]

    def forget(self) -> None:
        """Nothing of what was read for this is of any use."""
        self._model.truncate(0)
        self._model.last_reading = None

    def _look(self) -> None:
        if self._cancelled():
            raise InterruptedReading

    # -- the parts -----------------------------------------------------------------------------------------

    def _memory(self) -> list[Figure]:
        self._bandwidth = read_bandwidth(self._look)
        return [Figure(Quantity.BANDWIDTH, 0, self._bandwidth)]

    def _read(self, end: int) -> None:
        """Have the first `end` tokens in the cache and no others."""
        model = self._model
        model.truncate(min(len(model.cached_ids), end))
        while (past := len(model.cached_ids)) < end:
            self._look()
            model.forward(self._ids[past : min(past + model.chunk_tokens, end)], self._cancelled)

    def _prefill(self, n: int) -> list[Figure]:
        times = []
        for _ in range(self._rounds):
            self._model.truncate(0)
            started = time.perf_counter()
            self._read(n)
            times.append(time.perf_counter() - started)
        return [Figure(Quantity.PREFILL, n, n / statistics.median(times))]

    def _decode(self, context: int) -> list[Figure]:
        self._read(context)
        times = []
        for _ in range(self._rounds):
            self._model.truncate(context)
            for at in range(context, context + self._n_tokens):
                self._look()
                started = time.perf_counter()
                self._model.forward(self._ids[at : at + 1])
                times.append(time.perf_counter() - started)
        rate = 1 / statistics.median(times)
        read = bytes_per_token(self._checkpoint, context + self._n_tokens // 2)
        return [Figure(Quantity.DECODE, context, rate, rate * read / self._bandwidth)]

    def _batch(self, n: int) -> list[Figure]:
        self._read(min(CONTEXTS[0], self._model.n_positions - self._n_tokens))
        times = []
        for _ in range(self._rounds):
            branches = self._model.branch(n, self._n_tokens)
            for at in range(self._n_tokens):
                self._look()
                started = time.perf_counter()
                branches.forward(self._ids[at : at + n])
                times.append(time.perf_counter() - started)
        return [Figure(Quantity.BATCH, n, n / statistics.median(times))]

    def _first_token(self) -> list[Figure]:
        times = []
        processors = default_preset(paths.resource("presets")).processors
        request = m.Generate(0, PROMPT, (), processors, 1, SEED, stop_at_end_of_text=False)
        n_prompt = 0
        for _ in range(self._rounds):
            self.forget()
            started = time.perf_counter()
            for event in generate(self._model, self._tokenizer, request, self._cancelled):
                if isinstance(event, m.GenerationStarted):
                    n_prompt = event.n_context_tokens
            self._look()
            times.append(time.perf_counter() - started)
        return [Figure(Quantity.FIRST_TOKEN, n_prompt, statistics.median(times))]

    def _sampling(self) -> list[Figure]:
        """As generate() does it: with the whole chain, and what is remembered for the views."""
        context = min(CONTEXTS[1], self._model.n_positions - 1)
        self._read(context)
        logits = self._model.forward(self._ids[context : context + 1])
        ids = self._ids[: context + 1]
        stages = chains.complete(default_preset(paths.resource("presets")).processors)
        running = begin_all(stages, RunStart(SEED, context // 2, self._tokenizer, self._model))
        chooser = Chooser(self._tokenizer, stages, running, SEED)
        remembered = LogitMemory()
        times = []
        for step in range(self._rounds * self._n_tokens):
            self._look()
            started = time.perf_counter()
            chooser.choose(ids, logits, step)
            remembered.put(step, logits, chooser.head)
            times.append(time.perf_counter() - started)
        return [Figure(Quantity.SAMPLING, 0, statistics.median(times))]


def read_bandwidth(look: Callable[[], None] = lambda: None, rounds: int = 8) -> float:
    """Bytes a second that the threads in use read from memory: the best of some readings."""
    compiled = kernels()
    read: Callable[[], object]
    if compiled is not None:
        compiled.set_threads(torch.get_num_threads())
        buffer = Buffer(READ_BYTES, big_pages=True)
        torch.frombuffer(buffer.memory, dtype=torch.uint8).fill_(1)  # until then it is one page of zeros
        read = partial(compiled.read, buffer)
    else:
        read = torch.ones(READ_BYTES // 4).sum
    best = 0.0
    for _ in range(rounds):
        look()
        started = time.perf_counter()
        read()
        best = max(best, READ_BYTES / (time.perf_counter() - started))
    return best


# -- what it takes -----------------------------------------------------------------------------------------


def weight_bytes(checkpoint: Checkpoint) -> int:
    """What the weights take in memory."""
    model = checkpoint.model
    return model.weights.n_bytes if isinstance(model, CompiledGPT2) else 4 * model.n_parameters


def cache_bytes(checkpoint: Checkpoint, n_tokens: int) -> int:
    """What the keys and values of so many tokens take."""
    model, info = checkpoint.model, checkpoint.info
    halves = isinstance(model, CompiledGPT2) and model.weights.cache_form != Form.FLOAT32
    return 2 * info.n_layer * info.n_embd * n_tokens * (2 if halves else 4)


def held_bytes(checkpoint: Checkpoint) -> int:
    """What comes free when the model is unloaded."""
    return weight_bytes(checkpoint) + cache_bytes(checkpoint, checkpoint.info.n_positions)


def bytes_per_token(checkpoint: Checkpoint, context: int) -> int:
    """What one token reads: the weights, of the two tables of embeddings one row each, and the cache."""
    model = checkpoint.model
    read = weight_bytes(checkpoint)
    if isinstance(model, CompiledGPT2):
        if model.weights.head is not model.weights.embedding:
            read -= model.weights.embedding.n_bytes
    elif isinstance(model, GPT2):
        config = model.config
        tables = config.n_positions + (0 if config.tie_word_embeddings else config.vocab_size)
        read -= 4 * tables * config.n_embd
    return read + cache_bytes(checkpoint, context)


def tell_usage(checkpoint: Checkpoint, reader: Reader, request: TellUsage) -> UsageTold:
    """What the model takes now."""
    model = checkpoint.model
    instructions = (
        model.weights.kernels.instructions
        if isinstance(model, CompiledGPT2)
        else torch.backends.cpu.get_cpu_capability()
    )
    return UsageTold(
        request.job_id,
        weight_bytes(checkpoint),
        cache_bytes(checkpoint, checkpoint.info.n_positions),
        model.kept_bytes,
        len(reader.logits),
        reader.logits.n_bytes,
        process_bytes(),
        instructions,
    )


def process_bytes() -> int:
    """What this process takes in memory; 0 where we cannot ask."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:  # not Linux: the most it ever took
        return _peak_bytes()
    import resource

    return pages * resource.getpagesize()


def _peak_bytes() -> int:
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""GPT-2 Studio's own engine, without a window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from studio import paths
from studio.core import chain
from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.generate import generate
from studio.core.memory import LogitMemory
from studio.core.messages import Generate, Token
from studio.core.model import never
from studio.core.packed_weights import PRECISIONS, PackedWeights
from studio.core.presets import default_preset
from studio.core.reader import Reader
from studio.kernels.library import Buffer, kernels
from tests.benchmarks.peers.engines import Array, Clock, Timing

TEXT = (
    "The lighthouse keeper had three rules, and he broke the second one on a Tuesday in March. "
    "Never open the lower door after dark, his father had said; the sea, which had been patient for "
    "eleven years, was waiting behind it with a letter in its teeth. He read it twice."
)


def load(folder: Path, precision: str, threads: int) -> Checkpoint:
    """Load a model at a precision, or "torch": without the kernels; with so many threads."""
    torch_path = precision == "torch"
    backend, wanted = ("torch", "float32") if torch_path else ("auto", precision)
    loading = load_checkpoint(str(folder), "cpu", wanted, backend)
    while True:
        try:
            next(loading)
        except StopIteration as stop:
            torch.set_num_threads(threads)
            checkpoint: Checkpoint = stop.value
            return checkpoint


class Studio:
    """A loaded model."""

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        self.checkpoint = load(folder, precision, threads)
        self._model = self.checkpoint.model
        self._reader = Reader(self._model, self.checkpoint.tokenizer, LogitMemory())
        self._branches: Any = None

    def reset(self) -> None:
        self._model.truncate(0)
        self._model.last_reading = None

    def read(self, ids: Sequence[int]) -> Array:
        tensor, size = torch.tensor(ids), self._model.chunk_tokens  # as the app reads, so that Stop is heard
        for start in range(0, len(ids), size):
            logits = self._model.forward(tensor[start : start + size])
        row: Array = logits.numpy()
        return row

    def fork(self, n: int, n_tokens: int) -> None:
        self._branches = self._model.branch(n, n_tokens)

    def read_rows(self, ids: Sequence[int]) -> Array:
        rows: Array = self._branches.forward(torch.tensor(ids)).numpy()
        return rows

    @property
    def weight_bytes(self) -> int:
        """What the weights take in memory."""
        packed = getattr(self._model, "weights", None)
        return packed.n_bytes if isinstance(packed, PackedWeights) else 4 * self._model.n_parameters

    def sample(self, clock: Clock, n_tokens: int, seed: int) -> tuple[Timing, list[int]]:
        """Write after TEXT with the app's own settings and all that the visualiser keeps; the ids of TEXT."""
        tokenizer = self.checkpoint.tokenizer
        processors = chain.complete(default_preset(paths.resource("presets")).processors)
        request = Generate(1, TEXT, (), processors, n_tokens + 1, seed, stop_at_end_of_text=False)
        self.reset()
        first = 0.0
        for event in generate(self._model, tokenizer, request, never, self._reader.learn):
            if isinstance(event, Token) and not first:
                first = clock.now()
        return Timing(n_tokens, clock.now() - first), [
            *tokenizer.prefix_ids,
            *tokenizer.encode(TEXT).ids,
        ]


def encode(folder: Path, text: str) -> list[int]:
    """The tokens a model would read."""
    tokenizer = load(folder, "float32", 1).tokenizer
    return [*tokenizer.prefix_ids, *tokenizer.encode(text).ids]


def precisions() -> tuple[str, ...]:
    """Those it can load a model at; "torch" is float32 without the kernels."""
    return (*PRECISIONS, "torch") if kernels() else ("float32",)


def read_bandwidth(threads: int, clock: Clock) -> float:
    """Bytes a second that so many threads read of 256 MB: the best of ten."""
    found, n_bytes, best = kernels(), 1 << 28, 0.0
    if found:
        found.set_threads(threads)
    torch.set_num_threads(threads)
    memory = Buffer(n_bytes, big_pages=True) if found else None  # as the weights are held
    numbers = torch.frombuffer(memory.memory, dtype=torch.float32) if memory else torch.ones(n_bytes // 4)
    numbers.fill_(1)
    for _ in range(10):
        started = clock.now()
        if found and memory:
            found.read(memory)
        else:
            numbers.sum()
        best = max(best, n_bytes / (clock.now() - started))
    return best


def open_engine(model: Path, _converted: Path, precision: str, threads: int) -> Studio:
    """The engine of one precision."""
    return Studio(model, precision, threads)

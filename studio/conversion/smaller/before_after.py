"""Two models measured on the same text: how large, how fast, how good, how alike, and what they write."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from studio import paths
from studio.conversion.smaller.likelihood import MAX_TOKENS, Halves, logprob_rows, sequence
from studio.core import model_files as files
from studio.core.checkpoints import Checkpoint, load_checkpoint
from studio.core.generate import generate
from studio.core.measuring import Differences, writing_speed
from studio.core.messages import Generate, Token
from studio.core.model import never
from studio.core.presets import default_preset
from studio.models.outside import look_at
from studio.models.reports import Report, Sample, Side

SEEDS = (1, 2)
N_WRITTEN = 48
QUOTE_CHARS = 60

_PROMPT_CHARS = 120
_WORST = 1e9
_PRECISIONS = ("float32", "float16", "bfloat16", "int8", "int4")


@dataclass(frozen=True, slots=True)
class Read:
    """What one model made of the text."""

    side: Side
    pieces: tuple[bytes, ...]  # of the tokens
    logprobs: Tensor  # (T, V)
    written: tuple[str, ...]  # one for each seed


def precision_of(folder: Path) -> str:
    """What a folder's model is measured in: what it is stored in."""
    stored = look_at(folder).precision
    return stored if stored in _PRECISIONS else "float32"


def load(folder: Path) -> Generator[float, None, Checkpoint]:
    """Load a model on the CPU, yielding the fraction done. Raises StudioError."""
    return (yield from load_checkpoint(str(folder), "cpu", precision_of(folder)))


def read(loaded: Checkpoint, folder: Path, halves: Halves) -> Generator[float, None, Read]:
    """Read the text with a loaded model and write on, yielding the fraction done."""
    model, tokenizer = loaded.model, loaded.tokenizer
    ids = tokenizer.encode(halves.measured).ids
    tokens = sequence(tokenizer, ids)[: min(MAX_TOKENS + 1, model.n_positions)]
    rows = []
    for part in logprob_rows(model, tokens[:-1]):
        rows.append(part)
        yield 0.5 * sum(map(len, rows)) / len(tokens)
    logprobs = torch.cat(rows)
    targets = torch.tensor(tokens[1:])
    chosen = logprobs.gather(1, targets[:, None])[:, 0].double()
    nats = -float(chosen.sum())
    pieces = tuple(tokenizer.token_bytes(token_id) for token_id in tokens[1:])
    speed = 0.0
    work = writing_speed(model, tokens[: model.n_positions // 2], never)
    while True:
        try:
            yield 0.5 + 0.25 * next(work)
        except StopIteration as stop:
            speed = stop.value
            break
    written = []
    for number, seed in enumerate(SEEDS, 1):
        written.append(_write(loaded, prompt_of(halves), seed))
        yield 0.75 + 0.25 * number / len(SEEDS)
    side = Side(
        n_bytes=files.find_weights(folder).n_bytes,
        n_parameters=look_at(folder).n_parameters,
        computed=loaded.info.dtype,
        tokens_per_s=speed,
        n_tokens=len(targets),
        perplexity=_bounded(math.exp(min(nats / len(targets), 700.0))),
        bits_per_byte=_bounded(nats / math.log(2) / max(sum(map(len, pieces)), 1)),
    )
    return Read(side, pieces, logprobs, tuple(written))


def prompt_of(halves: Halves) -> str:
    """The beginning that both write on: the text's first words."""
    begin = halves.measured[:_PROMPT_CHARS]
    if len(halves.measured) <= _PROMPT_CHARS:
        return begin
    whole, space, _ = begin.rpartition(" ")
    return whole if space and whole.strip() else begin


def compare(before: Read, after: Read, kept: Sequence[int] | None) -> tuple[float | None, float | None]:
    """How often the favourite is the same, and the mean KL (nats); None for what cannot be compared.

    `kept`: the old id of each new token, if the vocabulary was cut.
    """
    if before.pieces != after.pieces:
        return None, None
    if kept is not None:
        old = torch.tensor(kept)[after.logprobs.argmax(1)]
        return float((before.logprobs.argmax(1) == old).float().mean()), None
    differences = Differences()
    for one, other in zip(before.logprobs, after.logprobs, strict=True):
        differences.add(one, other)
    figures = differences.figures("float32", 0, 0.0)
    return figures.agreement, figures.mean_kl


def report(
    kind: str,
    made_by: str,
    left_out: tuple[int, ...],
    halves: Halves,
    before: Read,
    after: Read,
    kept: Sequence[int] | None,
    started: float,
) -> Report:
    """All of it. `started`: by time.perf_counter."""
    agreement, kl = compare(before, after, kept)
    words = " ".join(halves.measured.split())
    prompt = prompt_of(halves)
    samples = tuple(
        Sample(prompt, one, other, seed)
        for one, other, seed in zip(before.written, after.written, SEEDS, strict=True)
    )
    return Report(
        kind=kind,
        made_by=made_by,
        before=before.side,
        after=after.side,
        agreement=agreement,
        mean_kl=kl,
        quote=words[:QUOTE_CHARS] + ("…" if len(words) > QUOTE_CHARS else ""),
        apart=halves.apart,
        left_out=left_out,
        samples=samples,
        seconds=time.perf_counter() - started,
    )


def _write(loaded: Checkpoint, prompt: str, seed: int) -> str:
    chain = default_preset(paths.resource("presets")).processors
    n = min(N_WRITTEN, loaded.model.n_positions // 2)
    request = Generate(1, prompt, (), chain, n, seed)
    loaded.model.truncate(0)
    written = generate(loaded.model, loaded.tokenizer, request, never)
    return "".join(message.text for message in written if isinstance(message, Token))


def _bounded(value: float) -> float:
    return min(value, _WORST) if math.isfinite(value) else _WORST

"""Answers questions about the inside of one model; the pass over the last context asked about is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from studio.core import context, inside
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.hardware import available_memory_bytes
from studio.core.inside import Inside
from studio.core.inside_messages import (
    SENTENCES,
    AttentionMapped,
    InsideSeen,
    LensRow,
    LookInside,
    MapAttention,
    SwitchOff,
    Weight,
    WeighWords,
    WordsWeighed,
    names_of,
)
from studio.core.messages import Progress
from studio.core.model import GPT2, Cancelled, CausalLM, InterruptedReading, never
from studio.core.reader import Reader
from studio.core.tokenizer import Tokenizer

N_TOP = 5
_SENTENCE_END = re.compile(r"""[.!?…]["'”’)\]]*\s+|[。！？]["'”’」』）]*\s*|\n+""")


class Looking:
    """Looks into a model at the places a Reader knows. Its KV cache is used by leaving out sentences only."""

    def __init__(self, model: CausalLM, tokenizer: Tokenizer, reader: Reader) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._reader = reader
        self._last: tuple[list[int], Inside] | None = None

    def look(self, request: LookInside, cancelled: Cancelled = never) -> InsideSeen:
        """Attention and lens at a place. Raises InterruptedReading, StudioError."""
        ids = self._reader.context(request.place)
        seen = self._inside(ids, cancelled)
        attention = seen.attention(request.layer)  # (H, T)
        return InsideSeen(
            job_id=request.job_id,
            place=request.place,
            token_id=request.token_id,
            layer=request.layer,
            tokens=self._texts(ids),
            lengths=self._lengths(ids),
            attention=_bytes(attention, torch.float16),
            n_head=len(attention),
            lens=self._lens(seen, request.token_id),
        )

    def map_attention(self, request: MapAttention, cancelled: Cancelled = never) -> AttentionMapped:
        """The strongest links of one head. Raises InterruptedReading, StudioError."""
        ids = self._reader.context(request.place)
        shares = self._inside(ids, cancelled).attention_map(request.layer, request.head)  # (T, T)
        strongest = shares.topk(min(request.n_links, len(ids)))
        return AttentionMapped(
            job_id=request.job_id,
            place=request.place,
            layer=request.layer,
            head=request.head,
            n_tokens=len(ids),
            n_links=strongest.indices.shape[1],
            sources=_bytes(strongest.indices, torch.int16),  # below 2**15
            shares=_bytes(strongest.values, torch.float16),
        )

    def weigh(self, request: WeighWords, cancelled: Cancelled = never) -> Iterator[Progress | WordsWeighed]:
        """How much earlier words mattered. Raises InterruptedReading, StudioError."""
        ids = self._reader.context(request.place)
        if request.method == SENTENCES:
            yield from self._without_sentences(request, ids, cancelled)
            return
        seen = self._inside(ids, cancelled)
        weights = seen.weigh(request.token_id, cancelled).tolist()
        logprob = float(seen.logits().log_softmax(0)[request.token_id])
        found = tuple(Weight(i, i + 1, nats) for i, nats in enumerate(weights))
        yield self._weighed(request, ids, logprob, found, 0)

    def _without_sentences(
        self, request: WeighWords, ids: list[int], cancelled: Cancelled
    ) -> Iterator[Progress | WordsWeighed]:
        """Each sentence is left out once, the last first: what stands before it is in the KV cache then."""
        whole = self._logprob(ids, request.token_id, cancelled)
        stretches = sentences(self._texts(ids))
        found: list[Weight] = []
        n_read, n_tokens = 0, sum(len(ids) - end for _, end in stretches) + len(stretches)
        for first, end in reversed(stretches):
            yield Progress(request.job_id, n_read / n_tokens)
            rest = [*ids[:first], *ids[end:]] or [self._tokenizer.end_of_text_id or 0]
            try:
                without = self._logprob(rest, request.token_id, cancelled)
            except InterruptedReading:
                break
            found.append(Weight(first, end, whole - without))
            n_read += len(ids) - end + 1
        yield self._weighed(request, ids, whole, tuple(reversed(found)), len(stretches) - len(found))

    def _logprob(self, ids: list[int], token_id: int, cancelled: Cancelled) -> float:
        if cancelled():
            raise InterruptedReading
        context.reuse(self._model, ids)
        return float(context.read(self._model, ids, cancelled).log_softmax(0)[token_id])

    def _weighed(
        self, request: WeighWords, ids: list[int], logprob: float, weights: tuple[Weight, ...], n_left: int
    ) -> WordsWeighed:
        texts, lengths = self._texts(ids), self._lengths(ids)
        job, place, token_id = request.job_id, request.place, request.token_id
        return WordsWeighed(job, place, token_id, request.method, texts, lengths, logprob, weights, n_left)

    def _inside(self, ids: list[int], cancelled: Cancelled) -> Inside:
        if self._last is not None and self._last[0] == ids:
            return self._last[1]
        self._last = None  # there need not be room for two
        seen = open_inside(self._model, ids, cancelled)
        self._last = ids, seen
        return seen

    def _lens(self, seen: Inside, token_id: int) -> tuple[LensRow, ...]:
        logits = seen.lens()
        if logits is None:
            return ()
        with torch.inference_mode():
            logprobs = logits.log_softmax(1).cpu()  # (L+1, V)
            own = logprobs[:, token_id]
            ranks = 1 + (logprobs > own[:, None]).sum(1)
            answer = logprobs[-1]
            kl = (answer.exp() * (answer - logprobs)).sum(1).clamp_min(0)
            top = logprobs.topk(min(N_TOP, logprobs.shape[1]))
            named = [
                tuple((self._tokenizer.display(i), p) for i, p in zip(*row, strict=True))
                for row in zip(top.indices.tolist(), top.values.exp().tolist(), strict=True)
            ]
        return tuple(
            LensRow(
                layer,
                named[layer],
                float(own[layer].exp()),
                int(ranks[layer]),
                float(kl[layer]),
            )
            for layer in range(len(logprobs))
        )

    def _texts(self, ids: Sequence[int]) -> tuple[str, ...]:
        return tuple(self._tokenizer.display(token_id) for token_id in ids)

    def _lengths(self, ids: Sequence[int]) -> tuple[int, ...]:
        """Code points each token completes; what comes before every text (Llama's <s>) is not in it."""
        n_prefix = len(self._tokenizer.prefix_ids)
        starts, begun = [], 0
        for token_id in ids[n_prefix:]:
            raw = self._tokenizer.token_bytes(token_id)
            inside_character = bool(raw) and raw[0] & 0xC0 == 0x80
            starts.append(max(begun - inside_character, 0))
            begun += sum(byte & 0xC0 != 0x80 for byte in raw)
        ends = [*starts[1:], begun]
        return (*[0] * n_prefix, *(end - start for start, end in zip(starts, ends, strict=True)))


def open_inside(model: CausalLM, ids: Sequence[int], cancelled: Cancelled = never) -> Inside:
    """Read `ids` and keep what can be seen of it. Raises InterruptedReading, StudioError."""
    if isinstance(model, GPT2):
        _check_room(inside.trace_bytes(model, len(ids)))
        return inside.trace(model, ids, cancelled)
    from studio.core import other_inside  # imports transformers, which GPT-2 does without
    from studio.core.other_model import TransformersLM

    assert isinstance(model, TransformersLM)
    _check_room(other_inside.trace_bytes(model, len(ids)))
    return other_inside.OtherTrace(model, ids, cancelled)


def _check_room(n_bytes: int) -> None:
    available = available_memory_bytes()
    if available is not None and n_bytes > available:
        raise StudioError(
            QT_TRANSLATE_NOOP(
                "StudioError",
                "Looking inside here needs about {needed} GB of memory, but only {available} GB are free.",
            ),
            QT_TRANSLATE_NOOP(
                "StudioError", "Close other programs, or look at a place nearer the beginning."
            ),
            needed=f"{n_bytes / 1e9:.1f}",
            available=f"{available / 1e9:.1f}",
        )


def sentences(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Cut tokens into sentences, (first, end): a token belongs where its first letter is."""
    text, starts = "", []
    for piece in texts:
        blank = len(piece) - len(piece.lstrip())
        starts.append(len(text) + (blank if blank < len(piece) else 0))  # " The" begins at its T
        text += piece
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    cuts = [0]
    for end in ends:
        index = next((i for i in range(cuts[-1], len(starts)) if starts[i] >= end), len(starts))
        if index > cuts[-1]:
            cuts.append(index)
    if cuts[-1] < len(texts):
        cuts.append(len(texts))
    return list(pairwise(cuts))


def switch_off(model: CausalLM, request: SwitchOff) -> str:
    """Do it, and say what is off now: "L3 L5H2", counted from 1. Raises StudioError."""
    try:
        model.switch_off(request.heads, request.layers)
    except IndexError as error:
        raise StudioError(
            QT_TRANSLATE_NOOP("StudioError", "This model has no such head or layer."),
            QT_TRANSLATE_NOOP("StudioError", "Switch everything on, and choose again."),
        ) from error
    return names_of(request.heads, request.layers)


def _bytes(values: Tensor, dtype: torch.dtype) -> bytes:
    """Little-endian, row by row."""
    return bytes(values.detach().to("cpu", dtype).contiguous().view(torch.uint8).flatten().tolist())

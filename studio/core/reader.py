"""Reads a text as the model sees it when one writes on, and remembers the numbers of every token.

A text that fits into the context window is read from its beginning. A longer one is read in windows that
begin at multiples of half the context, so that what stands before an edit keeps its window and its numbers,
and every token but the first window's has at least half a context before it. What is remembered is known by
the tokens read before it (see memory.py): an edit costs only what comes after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from studio.core import context, memory
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.memory import LogitMemory
from studio.core.messages import Token
from studio.core.model import Cancelled, CausalLM, InterruptedReading, never
from studio.core.reading_messages import GeneratedPlace, Place, ReadText, ReadToken, TextRead
from studio.core.replay import Past
from studio.core.running import Known, RunStart
from studio.core.score import measure_rows
from studio.core.tokenizer import Encoded, Tokenizer

N_REMEMBERED = 400_000
"""Tokens whose numbers are remembered; about 100 bytes each."""

Numbers = tuple[float, int, float]
"""Logprob (nats), rank, entropy (nats)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens begin..end of a text are read; from `first` on they are told."""

    begin: int
    first: int
    end: int


def windows(n_tokens: int, size: int) -> list[Window]:
    """Cut a text of `n_tokens` into windows of at most `size` tokens."""
    if n_tokens <= size:
        return [Window(0, 0, n_tokens)] if n_tokens else []
    half = size // 2
    cut = [Window(0, 0, size)]
    while cut[-1].end < n_tokens:
        begin = cut[-1].begin + half
        cut.append(Window(begin, cut[-1].end, min(begin + size, n_tokens)))
    return cut


@dataclass(frozen=True, slots=True)
class TextRun:
    """A window of a text, as the run that would have written what is told of it."""

    ids: list[int]  # what is read: the tokens from `begin` on are those of the text from index `first` on
    begin: int
    first: int
    end_of_text: int  # what is read where there is nothing to read

    @property
    def n(self) -> int:
        """Tokens that are told of."""
        return len(self.ids) - self.begin

    @property
    def n_prompt(self) -> int:
        """What RunStart wants to know."""
        return max(self.begin, 1)

    def context(self, at: int, whole: Tensor) -> Tensor:
        """What is read before token `at` of the run; `whole` is `ids` as (T,) int64."""
        n = self.begin + at
        return whole[:n] if n else whole.new_tensor([self.end_of_text])

    def chosen(self, at: int) -> int | None:
        """The token `at`, if the run would have chosen it: a text's very first one is a prompt."""
        return self.ids[self.begin + at] if self.begin + at else None

    def keys(self) -> list[int]:
        """The key of each token's position (see memory.py)."""
        keys = memory.keys_of(self.ids)[self.begin : -1]
        return keys if self.begin else [memory.key_of([self.end_of_text]), *keys[1:]]


class Reader:
    """Reads with one model. Its KV cache is left holding what was read last."""

    def __init__(self, model: CausalLM, tokenizer: Tokenizer, logits: LogitMemory) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._prefix = list(tokenizer.prefix_ids)
        self._size = model.n_positions - len(self._prefix)
        self._known: dict[int, Numbers] = {}  # by the key after the token
        self._ids: list[int] = []  # of the text read last
        self._reading = 0  # the job that asked for it
        self._measured: tuple[tuple[str, tuple[int, ...], int] | None, list[int]] = (None, [])
        self.logits = logits
        self.past = Past()
        self.others = LogitMemory()
        """Logits after other texts than those read: what guidance needs."""
        self._likeness: dict[tuple[int, int], float] = {}  # what contrastive search needs

    @property
    def token_ids(self) -> Sequence[int]:
        """The tokens of the text read last."""
        return self._ids

    def read(self, request: ReadText, cancelled: Cancelled = never) -> Iterator[TextRead]:
        """Tell of the tokens, in stretches, the window with the caret first. Raises InterruptedReading."""
        encoded = self._tokenizer.encode(request.text, request.special_offsets)
        self._ids, self._reading = encoded.ids, request.job_id
        ids = self._ids
        spans = token_spans(encoded)
        wanted = windows(len(ids), self._size)
        near = (window.begin for window in wanted if spans[window.end - 1][1] >= request.caret)
        centre = next(near, wanted[-1].begin if wanted else 0)
        wanted.sort(key=lambda window: abs(window.begin - centre))
        room = request.max_tokens
        for window in wanted:
            if room <= 0:
                break
            room -= window.end - window.first
            for first, numbers in self._read_window(window, cancelled):
                tokens = tuple(
                    ReadToken(ids[i], *spans[i], logprob, rank, entropy)
                    for i, (logprob, rank, entropy) in enumerate(numbers, first)
                )
                yield TextRead(request.job_id, first, tokens, len(ids))

    @property
    def tokenizer(self) -> Tokenizer:
        """What its tokens are of."""
        return self._tokenizer

    @property
    def vocab_size(self) -> int:
        """How many logits a position has."""
        return self._model.vocab_size

    def runs(self, reading: int) -> list[TextRun]:
        """The windows of the text read last. Raises StudioError if `reading` is another one."""
        self._check(reading, 0)
        return self.runs_of(self._ids)

    def runs_of(self, ids: list[int]) -> list[TextRun]:
        """The windows of a text of these tokens."""
        n_prefix = len(self._prefix)
        return [
            TextRun(
                self._prefix + ids[window.begin : window.end],
                n_prefix + window.first - window.begin,
                window.first,
                self._tokenizer.end_of_text_id or 0,
            )
            for window in windows(len(ids), self._size)
        ]

    def run_at(self, place: Place) -> tuple[list[int], int]:
        """What the model reads before the token at `place`, and how much of that was there when the run began
        that would have written it. Raises StudioError.

        What could follow the whole text would be a new run.
        """
        ids = self.context(place)
        if isinstance(place, GeneratedPlace):
            return ids, len(ids) - len(place.token_ids)
        for run in self.runs(place.reading):
            if run.first <= place.index < run.first + run.n:
                return ids, run.n_prompt
        return ids, len(ids)

    def start_at(self, place: Place, seed: int, cancelled: Cancelled) -> tuple[RunStart, list[int]]:
        """The run that would have written the token at `place`, on stored logits; and what was read before
        it. Raises StudioError."""
        ids, n_prompt = self.run_at(place)
        known, n_new = Known(self.others, ids, likeness=self._likeness), self._room(len(self._ids))
        if isinstance(place, GeneratedPlace):
            n_new = max(0, min(place.max_new_tokens, self._size - 1))
        elif place.index < len(self._ids):
            known = Known(self.others, ids, self._ids, place.index - len(ids), self._likeness)
        start = RunStart(
            seed, n_prompt, self._tokenizer, self._model, -1, True, cancelled, n_new=n_new, known=known
        )
        return start, ids

    def start_of(
        self, run: TextRun, ids: Sequence[int], seed: int, cancelled: Cancelled, *, goes_back: bool = False
    ) -> RunStart:
        """The run that would have written a window of the text `ids`, on stored logits."""
        known = Known(self.others, run.ids, ids, run.first - run.begin, self._likeness)
        return RunStart(
            seed, run.n_prompt, self._tokenizer, self._model, -1, goes_back, cancelled,
            n_new=self._room(len(ids)), known=known,
        )  # fmt: skip

    def _room(self, n_tokens: int) -> int:
        """What a run over a text leaves for a prompt of another: at least half the context window."""
        return min(n_tokens, self._size // 2)

    def _check(self, reading: int, index: int) -> None:
        if reading != self._reading or not 0 <= index <= len(self._ids):
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "The text has changed since it was read."),
                QT_TRANSLATE_NOOP("StudioError", "Wait until it has been read again."),
            )

    def context(self, place: Place) -> list[int]:
        """What the model reads before it writes the token at `place`. Raises StudioError."""
        match place:
            case GeneratedPlace():
                asked = (place.prompt, place.special_offsets, place.max_new_tokens)
                if asked != self._measured[0]:  # a slider asks about one place sixty times a second
                    seen = context.measure(self._model, self._tokenizer, *asked)
                    self._measured = asked, seen.ids
                return [*self._measured[1], *place.token_ids]
            case _:
                self._check(place.reading, place.index)
                cut = windows(len(self._ids), self._size)
                begin = next((w.begin for w in cut if place.index < w.end), cut[-1].begin if cut else 0)
                if place.index - begin > self._size - 1:
                    begin = place.index - self._size + 1
                return self._start(self._ids[begin : place.index])

    def distributions(
        self, ids: list[int], cancelled: Cancelled = never, *, fresh: bool = False
    ) -> Iterator[Tensor]:
        """The logits before each token of a text: (V,) float32 each, those of a chunk at a time.

        From memory where it has them; `fresh`: all computed anew, exactly, and none remembered. What was
        read last stays so. Raises InterruptedReading.
        """
        for run in self.runs_of(ids):
            keys = run.keys()
            part = run.ids[len(self._prefix) :]
            at = 0
            while at < run.n:
                known = None if fresh else self.logits.get(keys[at])
                if known is not None:
                    yield known
                    at += 1
                    continue
                if run.begin + at == 0:
                    self._model.truncate(0)
                    rows = self._model.forward_all(torch.tensor([run.end_of_text]), cancelled)  # (1, V)
                else:
                    rows = self._rows(part, run.begin - len(self._prefix) + at, cancelled)  # (T, V)
                for row in rows[: run.n - at]:
                    if not fresh:
                        self.logits.put(keys[at], row)
                    yield row
                    at += 1

    def logits_after(self, ids: Sequence[int], cancelled: Cancelled = never) -> Tensor:
        """The logits after `ids`, from memory or by reading: (V,) float32. Raises InterruptedReading."""
        key = memory.key_of(ids)
        known = self.logits.get(key)
        if known is not None:
            return known
        context.reuse(self._model, ids)
        read = context.read(self._model, ids, cancelled)
        self.logits.put(key, read)
        return read

    def learn(self, key: int, logits: Tensor, token: Token, head: int) -> None:
        """The model has just written `token` at the position `key`; see generate.Watch."""
        self.logits.put(key, logits, head)
        self._remember(memory.after(key, token.token_id), (token.logprob, token.rank, token.entropy))

    def _start(self, ids: list[int]) -> list[int]:
        """Nothing cannot be read: GPT-2 begins with end-of-text, as context.measure does."""
        return self._prefix + ids or [self._tokenizer.end_of_text_id or 0]

    def _read_window(self, window: Window, cancelled: Cancelled) -> Iterator[tuple[int, list[Numbers]]]:
        """Yield (index of the first token, numbers of tokens) until the window is told."""
        ids = self._ids[window.begin : window.end]
        keys = [memory.key_of(self._prefix)]
        for token_id in ids:
            keys.append(memory.after(keys[-1], token_id))
        done = window.first - window.begin
        while done < len(ids):
            known = done
            while known < len(ids) and keys[known + 1] in self._known:
                known += 1
            if known > done:
                yield window.begin + done, [self._known[key] for key in keys[done + 1 : known + 1]]
                done = known
                continue
            if done == 0 and not self._prefix:
                rows = self.logits_after(self._start([]), cancelled)[None]  # (1, V)
            else:
                rows = self._rows(ids, done, cancelled)  # (T, V), for the tokens from `done` on
            targets = torch.tensor(ids[done : done + len(rows)])
            numbers = measure_rows(rows[: len(targets)], targets)
            for i, found in enumerate(numbers):
                self._remember(keys[done + i + 1], found)
            for i, row in enumerate(rows):
                if done + i or self._prefix:
                    self.logits.put(keys[done + i], row)
            yield window.begin + done, numbers
            done += len(numbers)

    def _rows(self, ids: list[int], index: int, cancelled: Cancelled) -> Tensor:
        """The logits that predict the tokens from `index` on, a chunk of them: (T, V) float32."""
        if cancelled():
            raise InterruptedReading
        model = self._model
        whole = self._prefix + ids
        at = index + len(self._prefix)  # whole[at] is to be predicted: by what is read at at-1
        model.switch(whole, at - 1)
        tensor = torch.tensor(whole)
        while (past := len(model.cached_ids)) < at - 1:
            model.forward(tensor[past : min(past + model.chunk_tokens, at - 1)], cancelled)
        return model.forward_all(tensor[at - 1 : at - 1 + model.chunk_tokens], cancelled)

    def _remember(self, key: int, numbers: Numbers) -> None:
        self._known[key] = numbers
        if len(self._known) > N_REMEMBERED:
            del self._known[next(iter(self._known))]


def token_spans(encoded: Encoded) -> list[tuple[int, int]]:
    """Start and end of what each token completes in the text, code points."""
    starts: list[int] = []
    begin = 0
    for chunk in encoded.chunks:
        starts += [begin + chunk.starts(k) for k in range(len(chunk.ids))]
        begin += chunk.length
    return list(pairwise([*starts, begin]))

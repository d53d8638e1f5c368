"""How likely a text of one's own would be at a place, and the tokens of the vocabulary it is found in."""

from __future__ import annotations

import codecs
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from studio.core import context
from studio.core.errors import QT_TRANSLATE_NOOP, StudioError
from studio.core.inspection import alternatives_at
from studio.core.messages import END_OF_TEXT
from studio.core.model import Cancelled, CausalLM
from studio.core.processors import LogitsProcessor
from studio.core.reader import Reader
from studio.core.reading_messages import Alternative
from studio.core.replay import begin_at
from studio.core.running import Running
from studio.core.swapping_messages import FindBridges, LookedUp, LookUp, Spelling
from studio.core.tokenizer import Tokenizer

MAX_TOKENS = 32
"""Of a text that is looked up."""


class Vocabulary:
    """What every token reads as. Worked out at the first question: 30 ms for 50,257 tokens."""

    def __init__(self, tokenizer: Tokenizer, size: int) -> None:
        self._tokenizer = tokenizer
        self._size = size
        self._texts: list[str] = []
        self._whole: Tensor | None = None

    def containing(self, text: str) -> list[int]:
        """The tokens with `text` in them, in whichever case."""
        if not self._texts:
            self._texts = [self._tokenizer.display(token_id).casefold() for token_id in range(self._size)]
        wanted = text.casefold()
        return [token_id for token_id, known in enumerate(self._texts) if wanted in known]

    @property
    def whole(self) -> Tensor:
        """(V,) bool: tokens that are text by themselves, neither half a character nor end-of-text."""
        if self._whole is None:
            tokenizer = self._tokenizer
            flags = [is_text(tokenizer.token_bytes(token_id)) for token_id in range(self._size)]
            self._whole = torch.tensor(flags)
            if tokenizer.end_of_text_id is not None:
                self._whole[tokenizer.end_of_text_id] = False
        return self._whole


def is_text(raw: bytes) -> bool:
    """Whether bytes are whole characters, at least one."""
    try:
        return bool(codecs.decode(raw, "utf-8"))
    except ValueError:
        return False


def look_up(
    model: CausalLM,
    tokenizer: Tokenizer,
    reader: Reader,
    vocabulary: Vocabulary,
    request: LookUp,
    cancelled: Cancelled,
) -> LookedUp:
    """Spell the text and find it in the vocabulary. Raises StudioError, InterruptedReading."""
    ids, begin = run_at(reader, request, cancelled)
    logits = reader.logits_after(ids, cancelled)  # (V,)
    spelled = []
    for text, token_ids in spellings(tokenizer, request.text):
        rows = _rows_after(model, tokenizer, ids, logits, token_ids, cancelled)
        spelled.append(measure_spelling(tokenizer, text, ids, token_ids, rows, request.processors, begin()))
    found = torch.tensor(vocabulary.containing(request.text), dtype=torch.int64)
    best = found[logits[found].topk(min(request.n_matches, len(found))).indices]
    matches = alternatives_at(tokenizer, request.processors, begin(), ids, logits, best)
    return LookedUp(request.job_id, request.place, request.text, tuple(spelled), matches, len(found))


def run_at(
    reader: Reader, request: LookUp | FindBridges, cancelled: Cancelled
) -> tuple[list[int], Callable[[], tuple[Running, ...]]]:
    """What the model reads before a place, and what begins the chain as it stood there."""
    start, ids = reader.start_at(request.place, request.seed, cancelled)

    def begin() -> tuple[Running, ...]:
        def logits_after(n: int) -> Tensor:
            return reader.logits_after(ids[:n], cancelled)

        return begin_at(request.processors, start, ids, logits_after, reader.past)

    return ids, begin


def spellings(tokenizer: Tokenizer, text: str) -> list[tuple[str, list[int]]]:
    """The text as tokens, as it stands and with its first space added or taken away."""
    if text == END_OF_TEXT and tokenizer.end_of_text_id is not None:
        return [(text, [tokenizer.end_of_text_id])]
    tried = [text, text[1:] if text.startswith(" ") else f" {text}"]
    found = [(each, tokenizer.encode(each).ids) for each in tried if each]
    for _, token_ids in found:
        if len(token_ids) > MAX_TOKENS:
            raise StudioError(
                QT_TRANSLATE_NOOP("StudioError", "That is {n} tokens long; at most {most} are looked up."),
                QT_TRANSLATE_NOOP("StudioError", "Type fewer words."),
                n=len(token_ids),
                most=MAX_TOKENS,
            )
    return found


def measure_spelling(
    tokenizer: Tokenizer,
    text: str,
    ids: Sequence[int],
    token_ids: Sequence[int],
    rows: Sequence[Tensor],
    processors: Sequence[LogitsProcessor],
    chain: Sequence[Running],
) -> Spelling:
    """The figures of tokens in a row after `ids`; `chain` is told of them.

    `rows`: the logits (V,) each is one outcome of.
    """
    tokens: list[Alternative] = []
    entropies: list[float] = []
    for k, (token_id, row) in enumerate(zip(token_ids, rows, strict=True)):
        asked = torch.tensor([token_id])
        tokens += alternatives_at(tokenizer, processors, chain, [*ids, *token_ids[:k]], row, asked)
        logprobs = row.log_softmax(0)
        entropies.append(float(-torch.dot(logprobs.exp(), logprobs.clamp_min(-1e9))))  # 0 * -inf is NaN
        for running in chain:
            running.chosen(token_id)
    return Spelling(
        text,
        tuple(tokens),
        tuple(entropies),
        math.fsum(token.logprob for token in tokens),
        math.prod(token.sampling_prob for token in tokens),
    )


def cropped(model: CausalLM, tokenizer: Tokenizer, ids: Sequence[int], room: int) -> list[int]:
    """`ids`, without the oldest of them if `room` more tokens would not fit into the context window."""
    prefix = list(tokenizer.prefix_ids)
    over = len(ids) + room - model.n_positions
    return list(ids) if over <= 0 else prefix + list(ids[len(prefix) + over :])


def _rows_after(
    model: CausalLM,
    tokenizer: Tokenizer,
    ids: Sequence[int],
    first: Tensor,
    token_ids: Sequence[int],
    cancelled: Cancelled,
) -> list[Tensor]:
    """The logits each token is one outcome of, (V,) float32; `first` are those after `ids`."""
    if len(token_ids) == 1:
        return [first]
    ids = cropped(model, tokenizer, ids, len(token_ids) - 1)
    context.reuse(model, ids)
    context.read(model, ids, cancelled)
    return [first, *read_on(model, token_ids[:-1], cancelled)]


def read_on(model: CausalLM, token_ids: Sequence[int], cancelled: Cancelled) -> list[Tensor]:
    """The logits after each of `token_ids`, (V,) float32; the model's cache is left as it was."""
    before = len(model.cached_ids)
    rows: list[Tensor] = []
    try:
        for at in range(0, len(token_ids), model.chunk_tokens):
            chunk = torch.tensor(token_ids[at : at + model.chunk_tokens])
            rows += model.forward_all(chunk, cancelled).unbind()
    finally:
        model.truncate(before)
    return rows

"""Banned words that are noticed in the text, whatever tokens they are made of, and taken back.

The text that may become a banned phrase waits, so nothing banned is ever handed out. Once a phrase is there
the run goes back to the token it began in, bans that one there, and draws again. After too many tries at one
place only the token that completes the phrase is banned, as the processor does; so it always comes to an end.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, is_dataclass, replace

import torch
from torch import Tensor

from studio.core import context, memory
from studio.core.choice import choose
from studio.core.generate import Watch
from studio.core.messages import FinishReason, Generate, Token
from studio.core.model import Cancelled, CausalLM, InterruptedReading
from studio.core.processors import BannedWords
from studio.core.processors.constraints import is_complete
from studio.core.running import LogitsProcessor, Running
from studio.core.tokenizer import IncrementalDecoder, Tokenizer
from studio.core.wording import Entry, read_list

_FIRST_CJK = "\u2e80"  # from here on words stand side by side without spaces


class Phrases:
    """Finds banned phrases in a text: quoted ones exactly, others as whole words in any case."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._phrases = [(e.text if e.exact else _lower(e.text), e.exact) for e in entries]
        self.reach = 1 + max((len(text) for text, _ in self._phrases), default=0)  # characters

    def find(self, text: str, known: int, *, final: bool) -> tuple[int, int] | None:
        """Begin and end of the phrase that is complete first, and ends after `known` characters.

        A word at the very end may still go on, unless the text is `final`.
        """
        found = []
        for phrase, exact in self._phrases:
            hay = text if exact else _lower(text)
            begin = hay.find(phrase, max(0, known - len(phrase) + 1))
            while begin != -1:
                end = begin + len(phrase)
                if exact or (
                    _parts(text[begin - 1 : begin], phrase[0])
                    and (_parts(phrase[-1], text[end : end + 1]) if end < len(text) else _ends(phrase, final))
                ):
                    found.append((end, begin))
                begin = hay.find(phrase, begin + 1)
        return min(found)[::-1] if found else None

    def undecided(self, text: str) -> int:
        """Where what may become a phrase begins; the end of the text if nothing may."""
        first = len(text)
        for phrase, exact in self._phrases:
            hay = text if exact else _lower(text)
            for n in range(min(len(phrase), len(text)), 0, -1):
                begin = len(text) - n
                if hay.endswith(phrase[:n]) and (exact or _parts(text[begin - 1 : begin], phrase[0])):
                    first = min(first, begin)
                    break
        return first


def _lower(text: str) -> str:
    """Small letters, one for one."""
    return "".join(small if len(small := c.lower()) == 1 else c for c in text)


def _in_word(c: str) -> bool:
    return c.isalnum() and c < _FIRST_CJK


def _parts(left: str, right: str) -> bool:
    """Whether there is no word that goes on from one character to the next; none counts as a space."""
    return not (_in_word(left) and _in_word(right))


def _ends(phrase: str, final: bool) -> bool:
    return final or not _in_word(phrase[-1])


@dataclass(slots=True)
class _Step:
    """One token that waits, and all that is needed to go back before it."""

    token: Token
    logits: Tensor  # (V,) float32
    chain: tuple[Running, ...]
    decoder: IncrementalDecoder
    key: int


def rule_of(processors: Sequence[LogitsProcessor]) -> BannedWords | None:
    """The stage of a chain that asks for going back."""
    banned = (stage for stage in processors if isinstance(stage, BannedWords))
    return next((stage for stage in banned if stage.banned_tries and read_list(stage.banned_words)), None)


def tokens(
    model: CausalLM,
    tokenizer: Tokenizer,
    request: Generate,
    seen: context.Context,
    chain: Sequence[Running],
    cancelled: Cancelled,
    watch: Watch,
    rule: BannedWords,
) -> Iterator[Token | FinishReason | None]:
    """Yield None once the prompt is read, then tokens, and last the reason if it is not LENGTH."""
    run = _Run(model, tokenizer, request, seen, tuple(chain), watch, rule)
    reason = FinishReason.LENGTH
    try:
        while True:
            if cancelled():
                raise InterruptedReading
            if run.n_steps == seen.max_new_tokens:
                if run.goes_back(final=True):
                    continue
                break
            run.read(cancelled)
            if not run.is_begun:
                run.is_begun = True
                yield None
            ended = run.write()
            if run.goes_back(final=ended is not None):
                continue
            if ended is not None:
                reason = ended
                break
            yield from run.release()
    except InterruptedReading:
        reason = FinishReason.CANCELLED
    except Exception:
        yield from run.release(final=True)
        raise
    yield from run.release(final=True)
    if reason is not FinishReason.LENGTH:
        yield reason


class _Run:
    """A text under way, with its tokens that wait."""

    def __init__(
        self,
        model: CausalLM,
        tokenizer: Tokenizer,
        request: Generate,
        seen: context.Context,
        chain: tuple[Running, ...],
        watch: Watch,
        rule: BannedWords,
    ) -> None:
        self._model, self._tokenizer, self._request, self._seen = model, tokenizer, request, seen
        self._chain, self._watch, self._most_tries = chain, watch, rule.banned_tries
        self._phrases = Phrases(read_list(rule.banned_words))
        self._before = request.prompt[-self._phrases.reach :]
        self._held: list[_Step] = []
        self._banned: dict[int, set[int]] = {}  # by step
        self._tries: dict[int, int] = {}  # by step
        self._decoder = IncrementalDecoder()
        self._ids = torch.tensor(seen.ids + [0] * seen.max_new_tokens)
        self._key = memory.key_of(seen.ids)
        self._logits: Tensor | None = None  # after the last token, unless it has still to be read
        self.n_steps = 0
        self.is_begun = False

    def read(self, cancelled: Cancelled) -> None:
        """Have the logits of the next position. Raises InterruptedReading."""
        if self._logits is None:
            n = len(self._seen.ids) + self.n_steps
            self._logits = (
                self._model.forward(self._ids[n - 1 : n])
                if self.n_steps
                else context.read(self._model, self._seen.ids, cancelled)
            )

    def write(self) -> FinishReason | None:
        """Draw one token, which then waits. Returns why it was the last, if it was."""
        logits, step = self._logits, self.n_steps
        assert logits is not None
        before = tuple(stage if is_dataclass(stage) else copy.copy(stage) for stage in self._chain)
        decoder = copy.deepcopy(self._decoder)
        n = len(self._seen.ids) + step
        banned = self._banned.get(step, ())
        with torch.inference_mode():
            token = choose(
                self._tokenizer, self._chain, self._ids[:n], logits, self._request.seed, step, tuple(banned)
            )
        if token.token_id == self._tokenizer.end_of_text_id:
            if is_complete(self._chain):
                return FinishReason.COMPLETE
            if self._request.stop_at_end_of_text:
                return FinishReason.END_OF_TEXT
            self._decoder.reset()
        else:
            token = replace(token, text=self._decoder.feed(token.raw))
        self._held.append(_Step(token, logits, before, decoder, self._key))
        self._ids[n] = token.token_id
        self._key = memory.after(self._key, token.token_id)
        self._logits = None
        self.n_steps += 1
        return FinishReason.COMPLETE if is_complete(self._chain) else None

    def goes_back(self, *, final: bool) -> bool:
        """Whether a banned phrase is there; then it is taken back."""
        text = self._before + "".join(step.token.text for step in self._held)
        found = self._phrases.find(text, len(self._before), final=final)
        if found is None or not self._held:
            return False
        begin, end = found
        first = self.n_steps - len(self._held)
        place = self._holding(begin)
        self._tries[first + place] = self._tries.get(first + place, 0) + 1
        if self._tries[first + place] > self._most_tries:
            place = self._holding(end - 1)
        back, step = self._held[place], first + place
        for later in [n for n in self._banned if n > step]:
            del self._banned[later]
        for later in [n for n in self._tries if n > step]:
            del self._tries[later]
        self._banned.setdefault(step, set()).add(back.token.token_id)
        self._chain, self._decoder, self._key, self._logits = back.chain, back.decoder, back.key, back.logits
        del self._held[place:]
        self.n_steps = step
        self._model.truncate(len(self._seen.ids) + step)
        return True

    def release(self, *, final: bool = False) -> Iterator[Token]:
        """Hand out what can no longer become a banned phrase. At the end: all but a phrase that is there."""
        text = self._before + "".join(step.token.text for step in self._held)
        until = self._phrases.undecided(text)
        if final:
            found = self._phrases.find(text, len(self._before), final=True)
            until = found[0] if found else len(text)
        at = len(self._before)
        n = 0
        for step in self._held:
            at += len(step.token.text)
            if at > until:
                break
            n += 1
        while not final and n and not self._held[n - 1].token.text:
            n -= 1  # half a character
        for step in self._held[:n]:
            self._watch(step.key, step.logits, step.token, 0)
            self._before = (self._before + step.token.text)[-self._phrases.reach :]
            yield step.token
        del self._held[:n]

    def _holding(self, at: int) -> int:
        """Which of the waiting tokens holds a character of the text; the first, if it stands before them."""
        end = len(self._before)
        for place, step in enumerate(self._held):
            end += len(step.token.text)
            if at < end:
                return place
        return len(self._held) - 1

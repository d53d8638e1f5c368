"""Guesses at the next tokens, which the model then reads in one pass instead of one by one.

Two guess: what followed the same words before (prompt lookup, Saxena 2023, "Prompt Lookup Decoding"), and a
smaller model with the same vocabulary (Leviathan et al. 2023, arXiv 2211.17192). Guesses change no text:
core/ahead.py takes a token only from the model's own numbers. They only cost or save time, so every drafter
keeps account of how often it is right.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass
from typing import Protocol

import torch
from torch import Tensor

from studio.core.drawing import draw
from studio.core.kept_prefixes import common
from studio.core.model import Cancelled, CausalLM, never
from studio.core.processors.constraints import is_complete, take
from studio.core.running import Running
from studio.core.tokenizer import Tokenizer

_LONGEST = 3
"""Tokens that are looked up together."""

_COMPARED = 12
"""So far back a place found is compared with the end of the text: the longer alike, the surer the guess."""

_KEPT = 32_768
"""Tokens of earlier texts in which is looked up as well."""

_BREAK = -1
"""Stands between two texts."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands: what a drafter may look at."""

    chain: Sequence[Running]
    ids: Tensor  # (T,) int64: all that was read and written
    seed: int
    step: int  # the run's position that is drawn next
    cancelled: Cancelled = never


class Drafter(Protocol):
    """Guesses tokens."""

    seconds: float  # a guessed token takes

    def begin(self, ids: Sequence[int]) -> None:
        """A run begins after `ids`."""
        ...

    def told(self, token_id: int) -> None:
        """The run has drawn one more token."""
        ...

    def chances(self, n: int) -> list[float]:
        """How likely each of the next guesses is right if those before are, 0..1; at most `n`, maybe none."""
        ...

    def guess(self, n: int, place: Place) -> list[int]:
        """The next tokens, at most `n`, maybe none. Raises InterruptedReading."""
        ...


_LEAST = 0.03
"""What the latest time counts in a chance, at least."""


class Chance:
    """How often something was so lately, 0..1."""

    def __init__(self, first: float) -> None:
        self.value = first
        self._weight = 0.2  # it falls: the first guess at the chance is forgotten fast, later ones slowly

    def saw(self, was_so: bool) -> None:
        """One more time."""
        self.value += self._weight * (was_so - self.value)
        self._weight = max(self._weight / (1 + self._weight), _LEAST)


class LookupDrafter:
    """Guesses that what followed the last few tokens before follows them again.

    It looks in the prompt, in what is written and in the texts of earlier runs, at the last place where the
    longest end of the text stood, of three tokens at most. Looking up costs next to nothing, so it guesses
    one token at every position, asked or not, and learns from it.
    """

    seconds = 0.0

    def __init__(self) -> None:
        self._text: list[int] = []  # all of the run's
        self._ids: list[int] = []  # all texts; of one that begins like the one before, only the rest
        self._after: dict[tuple[int, ...], int] = {}  # up to three tokens -> index of what came after them
        self._from: int | None = None  # index in `_ids` of what is guessed next
        self._alike = 0  # tokens before it that are those at the end of the text
        # by that number: 1, 2, 3, 4 to 5, 6 to 8, 9 and more
        self._chances = [Chance(value) for value in (0.1, 0.25, 0.4, 0.6, 0.75, 0.85)]

    def begin(self, ids: Sequence[int]) -> None:
        """A run begins after `ids`."""
        same = common(self._text, ids)
        new = ids[same:]
        if same < len(self._text):
            if len(self._ids) + len(ids) > _KEPT:
                self._ids, self._after, same = [], {}, 0
            self._ids.append(_BREAK)
            new = ids[max(same - _COMPARED, 0) :]
            del self._text[same:]
        self._text += ids[same:]
        for token_id in new:
            self._add(token_id)

    def told(self, token_id: int) -> None:
        """The run has drawn one more token."""
        if self._from is not None:
            self._chance(self._alike).saw(self._ids[self._from] == token_id)
        self._text.append(token_id)
        self._add(token_id)

    def _add(self, token_id: int) -> None:
        ids = self._ids
        ids.append(token_id)
        self._look()
        for n in range(1, min(_LONGEST, len(ids)) + 1):
            self._after[tuple(ids[-n:])] = len(ids)

    def _look(self) -> None:
        """Find where the end of the text stood before."""
        ids = self._ids
        self._from = None
        for n in range(min(_LONGEST, len(ids)), 0, -1):
            found = self._after.get(tuple(ids[-n:]))
            if found is not None and found < len(ids) and ids[found] != _BREAK:
                alike = n
                while alike < min(_COMPARED, found) and ids[found - alike - 1] == ids[-alike - 1]:
                    alike += 1
                self._from, self._alike = found, alike
                return

    def _chance(self, alike: int) -> Chance:
        return self._chances[alike - 1 if alike < 4 else 3 if alike < 6 else 4 if alike < 9 else 5]

    def chances(self, n: int) -> list[float]:
        """How likely each of the next guesses is right if those before are."""
        return [self._chance(self._alike + i).value for i in range(len(self._guessed(n)))]

    def guess(self, n: int, place: Place) -> list[int]:  # noqa: ARG002 (it looks at the text only)
        """The next tokens."""
        return self._guessed(n)

    def _guessed(self, n: int) -> list[int]:
        if self._from is None:
            return []
        guessed = self._ids[self._from : self._from + n]
        if _BREAK in guessed:
            return guessed[: guessed.index(_BREAK)]
        for _ in range(n - len(guessed)):  # the text goes round and round
            guessed.append(guessed[self._from - len(self._ids)])
        return guessed


_FEWEST = 64
_MOST = 4096
"""Tokens for which a model that guesses badly is left alone: each time twice as long."""


class ModelDrafter:
    """Guesses what a smaller model would draw: with the same chain, the same noise, its own logits."""

    def __init__(self, model: CausalLM) -> None:
        self.seconds = 0.0
        self._model = model
        self._ids: list[int] = []
        self._guessed: list[int] = []  # what has been guessed of the tokens to come
        self._chance = Chance(0.7)
        self._rest = 0  # tokens for which it is left alone
        self._next_rest = _FEWEST

    def begin(self, ids: Sequence[int]) -> None:
        """A run begins after `ids`."""
        self._ids = list(ids)
        self._guessed = []

    def told(self, token_id: int) -> None:
        """The run has drawn one more token."""
        self._ids.append(token_id)
        self._rest = max(self._rest - 1, 0)
        if self._guessed:
            right = self._guessed.pop(0) == token_id
            self._chance.saw(right)
            if not right:
                self._guessed = []

    def chances(self, n: int) -> list[float]:
        """How likely each of the next guesses is right if those before are."""
        return [] if self._rest else [self._chance.value] * n

    def declined(self) -> None:
        """Its guesses are not worth their time: leave it alone for a while, then see how it does."""
        self._rest, self._next_rest = self._next_rest, min(2 * self._next_rest, _MOST)
        self._chance = Chance(0.7)

    def guess(self, n: int, place: Place) -> list[int]:
        """The next tokens. Raises InterruptedReading."""
        from studio.core.choice import sampling_probs  # it builds on this module

        model = self._model
        read = self._window(n)
        n_known = common(model.cached_ids, read)
        model.truncate(min(n_known, len(read) - 1))
        chain = tuple(stage if is_dataclass(stage) else copy.copy(stage) for stage in place.chain)
        ids = torch.cat([place.ids, place.ids.new_zeros(n)])
        n_ids = len(place.ids)
        guessed: list[int] = []
        with torch.inference_mode():
            while (past := len(model.cached_ids)) < len(read):
                chunk = read[past : past + model.chunk_tokens]
                logits = model.forward(torch.tensor(chunk), place.cancelled)
            started = time.perf_counter()
            while True:
                probs = sampling_probs(chain, ids[: n_ids + len(guessed)], logits)
                token_id = draw(probs, place.seed, place.step + len(guessed))
                ids[n_ids + len(guessed)] = token_id
                guessed.append(token_id)
                for stage in chain:
                    stage.chosen(token_id)
                take(chain, token_id)
                if len(guessed) == n or is_complete(chain):
                    break
                logits = model.forward(torch.tensor([token_id]))
        # the first logits came with the reading of what was drawn since, as a rule one token
        took = (time.perf_counter() - started) / len(guessed)
        self.seconds = took if not self.seconds else 0.8 * self.seconds + 0.2 * min(took, 4 * self.seconds)
        self._guessed = list(guessed)
        return guessed

    def _window(self, n: int) -> list[int]:
        """What the model reads before it guesses `n`: the end of a text that is too long for it."""
        room = self._model.n_positions - n
        if len(self._ids) <= room:
            return self._ids
        half = max(self._model.n_positions // 2, 1)
        return self._ids[-(-(len(self._ids) - room) // half) * half :]


def same_vocabulary(tokenizer: Tokenizer, other: Tokenizer, size: int, other_size: int) -> bool:
    """Whether two models number the very same tokens."""
    return (
        size == other_size
        and tokenizer.end_of_text_id == other.end_of_text_id
        and all(tokenizer.token_bytes(i) == other.token_bytes(i) for i in range(size))
    )

"""Reading several tokens in one pass, where that is faster and changes nothing.

The compiled kernels give a token the very same logits alone and beside others. So the last token and some
guesses at the next are read together; each place draws from its own logits with its own noise, as ever, and
the first guess that is not what was drawn ends it: what was read behind it is cut off the cache. Without
guesses worth their time the model reads one token after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from studio.core.compiled import CompiledGPT2
from studio.core.drafting import Drafter, LookupDrafter, ModelDrafter, Place
from studio.core.model import Cancelled, CausalLM
from studio.core.running import Running

N_GUESSES = (1, 2, 3, 5, 7)
"""How many tokens may be guessed at once."""

_MARGIN = 1.03
"""So much faster it must be expected to be."""

_PLAIN_EVERY = 32
"""Passes after which one token is read alone, to know how long that takes."""


_AWAKE = 32
"""Passes without a guess, after which the drafters rest."""

_RESTS = 8, 32
"""Tokens for which they rest, the first time and at most; each time twice as long."""

_BETWEEN_RESTS = 4
"""Passes in which they show whether there is something to guess again."""


class Usual:
    """What something usually is, of many measurements some of which are far off."""

    def __init__(self, value: float) -> None:
        self.value = value
        self.n = 1

    def saw(self, value: float) -> None:
        """One more measurement. No single one counts for much once there are some."""
        far = 1.25 if self.n > 3 else 3.0
        value = min(max(value, self.value / far), self.value * far)
        self.n += 1
        self.value += max(1 / self.n, 0.15) * (value - self.value)


class StepTimes:
    """How long a pass takes by the number of its rows.

    What several rows take is kept as a multiple of what one takes, since that changes with the context and
    with what else the computer does. A multiple that is not known counts as the next smaller one, so it will
    be tried; one that is known fades, the faster the less often it was measured, so a bad moment is not for
    ever.
    """

    def __init__(self) -> None:
        self._one: Usual | None = None  # seconds
        self._multiples: dict[int, Usual] = {}

    @property
    def one(self) -> float:
        """Seconds of a pass of one row; 0: not known."""
        return self._one.value if self._one else 0.0

    def took(self, n_rows: int, seconds: float) -> None:
        """A pass took that long."""
        if n_rows == 1:
            if self._one:
                self._one.saw(seconds)
            else:
                self._one = Usual(seconds)
            for multiple in self._multiples.values():
                multiple.value = 1 + (multiple.value - 1) * (1 - 0.02 / multiple.n)
        elif self._one:
            measured = min(max(seconds / self.one, 1.0), n_rows)  # one by one they would take n_rows
            if n_rows in self._multiples:
                self._multiples[n_rows].saw(measured)
            else:
                self._multiples[n_rows] = Usual(measured)

    def seconds(self, n_rows: int) -> float:
        """What to expect of a pass; 0 if nothing is known."""
        if n_rows == 1:
            return self.one
        larger = [known.value for n, known in self._multiples.items() if n > n_rows]
        smaller = [known.value for n, known in self._multiples.items() if n < n_rows]
        own = self._multiples.get(n_rows)
        expected = own.value if own else max(smaller, default=1.0)
        return self.one * min([expected, *larger])


class Drafting:
    """Guessing for one model: who guesses, how often that was right, what it takes."""

    def __init__(self, model: CompiledGPT2, smaller: CausalLM | None = None) -> None:
        self.model = model
        self.times = StepTimes()
        self.lookup = LookupDrafter()
        self.smaller = ModelDrafter(smaller) if smaller is not None else None
        self._n_passes = 0  # of several rows, since one token was read alone

    @property
    def drafters(self) -> Sequence[Drafter]:
        """Who guesses."""
        return (self.lookup,) if self.smaller is None else (self.lookup, self.smaller)

    def plan(self, room: int) -> tuple[Drafter | None, int]:
        """Who should guess, and how many tokens, at most `room`: what is expected to be fastest."""
        one = self.times.seconds(1)
        if not one or self._n_passes >= _PLAIN_EVERY:
            self._n_passes = 0
            return None, 0
        best: tuple[Drafter | None, int] = None, 0
        fastest = _MARGIN / one  # tokens per second
        for drafter in self.drafters:
            chances = drafter.chances(min(max(N_GUESSES), room))
            pays = False
            expected, chance = 1.0, 1.0
            for n, next_chance in enumerate(chances, 1):
                chance *= next_chance
                expected += chance
                if n in N_GUESSES:
                    speed = expected / (self.times.seconds(n + 1) + n * drafter.seconds)
                    if speed > fastest:
                        best, fastest, pays = (drafter, n), speed, True
            if chances and not pays and drafter is self.smaller and best[0] is None:
                self.smaller.declined()
        self._n_passes += best[0] is not None
        return best


@dataclass(slots=True)
class Account:
    """What guessing has brought in a run."""

    n_guessed: int = 0
    n_right: int = 0
    saved_s: float = 0.0  # seconds, of the time that reading one by one would have taken


class Ahead:
    """A run's logits, position by position."""

    def __init__(
        self,
        drafting: Drafting,
        chain: Sequence[Running],
        read: Sequence[int],
        n_total: int,
        seed: int,
        cancelled: Cancelled,
    ) -> None:
        """`read` is what is read before the first token is drawn; at most `n_total` are there in the end."""
        self.account = Account()
        self._drafting, self._model, self._times = drafting, drafting.model, drafting.times
        self._chain, self._seed, self._cancelled = chain, seed, cancelled
        self._n_read, self._n_total = len(read), n_total
        self._guesses: list[int] = []  # those that are read but not drawn yet
        self._rows: list[Tensor] = []  # (V,) each, the logits after them
        self._ids = torch.tensor(read)
        self._n_untold = 0  # tokens at its end of which the drafters have not heard
        self._n_idle = 0  # passes without a guess
        self._rest, self._next_rest = 0, _RESTS[0]
        for drafter in drafting.drafters:
            drafter.begin(read)

    def logits(self, ids: Tensor) -> Tensor:
        """After `ids`, of which the last was drawn just now: (T,) int64 -> (V,) float32."""
        self._ids = ids
        self._n_untold += 1
        if self._rest:
            self._rest -= 1
            return self._model.forward(ids[-1:])
        self._tell()
        n, last = len(ids), int(ids[-1])
        if self._guesses and self._guesses.pop(0) == last:
            self.account.n_right += 1
            self.account.saved_s += self._times.one
            return self._rows.pop(0)
        self._guesses, self._rows = [], []
        self._model.truncate(n - 1)
        who, n_guesses = self._drafting.plan(self._n_total - 1 - n)
        started = time.perf_counter()
        if who is not None:
            place = Place(self._chain, ids, self._seed, n - self._n_read, self._cancelled)
            self._guesses = who.guess(n_guesses, place)
        self._take_rest(guessed=bool(self._guesses))
        if not self._guesses:
            logits, took = timed(lambda: self._model.forward(ids[-1:]))
            self._times.took(1, took)
            return logits
        tokens = torch.tensor([last, *self._guesses])
        rows, took = timed(lambda: self._model.forward_all(tokens))
        self._times.took(len(tokens), took)
        self.account.n_guessed += len(self._guesses)
        self.account.saved_s += self._times.one - (time.perf_counter() - started)
        self._rows = list(rows[1:])
        first: Tensor = rows[0]
        return first

    def _tell(self) -> None:
        """The drafters hear of the tokens they have not heard of. Many at once cost less than one by one,
        when the model in between has taken all caches."""
        for token_id in self._ids[len(self._ids) - self._n_untold :].tolist():
            for drafter in self._drafting.drafters:
                drafter.told(token_id)
        self._n_untold = 0

    def _take_rest(self, *, guessed: bool) -> None:
        """Where there is nothing to guess, asking costs more than it brings."""
        if guessed:
            self._n_idle, self._next_rest = 0, _RESTS[0]
            return
        self._n_idle += 1
        if self._n_idle >= _AWAKE:
            self._n_idle = _AWAKE - _BETWEEN_RESTS
            self._rest, self._next_rest = self._next_rest, min(2 * self._next_rest, _RESTS[1])

    def close(self) -> None:
        """Cut off what was read but not drawn."""
        self._tell()
        self._model.truncate(len(self._model.cached_ids) - len(self._guesses))
        self._guesses, self._rows = [], []


def timed(work: Callable[[], Tensor]) -> tuple[Tensor, float]:
    """Its result, and the seconds it took."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started

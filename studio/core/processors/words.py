"""Words and phrases that should come more often, less often, or never.

In token space: a text of several tokens is met at its last token, once the context ends with those before
it. The same word may be cut into other tokens after an unusual beginning; that is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from studio.core.errors import QT_TRANSLATE_NOOP
from studio.core.parameters import Stage, param, text_param
from studio.core.running import Running, RunStart, Untouched
from studio.core.truncation import INF
from studio.core.wording import Entry, read_biases, read_list

if TYPE_CHECKING:
    from torch import Tensor

    from studio.core.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class LogitBias:
    """Add a number to the logit of a text's token; of several tokens, to the last one after the others.

    What several entries say of one token is added up, as Hugging Face's SequenceBias does.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Favoured words"),
        QT_TRANSLATE_NOOP("processors", "Makes words of your choice more or less likely."),
    )
    logit_bias: str = text_param(
        "", off="", check=read_biases, lines=2,
        example=QT_TRANSLATE_NOOP("processors", "dragon: 2, suddenly: -3"),
        label=QT_TRANSLATE_NOOP("processors", "Favoured words"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Words and how much to raise or lower them, separated by commas, such as dragon: 2, suddenly: "
            "-3. "
            "Each is met with and without a space before it or a capital; in quotation marks exactly as it "
            "stands.",
        ),
    )  # fmt: skip

    def begin(self, start: RunStart) -> Running:
        """The stage with this run's tokenizer."""
        pairs = [
            (sequence, value)
            for entry, value in read_biases(self.logit_bias)
            for sequence in sequences([entry], start.tokenizer)
        ]
        return BiasRun(pairs) if pairs else Untouched()


class BiasRun(Untouched):
    """The sequences and what each adds."""

    __slots__ = ("_always", "_phrases")

    def __init__(self, pairs: list[tuple[tuple[int, ...], float]]) -> None:
        self._always: dict[int, float] = {}
        self._phrases = [(sequence, value) for sequence, value in pairs if len(sequence) > 1]
        for sequence, value in pairs:
            if len(sequence) == 1:
                self._always[sequence[0]] = self._always.get(sequence[0], 0.0) + value

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        raised = self.raised(ids, len(logits))
        if not raised:
            return logits
        return logits.scatter_add(-1, ids.new_tensor(list(raised)), logits.new_tensor(list(raised.values())))

    def raised(self, ids: Tensor, vocab_size: int) -> dict[int, float]:
        """What is added to which tokens after `ids`, (T,) int64."""
        raised = dict(self._always)
        if self._phrases:
            tail = _tail(ids, (sequence for sequence, _ in self._phrases))
            for sequence, value in self._phrases:
                if _ends_with(tail, sequence[:-1]):
                    raised[sequence[-1]] = raised.get(sequence[-1], 0.0) + value
        return {token_id: value for token_id, value in raised.items() if value and token_id < vocab_size}


@dataclass(frozen=True, slots=True)
class BannedWords:
    """Remove a text's token; of several tokens, the last one after the others.

    As Hugging Face's NoBadWords does for each spelling. If that would remove every token left, it removes
    none.
    """

    stage: ClassVar[Stage] = Stage(
        QT_TRANSLATE_NOOP("processors", "Banned words"),
        QT_TRANSLATE_NOOP("processors", "Never writes words and phrases of your choice."),
    )
    banned_words: str = text_param(
        "", off="", check=read_list, lines=2,
        example=QT_TRANSLATE_NOOP("processors", "suddenly, shivers down"),
        label=QT_TRANSLATE_NOOP("processors", "Banned words"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "Words and phrases that are never written, separated by commas. Each is met with and without a "
            "space before it or a capital; in quotation marks exactly as it stands. Longer words that begin "
            "with the same tokens are lost too.",
        ),
    )  # fmt: skip
    banned_tries: int = param(
        0, off=None, lo=0, hi=100, step=1, symbol="n",
        label=QT_TRANSLATE_NOOP("processors", "Going back"),
        tip=QT_TRANSLATE_NOOP(
            "processors",
            "How often the text may go back to where a banned word began and try something else; then only "
            "whole words are banned, in any case and however they are cut into tokens. 0 bans tokens. "
            "Several continuations at once do not go back.",
        ),
    )  # fmt: skip

    def begin(self, start: RunStart) -> Running:
        """The stage with this run's tokenizer."""
        if self.banned_tries and start.goes_back:
            return Untouched()
        banned = sequences(read_list(self.banned_words), start.tokenizer)
        return BanRun(banned) if banned else Untouched()


class BanRun(Untouched):
    """The sequences that must not be completed."""

    __slots__ = ("_always", "_phrases")

    def __init__(self, banned: Iterable[tuple[int, ...]]) -> None:
        self._always = {sequence[0] for sequence in banned if len(sequence) == 1}
        self._phrases = [sequence for sequence in banned if len(sequence) > 1]

    def __call__(self, ids: Tensor, logits: Tensor) -> Tensor:
        """(T,) int64, (V,) float32 -> (V,) float32."""
        known = self.removed(ids, len(logits))
        if not known:
            return logits
        kept = logits.index_fill(-1, ids.new_tensor(known), -INF)
        return logits if kept.amax().item() == -INF else kept

    def removed(self, ids: Tensor, vocab_size: int) -> list[int]:
        """Which tokens must not come after `ids`, (T,) int64."""
        removed = set(self._always)
        if self._phrases:
            tail = _tail(ids, self._phrases)
            removed |= {sequence[-1] for sequence in self._phrases if _ends_with(tail, sequence[:-1])}
        return sorted(token_id for token_id in removed if token_id < vocab_size)


def sequences(entries: Iterable[Entry], tokenizer: Tokenizer) -> tuple[tuple[int, ...], ...]:
    """The tokens of every spelling of every entry, each once."""
    spelled = (tuple(tokenizer.encode(text).ids) for entry in entries for text in entry.spellings())
    return tuple(dict.fromkeys(ids for ids in spelled if ids))


def _tail(ids: Tensor, phrases: Iterable[tuple[int, ...]]) -> list[int]:
    """As much of the end of the context as the longest phrase needs."""
    tail: list[int] = ids[1 - max(map(len, phrases)) :].tolist()
    return tail


def _ends_with(tail: list[int], prefix: tuple[int, ...]) -> bool:
    return len(tail) >= len(prefix) and tuple(tail[-len(prefix) :]) == prefix

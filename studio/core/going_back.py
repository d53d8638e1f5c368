"""Where a run that takes banned words back would have done so, on a text that is there.

The run itself (backtracking.py) goes back to the token a banned phrase began in and draws again without it.
Of that only the outcome is in the text. But the noise of the draw is known: the tokens that win before the
one that stands there are those that were taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.backtracking import Phrases, rule_of
from studio.core.processors import BannedWords
from studio.core.running import LogitsProcessor
from studio.core.tokenizer import IncrementalDecoder, Tokenizer
from studio.core.wording import read_list


@dataclass(frozen=True, slots=True)
class Taken:
    """A banned phrase in a text: the tokens it begins and ends in, by index."""

    first: int
    last: int


class GoingBack:
    """One stage that asks for going back, over the tokens of one text after a prompt."""

    def __init__(
        self, tokenizer: Tokenizer, processors: Sequence[LogitsProcessor], rule: BannedWords, prompt: str,
        token_ids: Sequence[int],
    ) -> None:  # fmt: skip
        self._tokenizer = tokenizer
        self._phrases = Phrases(read_list(rule.banned_words))
        self.stage = list(processors).index(rule)
        self.words = rule.banned_words
        self.most_tries = rule.banned_tries
        decoder = IncrementalDecoder()
        self._text = prompt[-self._phrases.reach :]
        self._begins = [len(self._text)]  # of each token's characters in `_text`
        for token_id in token_ids:
            if token_id == tokenizer.end_of_text_id:
                decoder.reset()
            else:
                self._text += decoder.feed(tokenizer.token_bytes(token_id))
            self._begins.append(len(self._text))

    def found(self) -> list[Taken]:
        """Every banned phrase that is in the text, or ends there."""
        taken = []
        known = self._begins[0]
        while (phrase := self._phrases.find(self._text, known, final=True)) is not None:
            begin, known = phrase
            taken.append(Taken(self._holding(begin), self._holding(known - 1)))
        return taken

    def explains(self, index: int, token_id: int) -> bool:
        """Whether a token in the place of token `index` may have been taken back: it may begin a phrase."""
        text, _ = self._with(index, token_id)
        return self._phrases.undecided(text) < len(text) or self.completes(index, token_id)

    def completes(self, index: int, token_id: int) -> bool:
        """Whether a token in the place of token `index` completes a banned phrase."""
        text, known = self._with(index, token_id)
        return self._phrases.find(text, known, final=False) is not None

    def _with(self, index: int, token_id: int) -> tuple[str, int]:
        end = self._begins[index]
        before = self._text[max(0, end - self._phrases.reach) : end]
        return before + self._tokenizer.token_bytes(token_id).decode("utf-8", "replace"), len(before)

    def _holding(self, at: int) -> int:
        """Which token holds a character; the first, if it stands before them."""
        for index, end in enumerate(self._begins[1:]):
            if at < end:
                return index
        return max(len(self._begins) - 2, 0)


def going_back(
    tokenizer: Tokenizer, processors: Sequence[LogitsProcessor], prompt: str, token_ids: Sequence[int]
) -> GoingBack | None:
    """The stage of a chain that goes back, over a text; None if there is none."""
    rule = rule_of(processors)
    return GoingBack(tokenizer, processors, rule, prompt, token_ids) if rule else None
